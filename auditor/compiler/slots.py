"""Who holds which address: one slot an address of an endpoint, one a class of the intervals that nobody holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from auditor.errors import TableLimitError
from auditor.ir.model import Address, Kind
from kernels.codes import KIND_EXTERNAL, KIND_NODE, KIND_POD, KIND_SERVICE, KIND_UNKNOWN
from kernels.layout import MAX_SLOTS, AddressIndex

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from auditor.compiler.intervals import Intervals
    from auditor.ir.model import Endpoint, Inventory, Network

KIND_CODES = {
    Kind.POD: KIND_POD,
    Kind.NODE: KIND_NODE,
    Kind.SERVICE: KIND_SERVICE,
    Kind.EXTERNAL: KIND_EXTERNAL,
    Kind.UNKNOWN: KIND_UNKNOWN,
}

DENSE_FROM = 16
"""Intervals in a /16 from which it becomes a dense block: a search among fewer is about as fast as the load."""

MAX_DENSE = 16
"""Dense blocks at most, 256 KiB each: pods rarely live in more than a few /16s, and hot tables stay near 4 MiB."""


class Slot(NamedTuple):
    """What one slot stands for.

    ``endpoint`` is the place of its holder among the endpoints, -1 without one; ``interval`` the interval of its
    address, by which blocks match it; ``same`` the first slot of the same pod, which is this one but for second
    addresses; ``ambiguous`` tells two holders from none where ``kind`` is UNKNOWN.
    """

    kind: Kind
    endpoint: int
    interval: int
    same: int
    ambiguous: bool = False


@dataclass(frozen=True, slots=True)
class SlotMap:
    """All slots, and the way from an address to one.

    Attributes
    ----------
    slots : list of Slot
        Pods first, then nodes, then the rest.
    n_pods, n_nodes : int
        How many slots are pods' and nodes'.
    index : AddressIndex
        For the kernel.
    """

    slots: list[Slot]
    n_pods: int
    n_nodes: int
    index: AddressIndex


def map_slots(inventory: Inventory, intervals: Intervals, interval_classes: NDArray[np.int32]) -> SlotMap:
    """Give every address a slot.

    Parameters
    ----------
    inventory : Inventory
        Holders and pod networks; the networks must be cuts of ``intervals``.
    intervals : Intervals
        The cut address spaces.
    interval_classes : ndarray of int32
        Intervals that nothing tells apart share a class, and so a slot where nobody holds their addresses.

    Returns
    -------
    SlotMap
        Slots and address index.

    Raises
    ------
    TableLimitError
        If there are more slots than a word can name.
    """
    held = _holders(inventory.endpoints)
    order = {Kind.POD: 0, Kind.NODE: 1, Kind.SERVICE: 2, Kind.UNKNOWN: 3}
    holders = sorted(((order[kind], number, address, kind) for address, (kind, number) in held.items()))
    slots: list[Slot] = []
    first_of: dict[int, int] = {}
    slot_of: dict[Address, int] = {}
    for _, number, address, kind in holders:
        place = len(slots)
        same = first_of.setdefault(number, place) if kind is Kind.POD else place
        slots.append(Slot(kind, number, intervals.interval_of(address), same, kind is Kind.UNKNOWN))
        slot_of[address] = place
    unknown = _inside(inventory.pod_networks, intervals)
    shared: dict[tuple[bool, int], int] = {}
    rest = np.empty(len(intervals), dtype=np.int32)
    for interval, number in enumerate(interval_classes.tolist()):
        key = (bool(unknown >> interval & 1), number)
        place = shared.setdefault(key, len(slots))
        if place == len(slots):
            slots.append(Slot(Kind.UNKNOWN if key[0] else Kind.EXTERNAL, -1, interval, place))
        rest[interval] = place
    if len(slots) > MAX_SLOTS:
        raise TableLimitError(
            f"the inventory holds `{len(slots)}` addresses, more than `{MAX_SLOTS}`; audit one cluster at a time"
        )
    kinds = [slot.kind for slot in slots]
    return SlotMap(slots, kinds.count(Kind.POD), kinds.count(Kind.NODE), _index(intervals, rest, slot_of))


def _holders(endpoints: Sequence[Endpoint]) -> dict[Address, tuple[Kind, int]]:
    """Return the holder of each held address: its kind and place; UNKNOWN where there are several."""
    claims: dict[Address, list[int]] = {}
    for number, endpoint in enumerate(endpoints):
        for address in endpoint.addresses:
            claims.setdefault(address, []).append(number)
    held = {}
    for address, numbers in claims.items():
        kinds = {endpoints[number].kind for number in numbers}
        if Kind.NODE in kinds:
            # A load-balancer or external address of a service often is a node's: the node is what answers there.
            numbers = [number for number in numbers if endpoints[number].kind is not Kind.SERVICE]  # noqa: PLW2901
        held[address] = (endpoints[numbers[0]].kind, numbers[0]) if len(numbers) == 1 else (Kind.UNKNOWN, -1)
    return held


def _inside(networks: Sequence[Network], intervals: Intervals) -> int:
    inside = 0
    for network in networks:
        inside |= intervals.inside(network)
    return inside


def _index(intervals: Intervals, rest: NDArray[np.int32], slot_of: dict[Address, int]) -> AddressIndex:
    n_v4 = len(intervals.v4_starts)
    v4_starts, v4_slots = _punch(
        np.array(intervals.v4_starts, dtype=np.int64),
        rest[:n_v4],
        np.array(sorted(a.value for a in slot_of if a.version == 4), dtype=np.int64),  # noqa: PLR2004
        {a.value: slot for a, slot in slot_of.items() if a.version == 4},  # noqa: PLR2004
        1 << 32,
    )
    v6_starts, v6_slots = _punch(
        np.array(intervals.v6_starts, dtype=object),
        rest[n_v4:],
        np.array(sorted(a.value for a in slot_of if a.version == 6), dtype=object),  # noqa: PLR2004
        {a.value: slot for a, slot in slot_of.items() if a.version == 6},  # noqa: PLR2004
        1 << 128,
    )
    tops = np.arange(65536, dtype=np.int64) << 16
    first = np.searchsorted(v4_starts, tops, side="right") - 1
    first = np.append(first, len(v4_starts) - 1)
    counts = np.diff(np.searchsorted(v4_starts, np.append(tops, 1 << 32)))
    crowded = np.argsort(-counts, kind="stable")[:MAX_DENSE]
    crowded = np.sort(crowded[counts[crowded] >= DENSE_FROM])
    block = np.full(65536, -1, dtype=np.int32)
    block[crowded] = np.arange(len(crowded))
    dense = np.empty((len(crowded), 65536), dtype=np.int32)
    for number, top in enumerate(crowded.tolist()):
        low = top << 16
        inside = slice(first[top], np.searchsorted(v4_starts, low + 65536))
        lengths = np.diff(np.append(np.maximum(v4_starts[inside], low), low + 65536))
        dense[number] = np.repeat(v4_slots[inside], lengths)
    values = v6_starts.tolist()
    return AddressIndex(
        v4_starts=v4_starts.astype(np.uint32),
        v4_slots=v4_slots,
        v4_first=first.astype(np.int32),
        v4_block=block,
        v4_dense=dense.reshape(-1),
        v6_high=np.array([value >> 64 for value in values], dtype=np.uint64),
        v6_low=np.array([value & (1 << 64) - 1 for value in values], dtype=np.uint64),
        v6_slots=v6_slots,
    )


def _punch(
    starts: NDArray[np.int64],
    slots: NDArray[np.int32],
    held: NDArray[np.int64],
    slot_of: dict[int, int],
    space: int,
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Cut single held addresses out of the intervals."""
    after = held + 1
    cut = np.unique(np.concatenate([starts, held, after[after < space]]))
    result = slots[np.searchsorted(starts, cut, side="right") - 1]
    result[np.searchsorted(cut, held)] = [slot_of[value] for value in held.tolist()]
    return cut, result.astype(np.int32)
