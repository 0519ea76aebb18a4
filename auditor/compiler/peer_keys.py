"""What tells slots apart as peers of one direction."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from auditor.compiler.numbering import number_rows
from auditor.compiler.slots import KIND_CODES, KINDS
from auditor.ir.model import Direction, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from auditor.compiler.slots import SlotMap
    from auditor.ir.model import ContainerPort

NOT_JUDGED = (Kind.UNKNOWN, Kind.SERVICE)
"""Kinds of peers that no rule decides."""


class Look(NamedTuple):
    """How the rules of one direction see a group: its class, and those of its named ports that they ask for."""

    group_class: int
    declared: tuple[ContainerPort, ...]


NOBODY = Look(-1, ())
"""What has no labels."""


class PeerKey(NamedTuple):
    """What slots of one class have in common.

    ``kind`` is EXTERNAL for everything without labels that is not told apart; ``interval_class`` is -1 for what no rule
    decides; the ports of ``look`` are there only where peers resolve them.
    """

    kind: Kind
    ambiguous: bool
    interval_class: int
    look: Look


class SlotKeys(NamedTuple):
    """The keys of all slots.

    Attributes
    ----------
    keys : list of PeerKey
        Each once, by first appearance.
    of_slot : ndarray of int32, shape (S,)
        Place of the key of each slot.
    """

    keys: list[PeerKey]
    of_slot: NDArray[np.int32]


def slot_keys(
    direction: Direction,
    slots: SlotMap,
    group_of: NDArray[np.int32],
    looks: Sequence[Look],
    interval_classes: NDArray[np.int32],
    node_ports: frozenset[tuple[int, int]],
) -> SlotKeys:
    """Return the keys of all slots.

    A peer resolves named ports where it is the destination (egress), and so is another class if it declares other
    ports; there, too, a node is told from external addresses if services stand on its ports.

    Parameters
    ----------
    direction : Direction
        Whose peers.
    slots : SlotMap
        All slots.
    group_of : ndarray of int32
        Group of each endpoint that is a pod.
    looks : sequence of Look
        Of each group.
    interval_classes : ndarray of int32
        Class of each interval between the blocks of rules.
    node_ports : frozenset of (int, int)
        Ports on which nodes stand for services.
    """
    by_ports = direction is Direction.EGRESS
    apart = (Kind.NODE,) if by_ports and node_ports else ()
    numbers: dict[Look, int] = {}
    look_of = np.array(
        [
            numbers.setdefault(look if by_ports else Look(look.group_class, ()), len(numbers))
            for look in looks
        ],
        dtype=np.int64,
    )
    told = np.full(len(KIND_CODES), KIND_CODES[Kind.EXTERNAL], dtype=np.int64)
    for kind in (Kind.POD, *NOT_JUDGED, *apart):
        told[KIND_CODES[kind]] = KIND_CODES[kind]
    kinds = told[slots.kind]
    is_pod = kinds == KIND_CODES[Kind.POD]
    look_numbers = np.full(len(slots), -1, dtype=np.int64)
    look_numbers[is_pod] = look_of[group_of[slots.endpoint[is_pod]]]
    is_judged = ~np.isin(kinds, [KIND_CODES[kind] for kind in NOT_JUDGED])
    interval_class = np.where(is_judged, interval_classes[slots.interval].astype(np.int64), -1)
    columns = [kinds, slots.ambiguous.astype(np.int64), interval_class, look_numbers]
    firsts, of_slot = number_rows(columns)
    distinct = [*numbers, NOBODY]  # which is the last one, -1
    keys = [
        PeerKey(KINDS[kind], bool(ambiguous), interval, distinct[look])
        for kind, ambiguous, interval, look in zip(*(each[firsts].tolist() for each in columns), strict=True)
    ]
    return SlotKeys(keys, of_slot)
