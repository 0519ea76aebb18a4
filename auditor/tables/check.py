"""Invariants of the kernel layouts: what makes an unchecked load safe. Breaking one is a bug, not bad input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from kernels.codes import N_FINDINGS, N_MARKS, N_OBSERVED, N_VERDICTS
from kernels.layout import (
    BLOCK,
    CLASS_BITS,
    SLOT_BITS,
    AddressIndex,
    Decisions,
    Ports,
    Slots,
    Tables,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

Bundle = TypeVar("Bundle", bound=tuple[Any, ...])

_TYPES: dict[type[tuple[Any, ...]], tuple[str, ...]] = {
    AddressIndex: ("uint32", "int32", "int32", "int32", "int32", "uint64", "uint64", "int32"),
    Slots: ("uint64", "uint64", "int32", "int64"),
    Ports: ("uint8", "uint16", "uint8"),
    Decisions: ("uint32", "uint32", "uint32", "uint64", "uint16", "int32"),
}
"""Element types by bundle, in the order of its arrays: others would compile every kernel anew."""


def check(tables: Tables, n_outcomes: int) -> Tables:
    """Check every array, and make all of them read-only.

    Kernels load without bounds checks, so every value that becomes a place must lie inside the array it points into.

    Parameters
    ----------
    tables : Tables
        As compiled or as read from a file.
    n_outcomes : int
        Outcomes are ``0..n_outcomes - 1``.

    Returns
    -------
    Tables
        The same values; arrays contiguous and frozen, so that kernels see one type.
    """
    for bundle in (tables.addresses, tables.slots, tables.ports, tables.ingress, tables.egress):
        assert tuple(array.dtype.name for array in bundle) == _TYPES[type(bundle)]
        assert all(array.ndim == 1 for array in bundle)
    _check_addresses(tables)
    words = (tables.slots.opener_words, tables.slots.other_words)
    subjects = [word >> np.uint64(CLASS_BITS + SLOT_BITS) for word in words]
    peers = [(word >> np.uint64(SLOT_BITS)) & np.uint64((1 << CLASS_BITS) - 1) for word in words]
    n_port_classes = int(tables.ports.classes.max()) + 1
    _check_decisions(tables.egress, subjects[0], peers[1], n_port_classes, n_outcomes)
    _check_decisions(tables.ingress, subjects[1], peers[0], n_port_classes, n_outcomes)
    for word in words:
        assert _fits(word & np.uint64((1 << SLOT_BITS) - 1), len(tables.slots.node))
        assert len(word) == len(tables.slots.node)
    assert len(tables.slots.node_range) == 2  # noqa: PLR2004  first and last
    assert len(tables.ports.protocol_row) == 256  # noqa: PLR2004  one byte in the header
    assert len(tables.ports.classes) == len(tables.ports.marks) == 4 << 16
    assert _fits(tables.ports.protocol_row, 4)
    assert _fits(tables.ports.marks, N_MARKS)
    _check_words(tables, n_outcomes)
    return _freeze(tables)


def _check_words(tables: Tables, n_outcomes: int) -> None:
    small = (tables.side_verdicts, tables.findings, tables.own_node)
    assert [array.dtype.name for array in small] == ["uint8"] * len(small)
    assert [len(array) for array in small] == [n_outcomes, N_VERDICTS * N_VERDICTS * N_OBSERVED, 1]
    assert _fits(tables.side_verdicts, N_VERDICTS)
    assert _fits(tables.findings >> np.uint8(3), N_VERDICTS)
    assert _fits(tables.findings & np.uint8(7), N_FINDINGS)


def _check_addresses(tables: Tables) -> None:
    index, n_slots = tables.addresses, len(tables.slots.node)
    assert len(index.v4_starts) == len(index.v4_slots)
    assert len(index.v6_high) == len(index.v6_low) == len(index.v6_slots)
    assert index.v4_starts[0] == 0
    assert index.v6_high[0] == index.v6_low[0] == 0
    assert bool(np.all(np.diff(index.v4_starts.astype(np.int64)) > 0))
    high, low = index.v6_high, index.v6_low
    is_above = (high[1:] > high[:-1]) | ((high[1:] == high[:-1]) & (low[1:] > low[:-1]))
    assert bool(np.all(is_above))
    assert all(_fits(slots, n_slots) for slots in (index.v4_slots, index.v4_dense, index.v6_slots))
    assert _fits(index.v4_first, len(index.v4_slots))
    assert int(index.v4_block.max()) < len(index.v4_dense) >> 16
    assert (len(index.v4_first), len(index.v4_block)) == (65537, 65536)


def _check_decisions(
    decisions: Decisions,
    subjects: NDArray[np.uint64],
    peers: NDArray[np.uint64],
    n_port_classes: int,
    n_outcomes: int,
) -> None:
    assert _fits(subjects, len(decisions.rows))
    n_blocks = int(peers.max()) // BLOCK + 1
    assert int(decisions.rows.max()) + n_blocks <= len(decisions.blocks)
    assert _fits(decisions.blocks, len(decisions.cells) // BLOCK)
    assert _fits(decisions.cells, len(decisions.places))
    assert int((decisions.places >> np.uint64(32)).max()) + n_port_classes <= len(decisions.groups)
    assert _fits(decisions.outcomes, n_outcomes)
    firsts = (decisions.places & np.uint64(0xFFFFFFFF)).astype(np.int64)
    groups = [
        decisions.groups[row : row + n_port_classes].max()
        for row in (decisions.places >> np.uint64(32)).tolist()
    ]
    assert int((firsts + np.array(groups, dtype=np.int64)).max()) < len(decisions.outcomes)


def _fits(places: NDArray[Any], length: int) -> bool:
    return len(places) == 0 or (int(places.min()) >= 0 and int(places.max()) < length)


def _freeze(bundle: Bundle) -> Bundle:
    frozen: list[Any] = []
    for member in bundle:
        if isinstance(member, tuple):
            frozen.append(_freeze(member))
        else:
            array = np.ascontiguousarray(member).view()
            array.flags.writeable = False
            frozen.append(array)
    return type(bundle)(*frozen)
