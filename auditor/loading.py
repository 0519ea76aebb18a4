"""Policies and inventory from files to meaning, all problems of all files together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from auditor.errors import ConfigError, InventoryError, Origin, PolicyError, Position, Problem, SourceError
from auditor.inventory.load import load_inventory
from auditor.ir.model import Inventory, PolicySet
from auditor.policies.load import load_policies
from auditor.report.run import Input
from auditor.sources.files import STANDARD_INPUT, find_files

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditor.policies.kubernetes import NetworkPolicy
    from auditor.sources.files import InputFile, SkippedFile


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
    """

    policies: PolicySet
    inventory: Inventory | None
    documents: tuple[NetworkPolicy, ...]
    problems: tuple[Problem, ...]
    inputs: tuple[Input, ...]
    skipped: tuple[SkippedFile, ...]

    @property
    def warnings(self) -> tuple[str, ...]:
        """The problems as sentences, each with its place."""
        return tuple(str(problem) for problem in self.problems)


def load(
    policies: Sequence[str],
    inventory: Sequence[str] | None,
    *,
    allow_unsupported: bool = False,
    pod_networks: Sequence[str] = (),
) -> Loaded:
    """Read policies and, if asked for, an inventory.

    Parameters
    ----------
    policies, inventory : sequence of str
        Files, folders, patterns or ``-``; the same file may be both.
    allow_unsupported : bool
        Whether policies of kinds that are not judged make what they could touch UNKNOWN, instead of an error.
    pod_networks : sequence of str
        CIDR blocks the cluster gives to pods, beside those its nodes name.

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
        loaded = load_policies(_contents(policy_files), allow_unsupported=allow_unsupported)
        policy_set, documents = loaded.policies, loaded.documents
        warnings.extend(loaded.warnings)
        if not policy_set.policies and not policy_set.opaque:
            place = Origin(policy_files[0][0].name)
            warnings.append(Problem("expected network policies, found none: every pod is open to all", place))
    except PolicyError as error:
        errors.append(error)
    if inventory is not None:
        try:
            read = load_inventory(_contents(inventory_files), pod_networks=pod_networks)
            found = read.inventory
            warnings.extend(read.warnings)
            if not read.n_pods:
                # Without pods no policy binds anybody, and every flow would count as allowed.
                sentence = "expected an inventory with pods, found none that has addresses of its own"
                errors.append(InventoryError((Problem(sentence, Origin(inventory_files[0][0].name)),)))
        except InventoryError as error:
            errors.append(error)
    if len(errors) > 1:
        raise PolicyError(problem for error in errors for problem in error.problems)
    if errors:
        raise errors[0]
    return Loaded(policy_set, found, documents, tuple(warnings), tuple(inputs), tuple(skipped))


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


def _contents(files: Sequence[tuple[InputFile, bytes]]) -> list[tuple[str, bytes]]:
    return [(file.name, content) for file, content in files]
