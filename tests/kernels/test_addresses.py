"""Address to slot, on an index made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from kernels.addresses import _slots_of, slots_of
from kernels.layout import AddressIndex
from tests.kernels.engines import both

TOP = 10 << 8
"""The /16 of 10.0.0.0."""


def index(*, is_dense):
    """Return an index of slot 0 for all of IPv4, 1 for 10.0.0.4/31, 2 for 10.0.255.255 up to 10.2.0.0.

    In IPv6 slot 3 is below 1::, 4 below 1::5, 5 from there on.
    """
    ten = 10 << 24
    starts = [0, ten + 4, ten + 6, ten + 65535, ten + (2 << 16) + 1]
    slots = [0, 1, 0, 2, 0]
    tops = np.arange(65536, dtype=np.int64) << 16
    first = np.searchsorted(np.array(starts), tops, side="right") - 1
    block = np.full(65536, -1, dtype=np.int32)
    dense = np.zeros(0, dtype=np.int32)
    if is_dense:
        block[TOP] = 0
        dense = np.zeros(65536, dtype=np.int32)
        dense[[4, 5]] = 1
        dense[65535] = 2
    return AddressIndex(
        v4_starts=np.array(starts, dtype=np.uint32),
        v4_slots=np.array(slots, dtype=np.int32),
        v4_first=np.append(first, len(starts) - 1).astype(np.int32),
        v4_block=block,
        v4_dense=dense,
        v6_high=np.array([0, 1 << 48, 1 << 48], dtype=np.uint64),
        v6_low=np.array([0, 0, 5], dtype=np.uint64),
        v6_slots=np.array([3, 4, 5], dtype=np.int32),
    )


V4 = {
    (0, 0, 0, 0): 0,
    (9, 255, 255, 255): 0,
    (10, 0, 0, 3): 0,
    (10, 0, 0, 4): 1,
    (10, 0, 0, 5): 1,
    (10, 0, 0, 6): 0,
    (10, 0, 255, 254): 0,
    (10, 0, 255, 255): 2,
    (10, 1, 0, 0): 2,
    (10, 1, 255, 255): 2,
    (10, 2, 0, 0): 2,
    (10, 2, 0, 1): 0,
    (255, 255, 255, 255): 0,
}
# Halves of IPv6 addresses; what only looks like an IPv4-mapped one is among them.
V6 = {
    (0, 0): 3,
    (0, 0xFFFE_0A00_0004): 3,
    (0, 0x1_FFFF_0A00_0004): 3,
    (1, 0xFFFF_0A00_0004): 3,
    ((1 << 48) - 1, (1 << 64) - 1): 3,
    (1 << 48, 0): 4,
    (1 << 48, 4): 4,
    (1 << 48, 5): 5,
    (1 << 48, (1 << 64) - 1): 5,
    ((1 << 48) + 1, 0): 5,
    ((1 << 64) - 1, (1 << 64) - 1): 5,
}


def halves(parts):
    """Return an IPv4 address as the kernel reads it."""
    return 0, 0xFFFF << 32 | int.from_bytes(bytes(parts), "big")


@pytest.mark.parametrize("kernel", both(_slots_of))
@pytest.mark.parametrize("is_dense", [False, True], ids=["searched", "dense"])
def test_slots_of__finds_the_interval_of_each_address(kernel, is_dense):
    """Both versions, at and beside every start, whether a /16 is searched or dense."""
    asked = {**{halves(parts): slot for parts, slot in V4.items()}, **V6}
    high = np.array([one for one, _ in asked], dtype=np.uint64)
    low = np.array([other for _, other in asked], dtype=np.uint64)
    slots = np.full(len(asked), -1, dtype=np.int32)
    kernel(index(is_dense=is_dense), high, low, slots)
    assert slots.tolist() == list(asked.values())


def test_slots_of__of_no_addresses_is_empty():
    """A batch without flows has no addresses."""
    nothing = np.zeros(0, dtype=np.uint64)
    found = slots_of(index(is_dense=False), nothing, nothing)
    assert (found.dtype, found.tolist()) == (np.int32, [])
