"""Subject classes of one direction: pods that the same policies isolate, with the same rules."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from auditor.compiler import bitsets
from auditor.compiler.numbering import number_rows
from auditor.compiler.slots import KIND_CODES, KINDS
from auditor.ir.model import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from auditor.compiler.endpoints import Groups
    from auditor.compiler.entries import Entries
    from auditor.compiler.peer_keys import Look
    from auditor.compiler.slots import SlotMap
    from auditor.ir.model import Direction, PolicySet, Rule


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


@dataclass(frozen=True, slots=True)
class SubjectClasses:
    """The subject classes of one direction.

    Attributes
    ----------
    class_of : ndarray of int32, shape (S,)
        Class of each slot.
    subjects : list of Subject
        The classes.
    """

    class_of: NDArray[np.int32]
    subjects: list[Subject]


def divide_subjects(
    slots: SlotMap, group_of: NDArray[np.int32], by_group: Sequence[Subject]
) -> SubjectClasses:
    """Divide slots into subject classes.

    Parameters
    ----------
    slots : SlotMap
        All slots.
    group_of : ndarray of int32
        Group of each endpoint that is a pod.
    by_group : sequence of Subject
        What each group is.

    Returns
    -------
    SubjectClasses
        Class of each slot, and the classes by first appearance.
    """
    numbers: dict[Subject, int] = {}
    of_group = np.array([numbers.setdefault(subject, len(numbers)) for subject in by_group], dtype=np.int64)
    is_pod = slots.kind == KIND_CODES[Kind.POD]
    numbered = np.full(len(slots), -1, dtype=np.int64)
    numbered[is_pod] = of_group[group_of[slots.endpoint[is_pod]]]
    columns = [slots.kind.astype(np.int64), slots.ambiguous.astype(np.int64), numbered]
    firsts, of_slot = number_rows(columns)
    of_pods = list(numbers)
    found = [
        of_pods[subject] if subject >= 0 else Subject(KINDS[kind], bool(ambiguous))
        for kind, ambiguous, subject in zip(*(each[firsts].tolist() for each in columns), strict=True)
    ]
    return SubjectClasses(of_slot, found)


def subjects_of(
    direction: Direction, policies: PolicySet, groups: Groups, looks: Sequence[Look], entries: Entries
) -> list[Subject | None]:
    """Return what each group is as a subject.

    Parameters
    ----------
    direction : Direction
        Which policies isolate.
    policies : PolicySet
        All policies.
    groups : Groups
        Pods by what policies can select.
    looks : sequence of Look
        Of each group, in that direction.
    entries : Entries
        Of all rules of that direction.

    Returns
    -------
    list of Subject or None
        By group; None where ``entries`` does not know what a rule comes to.
    """
    isolating: list[list[int]] = [[] for _ in range(len(groups))]
    rules: list[list[tuple[int, Rule]]] = []
    rule_id = 0
    for place, policy in enumerate(policies.policies):
        numbered = list(enumerate(policy.rules, start=rule_id))
        rule_id += len(policy.rules)
        rules.append([(number, rule) for number, rule in numbered if rule.direction is direction])
        if direction in policy.directions:
            chosen = groups.select(policy.namespace, policy.subject)
            for group in bitsets.to_indices(chosen, len(groups)).tolist() if chosen else ():
                isolating[group].append(place)
    opaque_in = {
        namespace: tuple(
            place for place, policy in enumerate(policies.opaque) if policy.namespace in (None, namespace)
        )
        for namespace in {key.namespace for key in groups.keys}
    }
    subjects: list[Subject | None] = []
    for key, look, places in zip(groups.keys, looks, isolating, strict=True):
        by_rule = [
            entries.of_rule(number, rule, look.declared) for place in places for number, rule in rules[place]
        ]
        known = [found for found in by_rule if found is not None]
        if len(known) < len(by_rule):
            subjects.append(None)
            continue
        ordered = tuple(chain.from_iterable(known))
        opaque = opaque_in[key.namespace]
        subjects.append(Subject(Kind.POD, opaque=opaque, isolating=tuple(places), entries=ordered))
    return subjects
