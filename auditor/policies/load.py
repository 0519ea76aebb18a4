"""Files to policies: reads, validates and lowers every policy in them, and reports all problems together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from auditor.errors import PolicyError, Problem, UnsupportedPolicyError
from auditor.ir.model import OpaquePolicy, PolicySet
from auditor.policies.documents import read_documents
from auditor.policies.kinds import Role, kind_hint, matters, role_of
from auditor.policies.kubernetes import API_VERSION, KIND
from auditor.policies.limits import DEFAULT_LIMITS
from auditor.policies.lower import DEFAULT_NAMESPACE, lower
from auditor.policies.metadata import read_metadata
from auditor.policies.nodes import is_null, quoted
from auditor.policies.objects import find_objects
from auditor.policies.traps import find_traps
from auditor.policies.validate import validate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditor.ir.model import Policy
    from auditor.policies.fields import Field
    from auditor.policies.kubernetes import NetworkPolicy
    from auditor.policies.limits import Limits
    from auditor.policies.objects import FoundObject


@dataclass(frozen=True, slots=True)
class LoadedPolicies:
    """What the files say.

    Attributes
    ----------
    policies : PolicySet
        Their meaning, in canonical order.
    documents : tuple of NetworkPolicy
        The same policies as written, in the order of ``policies.policies``.
    warnings : tuple of Problem
        What is valid and yet hardly meant, or was left out on request.
    n_documents : int
        Policies read, of any kind, repeats included.
    """

    policies: PolicySet
    documents: tuple[NetworkPolicy, ...]
    warnings: tuple[Problem, ...]
    n_documents: int


def load_policies(
    files: Sequence[tuple[str, bytes]], *, allow_unsupported: bool = False, limits: Limits = DEFAULT_LIMITS
) -> LoadedPolicies:
    """Read every policy in the files.

    Objects that are no network policies are passed over. The same policy given twice counts once.

    Parameters
    ----------
    files : sequence of (str, bytes)
        Path for messages (``-`` is standard input), and content: YAML, JSON or JSON Lines of objects.
    allow_unsupported : bool
        Whether policies of kinds that are not judged become opaque, with a warning each, and no failure.
    limits : Limits, optional
        Bounds on each document and on the number of policies.

    Returns
    -------
    LoadedPolicies
        Every policy of the files.

    Raises
    ------
    PolicyError
        Documents that cannot be read, or that the API server would refuse: all problems of all files.
    UnsupportedPolicyError
        The only problems are policies of kinds that are not judged.
    """
    loading = _Loading(allow_unsupported=allow_unsupported)
    for file, content in files:
        for document in read_documents(file, content, matters, limits):
            if isinstance(document, Problem):
                loading.problems.append(document)
                continue
            for found in find_objects(document):
                loading.take(found)
            loading.problems.extend(document.sheet.problems)
    return loading.finish(limits)


class _Loading:
    """Policies so far, and what is wrong with them."""

    def __init__(self, *, allow_unsupported: bool) -> None:
        self.problems: list[Problem] = []
        self._allow_unsupported = allow_unsupported
        self._unsupported: list[Problem] = []
        self._warnings: list[Problem] = []
        self._policies: dict[tuple[str, str], tuple[Policy, NetworkPolicy]] = {}
        self._opaque: list[OpaquePolicy] = []
        self._n_documents = 0

    def take(self, found: FoundObject) -> None:
        """Take one object that matters."""
        role = role_of(found.api_version, found.kind)
        if role is Role.UNKNOWN:
            hint = kind_hint(found.api_version, found.kind)
            found.field.refuse(f"kind {quoted(found.kind)} is not known in {quoted(found.api_version)}{hint}")
            return
        self._n_documents += 1
        if role is Role.JUDGED:
            self._take_policy(found.field)
        else:
            self._take_unsupported(found, role)

    def finish(self, limits: Limits) -> LoadedPolicies:
        """Return the policies, or raise every problem."""
        if self.problems:
            raise PolicyError(self.problems + self._unsupported)
        if self._unsupported:
            raise UnsupportedPolicyError(self._unsupported)
        loaded = [self._policies[key] for key in sorted(self._policies)]
        if len(loaded) > limits.policies:
            origin = loaded[-1][0].origin
            message = f"`{len(loaded)}` policies are over the limit of `{limits.policies}`; audit fewer"
            raise PolicyError((Problem(message, origin),))
        opaque = sorted(self._opaque, key=lambda policy: (policy.kind, policy.namespace or "", policy.name))
        return LoadedPolicies(
            policies=PolicySet(tuple(policy for policy, _ in loaded), tuple(opaque)),
            documents=tuple(document for _, document in loaded),
            warnings=tuple(self._warnings),
            n_documents=self._n_documents,
        )

    def _take_policy(self, field: Field) -> None:
        document = validate(field)
        if document is None:
            return
        policy = lower(document)
        first, _ = self._policies.setdefault((policy.namespace, policy.name), (policy, document))
        if first is policy:
            self._warnings.extend(find_traps(document))
        elif first != policy:
            name = f"{policy.namespace}/{policy.name}"
            field.refuse(f"{KIND} `{name}` differs from the one of the same name at {first.origin}")

    def _take_unsupported(self, found: FoundObject, role: Role) -> None:
        field, what = found.field, f"kind {quoted(found.kind)} of {quoted(found.api_version)}"
        if not self._allow_unsupported:
            only = f", only `{API_VERSION}`" if found.kind == KIND else ""
            remedy = "; --allow-unsupported takes what it could touch for unknown"
            self._unsupported.append(Problem(f"{what} is not judged{only}{remedy}", field.origin))
            return
        if role is Role.STAGED:
            self._warnings.append(Problem(f"{what} enforces nothing and is left out", field.origin))
            return
        fields = {name: part for name, part in (field.fields(None) or {}).items() if not is_null(part.node)}
        written = field.required(fields, "metadata")
        metadata = read_metadata(written) if written else None
        if metadata is None:
            return
        namespace = (metadata.namespace or DEFAULT_NAMESPACE) if role is Role.NAMESPACED else None
        reach = "all namespaces" if namespace is None else f"namespace `{namespace}`"
        opaque = OpaquePolicy(found.kind, namespace, metadata.name, field.origin)
        if opaque not in self._opaque:
            self._opaque.append(opaque)
            message = f"{what} is not judged: pods of {reach} become unknown"
            self._warnings.append(Problem(message, field.origin))
