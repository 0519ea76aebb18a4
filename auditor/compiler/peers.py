"""Peers that no rule of one direction can tell apart, and which of them each rule matches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from auditor.compiler import bitsets
from auditor.errors import TableLimitError
from auditor.ir.model import BlockPeer, EndpointPeer, Kind, NamedPort
from kernels.layout import MAX_CLASSES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from auditor.compiler.endpoints import Groups
    from auditor.compiler.intervals import Intervals
    from auditor.compiler.slots import Slot
    from auditor.ir.model import ContainerPort, Peer, Rule

NO_PEERS: tuple[Peer, ...] = ()


class PeerTerms:
    """The peers of all rules of one direction, as sets of pod groups and of address intervals.

    Parameters
    ----------
    rules : iterable of Rule
        Of that direction.
    groups : Groups
        Pods.
    intervals : Intervals
        Addresses, cut at every block of these rules.

    Attributes
    ----------
    interval_classes : ndarray of int32
        Class of each interval.
    """

    def __init__(self, rules: Iterable[Rule], groups: Groups, intervals: Intervals) -> None:
        self._numbers: dict[tuple[Peer, ...], int] = {}
        names: set[tuple[int, str]] = set()
        for rule in rules:
            self._numbers.setdefault(rule.peers or NO_PEERS, len(self._numbers))
            names.update(
                (port.protocol, port.name) for port in rule.ports or () if isinstance(port, NamedPort)
            )
        distinct = list(self._numbers)
        by_group = [groups.chosen_by(p for p in peers if isinstance(p, EndpointPeer)) for peers in distinct]
        by_interval = [
            intervals.matched_by(p for p in peers if isinstance(p, BlockPeer)) for peers in distinct
        ]
        chosen = bitsets.classes(by_group, len(groups))
        self._chosen = chosen.is_in
        matched = bitsets.classes(by_interval, len(intervals))
        self._matched = matched.is_in
        self._group_classes = chosen.class_of.tolist()
        self.interval_classes = matched.class_of
        self._names = frozenset(names)
        self._group_ports = groups.ports

    def ports_of(self, group: int) -> tuple[ContainerPort, ...]:
        """Return the named ports of a group that some rule of this direction asks for."""
        return tuple(port for port in self._group_ports[group] if (port.protocol, port.name) in self._names)

    def divide(
        self, slots: Sequence[Slot], group_of: Sequence[int], *, apart: frozenset[Kind], by_ports: bool
    ) -> PeerClasses:
        """Divide slots into peer classes.

        Parameters
        ----------
        slots : sequence of Slot
            All slots.
        group_of : sequence of int
            Group of each endpoint that is a pod.
        apart : frozenset of Kind
            Kinds without labels that are told from external addresses all the same.
        by_ports : bool
            Whether peers resolve named ports (egress), so that pods declaring other ports are another class.

        Returns
        -------
        PeerClasses
            Class of each slot, and what rules match.
        """
        numbers: dict[tuple[object, ...], int] = {}
        class_of = np.empty(len(slots), dtype=np.int32)
        kinds: list[Kind] = []
        chosen_columns, matched_columns = [], []
        ports: list[tuple[ContainerPort, ...]] = []
        nobody = self._chosen.shape[1]
        for place, slot in enumerate(slots):
            interval_class = int(self.interval_classes[slot.interval])
            declared: tuple[ContainerPort, ...] = ()
            group_class = nobody
            if slot.kind is Kind.POD:
                group = group_of[slot.endpoint]
                group_class, declared = self._group_classes[group], self.ports_of(group) if by_ports else ()
                key: tuple[object, ...] = (Kind.POD, group_class, interval_class, declared)
            elif slot.kind in (Kind.UNKNOWN, Kind.SERVICE):
                key = (slot.kind, slot.ambiguous)
            else:
                key = (slot.kind if slot.kind in apart else Kind.EXTERNAL, interval_class)
            number = numbers.setdefault(key, len(numbers))
            if number == len(kinds):
                kinds.append(
                    slot.kind
                    if slot.kind in (Kind.POD, Kind.UNKNOWN, Kind.SERVICE, *apart)
                    else Kind.EXTERNAL
                )
                chosen_columns.append(group_class)
                matched_columns.append(interval_class)
                ports.append(declared)
            class_of[place] = number
        if len(numbers) > MAX_CLASSES:
            raise TableLimitError(
                f"the policies tell apart `{len(numbers)}` classes of peers, more than `{MAX_CLASSES}`; "
                "audit with fewer policies at a time"
            )
        first = {number: place for place, number in reversed(list(enumerate(class_of.tolist())))}
        ambiguous = np.array(
            [slots[first[number]].ambiguous for number in range(len(numbers))], dtype=np.bool_
        )
        none = np.zeros((len(self._numbers), 1), dtype=np.bool_)
        chosen = np.hstack([self._chosen, none])[:, chosen_columns]
        is_matched = chosen | self._matched[:, matched_columns]
        judged = np.array([kind not in (Kind.UNKNOWN, Kind.SERVICE) for kind in kinds], dtype=np.bool_)
        return PeerClasses(class_of, kinds, ambiguous, ports, is_matched & judged, judged, self._numbers)


class PeerClasses:
    """The classes of peers of one direction.

    Attributes
    ----------
    class_of : ndarray of int32, shape (S,)
        Class of each slot.
    kinds : list of Kind
        What each class is; EXTERNAL stands for everything without labels that is not told apart.
    ambiguous : ndarray of bool
        Whether a class of UNKNOWN has two holders.
    ports : list of tuple of ContainerPort
        Named ports of each class.
    """

    def __init__(
        self,
        class_of: NDArray[np.int32],
        kinds: list[Kind],
        ambiguous: NDArray[np.bool_],
        ports: list[tuple[ContainerPort, ...]],
        is_matched: NDArray[np.bool_],
        judged: NDArray[np.bool_],
        numbers: dict[tuple[Peer, ...], int],
    ) -> None:
        self.class_of = class_of
        self.kinds = kinds
        self.ambiguous = ambiguous
        self.ports = ports
        self._is_matched = is_matched
        self._everybody = np.flatnonzero(judged).astype(np.int32)
        self._numbers = numbers
        self._members: dict[int, NDArray[np.int32]] = {}

    def __len__(self) -> int:
        """Return how many classes there are."""
        return len(self.kinds)

    def members(self, peers: tuple[Peer, ...] | None) -> NDArray[np.int32]:
        """Return the classes that the peers of a rule match, ascending; those not judged by rules never."""
        if not peers:
            return self._everybody
        number = self._numbers[peers]
        found = self._members.get(number)
        if found is None:
            found = self._members[number] = np.flatnonzero(self._is_matched[number]).astype(np.int32)
        return found
