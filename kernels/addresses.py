"""Address to slot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kernels.jit import device, kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kernels.layout import AddressIndex

V4_MAPPED = np.uint64(0xFFFF)
"""Upper 32 bits of the lower half of an IPv4-mapped address."""


@device
def _search_v4(starts: NDArray[np.uint32], first: np.int64, last: np.int64, address: np.uint32) -> np.int64:
    """Return the last interval of ``first..last`` that starts at or below ``address``; ``first`` does."""
    while first < last:
        middle = (first + last + 1) >> 1
        if starts[middle] <= address:
            first = middle
        else:
            last = middle - 1
    return first


@device
def _search_v6(
    starts_high: NDArray[np.uint64], starts_low: NDArray[np.uint64], high: np.uint64, low: np.uint64
) -> np.int64:
    """Return the last interval that starts at or below the address; the first starts at 0."""
    first = np.int64(0)
    last = np.int64(len(starts_high) - 1)
    while first < last:
        middle = (first + last + 1) >> 1
        start = starts_high[middle]
        if start < high or (start == high and starts_low[middle] <= low):
            first = middle
        else:
            last = middle - 1
    return first


@kernel
def _slots_of(
    index: AddressIndex, high: NDArray[np.uint64], low: NDArray[np.uint64], slots: NDArray[np.int32]
) -> None:
    """Look up every address."""
    # Arrays are taken out of the bundle here: handing the bundle to a function with a loop in it counts a reference
    # for each of its arrays on every row, 20 ns instead of 1 (bench_classify.py).
    starts, v4_slots, first = index.v4_starts, index.v4_slots, index.v4_first
    block_of, dense = index.v4_block, index.v4_dense
    v6_high, v6_low, v6_slots = index.v6_high, index.v6_low, index.v6_slots
    for i in range(len(slots)):
        if high[i] == np.uint64(0) and (low[i] >> np.uint64(32)) == V4_MAPPED:
            address = np.uint32(low[i] & np.uint64(0xFFFFFFFF))
            top = np.uint64(address >> np.uint32(16))
            block = block_of[top]
            if block >= 0:
                slots[i] = dense[(np.uint64(block) << np.uint64(16)) | np.uint64(address & np.uint32(0xFFFF))]
            else:
                low_end, high_end = np.int64(first[top]), np.int64(first[top + np.uint64(1)])
                slots[i] = v4_slots[_search_v4(starts, low_end, high_end, address)]
        else:
            slots[i] = v6_slots[_search_v6(v6_high, v6_low, high[i], low[i])]


def slots_of(index: AddressIndex, high: NDArray[np.uint64], low: NDArray[np.uint64]) -> NDArray[np.int32]:
    """Look up the slots of addresses.

    Parameters
    ----------
    index : AddressIndex
        The intervals.
    high, low : ndarray of uint64, shape (A,), read-only
        Halves of the addresses, IPv4 as ``::ffff:a.b.c.d``.

    Returns
    -------
    ndarray of int32, shape (A,)
        Slots.
    """
    slots = np.empty(len(high), dtype=np.int32)
    _slots_of(index, high, low, slots)
    return slots
