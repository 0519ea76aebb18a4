"""Policies and inventory from files to meaning, all problems of all files together."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from auditor.errors import ConfigError, InventoryError, Origin, PolicyError, Position, Problem, SourceError
from auditor.garbage import without_collection
from auditor.inventory.load import load_inventory
from auditor.inventory.state import NAME_LABEL
from auditor.ir.model import EndpointPeer, Inventory, PolicySet
from auditor.policies.load import load_policies
from auditor.sources.files import STANDARD_INPUT, find_files
from auditor.tables.provenance import Input, Provenance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from auditor.inventory.load import LoadedInventory
    from auditor.ir.model import Peer
    from auditor.policies.kubernetes import NetworkPolicy
    from auditor.policies.load import LoadedPolicies
    from auditor.sources.files import InputFile, SkippedFile


NO_POD_NETWORK = (
    "no pod network is known, so an address that no pod holds counts as outside the cluster - name them with "
    "--pod-cidr (on EKS, the subnets of the pods)"
)

_API_VERSION = re.compile(rb"apiVersion[\"']?\s*:")

_TEXT_LOGS = ("vpc-text", "hubble-json", "generic-csv", "generic-json")
"""Formats that a reader of documents takes for broken ones; it names the others itself."""

FLOW_LOG = "is it a flow log meant for --flows?"
"""What is asked of a file that has problems and looks like one."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was read before any flow.

    Attributes
    ----------
    policies : PolicySet
        Validated and lowered.
    inventory : Inventory or None
        None if none was asked for.
    documents : tuple of NetworkPolicy
        The same policies as written, in the order of ``policies``.
    problems : tuple of Problem
        What is valid and yet hardly meant.
    inputs : tuple of Input
        The files, for the record of the run.
    skipped : tuple of SkippedFile
        Files that were found and not read.
    options : mapping of str to Any
        How they were read.
    """

    policies: PolicySet
    inventory: Inventory | None
    documents: tuple[NetworkPolicy, ...]
    problems: tuple[Problem, ...]
    inputs: tuple[Input, ...]
    skipped: tuple[SkippedFile, ...]
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def warnings(self) -> tuple[str, ...]:
        """The problems as sentences, each with its place."""
        return tuple(str(problem) for problem in self.problems)

    @property
    def provenance(self) -> Provenance:
        """What tables made of this keep of it."""
        return Provenance(self.inputs, dict(self.skipped), self.warnings, self.options)


@without_collection()
def load(
    policies: Sequence[str],
    inventory: Sequence[str] | None,
    *,
    allow_unsupported: bool = False,
    pod_networks: Sequence[str] | None = (),
    read_policies: Callable[..., LoadedPolicies] = load_policies,
    read_inventory: Callable[..., LoadedInventory] = load_inventory,
) -> Loaded:
    """Read policies and, if asked for, an inventory.

    Parameters
    ----------
    policies, inventory : sequence of str
        Files, folders, patterns or ``-``; the same file may be both.
    allow_unsupported : bool
        Whether policies of kinds that are not judged make what they could touch UNKNOWN, instead of an error.
    pod_networks : sequence of str or None
        CIDR blocks the cluster gives to pods, beside those its nodes name; None where no address will be judged,
        so that it does not matter if none is known.
    read_policies, read_inventory : callable
        What does the reading, for whoever reads again and again and remembers.

    Raises
    ------
    PolicyError, InventoryError
        All problems of all files; PolicyError if both have some.
    SourceError, ConfigError
        If a path cannot be read, all its files are empty, or a CIDR block has no meaning.
    """
    if inventory is not None and not inventory:
        raise ConfigError(
            "expected an inventory, came none; `--inventory` takes what `kubectl get ... -o json` prints"
        )
    if not policies:
        raise ConfigError("expected policies, came none; `--policies` takes files or folders of manifests")
    opened: dict[str, tuple[InputFile, bytes]] = {}
    skipped: list[SkippedFile] = []
    policy_files = _read("policies", policies, opened, skipped)
    inventory_files = _read("an inventory", inventory, opened, skipped) if inventory else []
    inputs = [
        Input(role, file.name, None if file.name == STANDARD_INPUT else file.size, file.sha256())
        for role, files in (("policies", policy_files), ("inventory", inventory_files))
        for file, _ in files
    ]
    errors: list[PolicyError | InventoryError] = []
    warnings: list[Problem] = []
    policy_set, found = PolicySet(), None
    documents: tuple[NetworkPolicy, ...] = ()
    try:
        loaded = read_policies(_contents(policy_files), allow_unsupported=allow_unsupported)
        policy_set, documents = loaded.policies, loaded.documents
        warnings.extend(loaded.warnings)
        if not policy_set.policies and not policy_set.opaque:
            place = Origin(policy_files[0][0].name)
            warnings.append(Problem("expected network policies, found none: every pod is open to all", place))
    except PolicyError as error:
        errors.append(error)
    if inventory is not None:
        try:
            read = read_inventory(_contents(inventory_files), pod_networks=pod_networks or ())
            found = read.inventory
            warnings.extend(read.warnings)
            _refuse_ignorance(policy_set, read, inventory_files[0][0].name)
            if pod_networks is not None and not found.pod_networks:
                warnings.append(Problem(NO_POD_NETWORK, Origin(inventory_files[0][0].name)))
        except InventoryError as error:
            errors.append(error)
    if errors:
        problems = [problem for error in errors for problem in error.problems]
        problems.extend(_mistaken(opened, {problem.origin.file for problem in problems}))
        raise (PolicyError if len(errors) > 1 else type(errors[0]))(problems)
    options = {"allow_unsupported": allow_unsupported, "pod_cidr": list(pod_networks or ())}
    return Loaded(policy_set, found, documents, tuple(warnings), tuple(inputs), tuple(skipped), options)


def _read(
    what: str,
    paths: Sequence[str],
    opened: dict[str, tuple[InputFile, bytes]],
    skipped: list[SkippedFile],
) -> list[tuple[InputFile, bytes]]:
    """Read files that were not read yet: standard input can be read once only, and may hold policies and inventory."""
    fresh = find_files([path for path in paths if not (path == STANDARD_INPUT and path in opened)], skipped)
    files = {file.name: file for file in fresh}
    if STANDARD_INPUT in paths and STANDARD_INPUT in opened:
        files[STANDARD_INPUT] = opened[STANDARD_INPUT][0]
    if not files:
        # What a command leaves that failed: not an answer that there is nothing.
        raise SourceError(f"expected {what}, came nothing: every file is empty", Position(skipped[-1].name))
    for name, file in files.items():
        if name not in opened:
            opened[name] = (file, file.read_bytes())
    return [opened[name] for name in files]


def _mistaken(opened: Mapping[str, tuple[InputFile, bytes]], files: set[str]) -> Iterator[Problem]:
    """Yield a question for each of ``files`` that looks like a flow log."""
    # Formats of logs bring pyarrow along: only a failure needs them.
    from auditor.flows.sniff import FlowOptions, recognise  # noqa: PLC0415

    for name in sorted(files & opened.keys() - {STANDARD_INPUT}):
        file, content = opened[name]
        if _API_VERSION.search(content):
            continue  # a label of a manifest may bear the name of a key of events
        try:
            found = recognise(file, FlowOptions())
        except SourceError:
            continue
        if found in _TEXT_LOGS:
            yield Problem(FLOW_LOG, Origin(name))


def _refuse_ignorance(policies: PolicySet, read: LoadedInventory, file: str) -> None:
    """Refuse an inventory that says too little to judge by."""
    if not read.n_pods:
        # Without pods no policy binds anybody, and every flow would count as allowed.
        sentence = "expected an inventory with pods, found none that has addresses of its own"
        raise InventoryError((Problem(sentence, Origin(file)),))
    if unanswered := tuple(_unanswered(policies, read.unlabelled)):
        raise InventoryError(unanswered)


def _unanswered(policies: PolicySet, unlabelled: frozenset[str]) -> Iterator[Problem]:
    """Yield the namespaces whose labels policies ask for and nobody knows, each with the first rule that asks.

    To judge by labels that are not there would deny by `In` and allow by `NotIn`, for no reason but ignorance.
    """
    asking = (rule for _, rule in policies.rules if any(_asks_labels(peer) for peer in rule.peers or ()))
    rule = next(asking, None)
    if rule is None:
        return
    for name in sorted(unlabelled):
        sentence = (
            f"expected the labels of namespace `{name}`, for which this rule asks, came no Namespace object of it; "
            "add what `kubectl get namespaces -o json` prints to the inventory"
        )
        yield Problem(sentence, rule.origin)


def _asks_labels(peer: Peer) -> bool:
    """Return whether a peer chooses namespaces by more than their name."""
    if not isinstance(peer, EndpointPeer) or isinstance(peer.namespaces, str):
        return False
    return any(requirement.key != NAME_LABEL for requirement in peer.namespaces.requirements)


def _contents(files: Sequence[tuple[InputFile, bytes]]) -> list[tuple[str, bytes]]:
    return [(file.name, content) for file, content in files]
