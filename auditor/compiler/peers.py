"""Peers that no rule of one direction can tell apart, and which of them each rule matches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from auditor.compiler import bitsets
from auditor.compiler.peer_keys import NOT_JUDGED, Look
from auditor.errors import TableLimitError
from auditor.ir.model import BlockPeer, EndpointPeer, NamedPort
from kernels.layout import MAX_CLASSES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from auditor.compiler.endpoints import Groups
    from auditor.compiler.intervals import Intervals
    from auditor.compiler.peer_keys import SlotKeys
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
    distinct : list of tuple of Peer
        The lists of peers that rules have, each once.
    names : frozenset of (int, str)
        Protocol and name of the ports that rules ask for by name.
    looks : list of Look
        How the rules see each group.
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
        self.distinct = list(self._numbers)
        self.names = frozenset(names)
        by_interval = [
            intervals.matched_by(p for p in peers if isinstance(p, BlockPeer)) for peers in self.distinct
        ]
        chosen = bitsets.classes(chosen_groups(self.distinct, groups), len(groups))
        self._chosen = chosen.is_in
        matched = bitsets.classes(by_interval, len(intervals))
        self._matched = matched.is_in
        self.looks = [
            Look(group_class, asked_ports(key.ports, self.names))
            for group_class, key in zip(chosen.class_of.tolist(), groups.keys, strict=True)
        ]
        self.interval_classes = matched.class_of

    def columns(self) -> dict[bytes, int]:
        """Return the classes of groups, by the lists of ``distinct`` that choose them as a packed column of bits."""
        packed = np.packbits(self._chosen, axis=0).T
        return {column.tobytes(): number for number, column in enumerate(packed)}

    def divide(self, slots: SlotKeys) -> PeerClasses:
        """Divide slots into peer classes: a class a key.

        Parameters
        ----------
        slots : SlotKeys
            What tells slots apart, by the looks and interval classes found here.

        Returns
        -------
        PeerClasses
            Class of each slot, and what rules match.
        """
        keys = slots.keys
        if len(keys) > MAX_CLASSES:
            raise TableLimitError(
                f"the policies tell apart `{len(keys)}` classes of peers, more than `{MAX_CLASSES}`; "
                "audit with fewer policies at a time"
            )
        none = np.zeros((len(self._numbers), 1), dtype=np.bool_)
        # What has no labels looks into the last column; what has no interval class is not judged.
        chosen = np.hstack([self._chosen, none])[:, [key.look.group_class for key in keys]]
        is_matched = chosen | self._matched[:, [key.interval_class for key in keys]]
        judged = np.array([key.kind not in NOT_JUDGED for key in keys], dtype=np.bool_)
        return PeerClasses(slots, is_matched & judged, judged, self._numbers)


def chosen_groups(distinct: Iterable[tuple[Peer, ...]], groups: Groups) -> list[int]:
    """Return the set of groups that each list of peers chooses by labels."""
    return [groups.chosen_by(p for p in peers if isinstance(p, EndpointPeer)) for peers in distinct]


def asked_ports(
    ports: tuple[ContainerPort, ...], names: frozenset[tuple[int, str]]
) -> tuple[ContainerPort, ...]:
    """Return the named ports of a pod that are among the (protocol, name) pairs that rules ask for."""
    return tuple(port for port in ports if (port.protocol, port.name) in names)


class PeerClasses:
    """The classes of peers of one direction.

    Attributes
    ----------
    class_of : ndarray of int32, shape (S,)
        Class of each slot.
    keys : list of PeerKey
        What each class is.
    """

    def __init__(
        self,
        slots: SlotKeys,
        is_matched: NDArray[np.bool_],
        judged: NDArray[np.bool_],
        numbers: dict[tuple[Peer, ...], int],
    ) -> None:
        self.keys, self.class_of = slots
        self._is_matched = is_matched
        self._everybody = np.flatnonzero(judged).astype(np.int32)
        self._numbers = numbers
        self._members: dict[int, NDArray[np.int32]] = {}

    def __len__(self) -> int:
        """Return how many classes there are."""
        return len(self.keys)

    def members(self, peers: tuple[Peer, ...] | None) -> NDArray[np.int32]:
        """Return the classes that the peers of a rule match, ascending; those not judged by rules never."""
        if not peers:
            return self._everybody
        number = self._numbers[peers]
        found = self._members.get(number)
        if found is None:
            found = self._members[number] = np.flatnonzero(self._is_matched[number]).astype(np.int32)
        return found
