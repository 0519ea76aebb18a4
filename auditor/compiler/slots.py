"""Who holds which address: one slot an address of an endpoint, one a class of the intervals that nobody holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from auditor.compiler.intervals import V4_SPACE, V6_SPACE
from auditor.compiler.numbering import number_rows
from auditor.errors import TableLimitError
from auditor.ir.model import Kind
from kernels.codes import KIND_EXTERNAL, KIND_NODE, KIND_POD, KIND_SERVICE, KIND_UNKNOWN
from kernels.layout import MAX_SLOTS, AddressIndex

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from auditor.compiler.intervals import Intervals
    from auditor.ir.model import Address, Endpoint, Inventory, Network

KIND_CODES = {
    Kind.POD: KIND_POD,
    Kind.NODE: KIND_NODE,
    Kind.SERVICE: KIND_SERVICE,
    Kind.EXTERNAL: KIND_EXTERNAL,
    Kind.UNKNOWN: KIND_UNKNOWN,
}
KINDS = {code: kind for kind, code in KIND_CODES.items()}

DENSE_FROM = 16
"""Intervals in a /16 from which it becomes a dense block: a search among fewer is about as fast as the load."""

MAX_DENSE = 16
"""Dense blocks at most, 256 KiB each: pods rarely live in more than a few /16s, and hot tables stay near 4 MiB."""


@dataclass(frozen=True, slots=True)
class SlotMap:
    """All slots, pods first, then nodes, then the rest; and the way from an address to one.

    Attributes
    ----------
    kind : ndarray of uint8, shape (S,)
        ``codes.KIND_*``.
    endpoint : ndarray of int32, shape (S,)
        Place of the holder among the endpoints, -1 without one.
    interval : ndarray of int32, shape (S,)
        Interval of the address between the blocks of rules, which match it or not.
    same : ndarray of int32, shape (S,)
        First slot of the same pod, which is this one but for second addresses.
    ambiguous : ndarray of bool, shape (S,)
        Tells several holders from none where the kind is unknown.
    index : AddressIndex
        For the kernel.
    """

    kind: NDArray[np.uint8]
    endpoint: NDArray[np.int32]
    interval: NDArray[np.int32]
    same: NDArray[np.int32]
    ambiguous: NDArray[np.bool_]
    index: AddressIndex

    def __len__(self) -> int:
        """Return how many slots there are."""
        return len(self.kind)

    @property
    def n_pods(self) -> int:
        """How many slots are pods'."""
        return int(np.count_nonzero(self.kind == KIND_POD))

    @property
    def n_nodes(self) -> int:
        """How many slots are nodes'."""
        return int(np.count_nonzero(self.kind == KIND_NODE))


def map_slots(inventory: Inventory, blocks: Intervals, *interval_classes: NDArray[np.int32]) -> SlotMap:
    """Give every address a slot.

    Parameters
    ----------
    inventory : Inventory
        Holders and pod networks.
    blocks : Intervals
        The address spaces, cut at every block of a rule.
    *interval_classes : ndarray of int32
        Classes of these intervals, of each direction: intervals that nothing tells apart share a class, and so a slot
        where nobody holds their addresses.

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
    n_held = len(held.kind)
    same = np.arange(n_held, dtype=np.int32)
    n_pods = int(np.count_nonzero(held.kind == KIND_POD))
    _, firsts, of_pod = np.unique(held.endpoint[:n_pods], return_index=True, return_inverse=True)
    same[:n_pods] = firsts[of_pod]
    intervals = blocks.cut(inventory.pod_networks)
    block_of = blocks.holding(intervals)
    unknown = _inside(inventory.pod_networks, intervals)
    shared: dict[tuple[bool, int], int] = {}
    rest = np.empty(len(intervals), dtype=np.int32)
    blocks_of_rest: list[int] = []
    _, joint = number_rows(classes.astype(np.int64) for classes in interval_classes)
    numbers = joint[block_of].tolist()
    for interval, (block, number) in enumerate(zip(block_of.tolist(), numbers, strict=True)):
        key = (bool(unknown >> interval & 1), number)
        place = shared.setdefault(key, len(shared))
        if place == len(blocks_of_rest):
            blocks_of_rest.append(block)
        rest[interval] = n_held + place
    n_slots = n_held + len(shared)
    if n_slots > MAX_SLOTS:
        raise TableLimitError(
            f"the inventory holds `{n_slots}` addresses, more than `{MAX_SLOTS}`; audit one cluster at a time"
        )
    kinds = [KIND_UNKNOWN if inside else KIND_EXTERNAL for inside, _ in shared]
    return SlotMap(
        kind=np.append(held.kind, np.array(kinds, dtype=np.uint8)),
        endpoint=np.append(held.endpoint, np.full(len(shared), -1, dtype=np.int32)),
        interval=np.append(held.intervals(blocks), np.array(blocks_of_rest, dtype=np.int32)),
        same=np.append(same, np.arange(n_held, n_slots, dtype=np.int32)),
        ambiguous=np.append(held.kind == KIND_UNKNOWN, np.zeros(len(shared), dtype=np.bool_)),
        index=_index(intervals, rest, held),
    )


class _Held(NamedTuple):
    """Every held address with its holder, in the order of slots; IPv4 values are in ``low``."""

    kind: NDArray[np.uint8]
    endpoint: NDArray[np.int32]
    is_v4: NDArray[np.bool_]
    high: NDArray[np.uint64]
    low: NDArray[np.uint64]

    def values(self, *, v4: bool) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Return the addresses of one version, ascending, and their slots; Python integers for IPv6."""
        places = np.flatnonzero(self.is_v4 == v4).astype(np.int32)
        places = places[np.lexsort((self.low[places], self.high[places]))]
        if v4:
            return self.low[places].astype(np.int64), places
        pairs = zip(self.high[places].tolist(), self.low[places].tolist(), strict=True)
        return np.array([high << 64 | low for high, low in pairs], dtype=object), places

    def intervals(self, intervals: Intervals) -> NDArray[np.int32]:
        """Return the interval of each."""
        found = np.empty(len(self.kind), dtype=np.int32)
        v4, places = self.values(v4=True)
        found[places] = np.searchsorted(intervals.v4_starts, v4, side="right") - 1
        v6, places = self.values(v4=False)
        starts = np.array(intervals.v6_starts, dtype=object)
        found[places] = len(intervals.v4_starts) + np.searchsorted(starts, v6, side="right") - 1
        return found


_LOW = (1 << 64) - 1
_ORDER = np.argsort([KIND_POD, KIND_NODE, KIND_SERVICE, KIND_UNKNOWN, KIND_EXTERNAL])


def _holders(endpoints: Sequence[Endpoint]) -> _Held:
    """Return the holder of each held address; UNKNOWN where there are several."""
    holder: dict[Address, int] = {}
    several: dict[Address, list[int]] = {}
    for number, endpoint in enumerate(endpoints):
        for address in endpoint.addresses:
            first = holder.setdefault(address, number)
            if first != number:
                several.setdefault(address, [first]).append(number)
    for address, numbers in several.items():
        if any(endpoints[number].kind is Kind.NODE for number in numbers):
            # A load-balancer or external address of a service often is a node's: the node is what answers there.
            numbers = [number for number in numbers if endpoints[number].kind is not Kind.SERVICE]  # noqa: PLW2901
        holder[address] = numbers[0] if len(numbers) == 1 else -1
    kind_of = np.array([*(KIND_CODES[endpoint.kind] for endpoint in endpoints), KIND_UNKNOWN], dtype=np.uint8)
    n = len(holder)
    found = np.fromiter(holder.values(), dtype=np.int32, count=n)
    kind = kind_of[found]
    is_v4 = np.fromiter((address.version == 4 for address in holder), dtype=np.bool_, count=n)  # noqa: PLR2004
    high = np.fromiter((address.value >> 64 for address in holder), dtype=np.uint64, count=n)
    low = np.fromiter((address.value & _LOW for address in holder), dtype=np.uint64, count=n)
    order = np.lexsort((low, high, ~is_v4, found, _ORDER[kind]))
    return _Held(kind[order], found[order], is_v4[order], high[order], low[order])


def _inside(networks: Sequence[Network], intervals: Intervals) -> int:
    inside = 0
    for network in networks:
        inside |= intervals.inside(network)
    return inside


def _index(intervals: Intervals, rest: NDArray[np.int32], held: _Held) -> AddressIndex:
    n_v4 = len(intervals.v4_starts)
    v4_starts, v4_slots = _punch(
        np.array(intervals.v4_starts, dtype=np.int64), rest[:n_v4], *held.values(v4=True), V4_SPACE
    )
    v6_starts, v6_slots = _punch(
        np.array(intervals.v6_starts, dtype=object), rest[n_v4:], *held.values(v4=False), V6_SPACE
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
        v6_low=np.array([value & _LOW for value in values], dtype=np.uint64),
        v6_slots=v6_slots,
    )


def _punch(
    starts: NDArray[np.int64],
    slots: NDArray[np.int32],
    held: NDArray[np.int64],
    held_slots: NDArray[np.int32],
    space: int,
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Cut single held addresses out of the intervals."""
    after = held + 1
    cut = np.unique(np.concatenate([starts, held, after[after < space]]))
    result = slots[np.searchsorted(starts, cut, side="right") - 1]
    result[np.searchsorted(cut, held)] = held_slots
    return cut, result.astype(np.int32)
