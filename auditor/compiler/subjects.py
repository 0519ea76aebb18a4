"""Subject classes of one direction: pods that the same policies isolate, with the same rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from auditor.compiler import bitsets
from auditor.compiler.decisions import Entry
from auditor.compiler.ports import resolve
from auditor.ir.model import Direction, Kind, NamedPort
from kernels.codes import OUTCOME_ALLOWED_BY_RULE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from auditor.compiler.endpoints import Groups
    from auditor.compiler.peers import PeerClasses, PeerTerms
    from auditor.compiler.ports import PortSets
    from auditor.compiler.slots import Slot
    from auditor.ir.model import ContainerPort, PolicySet, Rule


@dataclass(frozen=True, slots=True)
class Subject:
    """One subject class.

    Attributes
    ----------
    kind : Kind
        POD, or what cannot be a subject.
    ambiguous : bool
        Whether UNKNOWN comes from two holders.
    opaque : tuple of int
        Places of the policies that nobody understands and that could touch these pods, ascending.
    isolating : tuple of int
        Places of the policies that isolate these pods, ascending.
    entries : tuple of int
        Entries of their rules, in the order in which they decide.
    """

    kind: Kind
    ambiguous: bool = False
    opaque: tuple[int, ...] = ()
    isolating: tuple[int, ...] = ()
    entries: tuple[int, ...] = ()

    @property
    def is_opaque(self) -> bool:
        """Whether a policy that nobody understands could touch these pods."""
        return bool(self.opaque)


class EntryTable:
    """The entries of all rules of one direction, made when a subject first needs them.

    Parameters
    ----------
    direction : Direction
        Whose rules.
    peers : PeerClasses
        The peer classes of that direction.
    port_sets : PortSets
        Where port sets are numbered.
    """

    def __init__(self, direction: Direction, peers: PeerClasses, port_sets: PortSets) -> None:
        self._direction = direction
        self._peers = peers
        self._port_sets = port_sets
        self._known: dict[tuple[int, tuple[ContainerPort, ...]], tuple[int, ...]] = {}
        self.entries: list[Entry] = []

    def of_rule(self, rule_id: int, rule: Rule, declared: tuple[ContainerPort, ...]) -> tuple[int, ...]:
        """Return the entries of a rule for subjects that declare the named ports ``declared``.

        The destination of a connection resolves a named port: for ingress the subject, for egress each peer, so that
        an egress rule with named ports becomes one entry a distinct resolution.
        """
        has_names = any(isinstance(port, NamedPort) for port in rule.ports or ())
        by_subject = has_names and self._direction is Direction.INGRESS
        key = (rule_id, declared if by_subject else ())
        found = self._known.get(key)
        if found is None:
            members = self._peers.members(rule.peers)
            if has_names and not by_subject:
                found = self._by_resolution(rule_id, rule, members)
            else:
                found = (self._add(rule_id, self._port_sets.number(resolve(rule.ports, key[1])), members),)
            self._known[key] = found
        return found

    def _by_resolution(self, rule_id: int, rule: Rule, members: NDArray[np.int32]) -> tuple[int, ...]:
        together: dict[int, list[int]] = {}
        for member in members.tolist():
            number = self._port_sets.number(resolve(rule.ports, self._peers.ports[member]))
            together.setdefault(number, []).append(member)
        return tuple(
            self._add(rule_id, number, np.array(some, dtype=np.int32))
            for number, some in sorted(together.items())
        )

    def _add(self, rule_id: int, ports: int, members: NDArray[np.int32]) -> int:
        self.entries.append(Entry(OUTCOME_ALLOWED_BY_RULE + rule_id, ports, members))
        return len(self.entries) - 1


@dataclass(frozen=True, slots=True)
class SubjectClasses:
    """The subject classes of one direction.

    Attributes
    ----------
    class_of : ndarray of int32, shape (S,)
        Class of each slot.
    subjects : list of Subject
        The classes.
    entries : list of Entry
        What their rows are made of.
    """

    class_of: NDArray[np.int32]
    subjects: list[Subject]
    entries: list[Entry]


def divide_subjects(
    direction: Direction,
    policies: PolicySet,
    groups: Groups,
    terms: PeerTerms,
    peers: PeerClasses,
    port_sets: PortSets,
    slots: Sequence[Slot],
    group_of: Sequence[int],
) -> SubjectClasses:
    """Divide slots into subject classes.

    Parameters
    ----------
    direction : Direction
        Which policies isolate.
    policies : PolicySet
        All policies.
    groups : Groups
        Pods by what policies can select.
    terms, peers : PeerTerms, PeerClasses
        Of the same direction.
    port_sets : PortSets
        Port sets of the entries are numbered there.
    slots : sequence of Slot
        All slots.
    group_of : sequence of int
        Group of each endpoint that is a pod.

    Returns
    -------
    SubjectClasses
        Class of each slot, and the classes.
    """
    table = EntryTable(direction, peers, port_sets)
    by_group = _subjects_by_group(direction, policies, groups, terms, table)
    numbers: dict[Subject, int] = {}
    class_of = np.empty(len(slots), dtype=np.int32)
    for place, slot in enumerate(slots):
        is_pod = slot.kind is Kind.POD
        subject = by_group[group_of[slot.endpoint]] if is_pod else Subject(slot.kind, slot.ambiguous)
        class_of[place] = numbers.setdefault(subject, len(numbers))
    return SubjectClasses(class_of, list(numbers), table.entries)


def _subjects_by_group(
    direction: Direction, policies: PolicySet, groups: Groups, terms: PeerTerms, table: EntryTable
) -> list[Subject]:
    isolating: list[list[int]] = [[] for _ in range(len(groups))]
    rules: list[list[tuple[int, Rule]]] = []
    rule_id = 0
    for place, policy in enumerate(policies.policies):
        numbered = list(enumerate(policy.rules, start=rule_id))
        rule_id += len(policy.rules)
        rules.append([(number, rule) for number, rule in numbered if rule.direction is direction])
        if direction in policy.directions:
            for group in bitsets.to_indices(
                groups.select(policy.namespace, policy.subject), len(groups)
            ).tolist():
                isolating[group].append(place)
    opaque_in = {
        namespace: tuple(
            place for place, policy in enumerate(policies.opaque) if policy.namespace in (None, namespace)
        )
        for namespace in set(groups.namespaces)
    }
    subjects = []
    for group, places in enumerate(isolating):
        declared = terms.ports_of(group)
        entries = tuple(
            entry
            for place in places
            for number, rule in rules[place]
            for entry in table.of_rule(number, rule, declared)
        )
        opaque = opaque_in[groups.namespaces[group]]
        subjects.append(Subject(Kind.POD, opaque=opaque, isolating=tuple(places), entries=entries))
    return subjects
