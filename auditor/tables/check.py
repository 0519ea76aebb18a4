"""Invariants of the kernel layouts: what makes an unchecked load safe. Breaking one is a bug, not bad input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from kernels.layout import BLOCK, CLASS_BITS, SLOT_BITS, Decisions, Tables

if TYPE_CHECKING:
    from numpy.typing import NDArray

Bundle = TypeVar("Bundle", bound=tuple[Any, ...])


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
    _check_addresses(tables)
    words = (tables.slots.opener_words, tables.slots.other_words)
    subjects = [word >> np.uint64(CLASS_BITS + SLOT_BITS) for word in words]
    peers = [(word >> np.uint64(SLOT_BITS)) & np.uint64((1 << CLASS_BITS) - 1) for word in words]
    n_port_classes = int(tables.ports.classes.max()) + 1
    _check_decisions(tables.egress, subjects[0], peers[1], n_port_classes, n_outcomes)
    _check_decisions(tables.ingress, subjects[1], peers[0], n_port_classes, n_outcomes)
    for word in words:
        assert _fits(word & np.uint64((1 << SLOT_BITS) - 1), len(tables.slots.node))
    assert len(tables.side_verdicts) == n_outcomes
    assert len(tables.ports.classes) == len(tables.ports.listening) == 4 << 16
    assert _fits(tables.ports.protocol_row, 4)
    return _freeze(tables)


def _check_addresses(tables: Tables) -> None:
    index, n_slots = tables.addresses, len(tables.slots.node)
    assert index.v4_starts[0] == 0
    assert index.v6_high[0] == index.v6_low[0] == 0
    assert bool(np.all(np.diff(index.v4_starts.astype(np.int64)) > 0))
    assert len(index.v4_starts) == len(index.v4_slots)
    assert len(index.v6_high) == len(index.v6_low) == len(index.v6_slots)
    assert all(_fits(slots, n_slots) for slots in (index.v4_slots, index.v4_dense, index.v6_slots))
    assert _fits(index.v4_first, len(index.v4_slots))
    assert int(index.v4_block.max()) < len(index.v4_dense) >> 16 or not len(index.v4_dense)
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
    assert _fits(decisions.cells, len(decisions.bases))
    assert int(decisions.group_rows.max()) + n_port_classes <= len(decisions.groups)
    assert _fits(decisions.outcomes, n_outcomes)
    assert int(decisions.bases.max()) < len(decisions.outcomes)
    assert len(decisions.bases) == len(decisions.group_rows)


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
