"""The scanner of VPC text, with what each thread keeps for it from one block to the next."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np

from auditor.flows import known_addresses
from kernels import record_layout as layout
from kernels.memory import WIDTH
from kernels.records import scan_records

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from auditor.flows.blocks import LineBlock
    from auditor.flows.schema import Addresses

_FIELDS = 32
"""Fields of a line that are noted without a thought of room; lines of more are read in smaller portions."""


class _Room(threading.local):
    """What a thread needs again and again: memory that was touched before costs nothing."""

    def __init__(self) -> None:
        n_lines = layout.ROWS + int(WIDTH)
        self.scratch = layout.Scratch(
            ends=np.empty(_FIELDS * n_lines, np.uint32),
            lines=np.empty((n_lines, 2), np.uint32),
            firsts=np.empty(n_lines, np.uint32),
            words=np.empty(n_lines, np.uint64),
            seconds=np.empty(n_lines, np.uint64),
            keys=np.empty(n_lines, np.uint64),
            values=np.empty((layout.START, n_lines), np.int64),
            is_wrong=np.empty(n_lines, np.uint8),
        )


_ROOM = _Room()


def scan(block: LineBlock, rules: layout.Rules) -> tuple[layout.Records, NDArray[np.int64], Addresses]:
    """Read the records of a block.

    Parameters
    ----------
    block : LineBlock
        The lines.
    rules : Rules
        Their columns.

    Returns
    -------
    records : Records
        What was read, and what was set aside.
    counts : ndarray of int64, shape (N_COUNTS,)
        How many.
    addresses : Addresses
        Those of both sides, each once.
    """
    text = block.text
    found = _records(block.n_lines)
    known, n = known_addresses.KNOWN.begun(block.n_lines)
    counts = np.zeros(layout.N_COUNTS, np.int64)
    counts[layout.LINE] = block.first_line
    counts[layout.N_ADDRESSES] = n
    while True:
        scan_records(text, rules, _ROOM.scratch, known, found, counts)
        n = int(counts[layout.N_ADDRESSES])
        if counts[layout.AT] >= block.size:
            break
        known = known_addresses.enlarged(known, n)
    assert counts[layout.LINE] == block.first_line + block.n_lines
    return found, counts, known_addresses.KNOWN.kept(known, n)


def _records(n_lines: int) -> layout.Records:
    """Return arrays for as many records as there may be."""
    return layout.Records(
        lines=np.empty(n_lines, np.int64),
        addresses=np.empty((2, n_lines), np.int32),
        protocol=np.empty(n_lines, np.uint8),
        hint=np.empty(n_lines, np.uint8),
        observed=np.empty(n_lines, np.uint8),
        ports=np.empty((2, n_lines), np.uint16),
        evidence=np.empty((4, n_lines), np.int64),
        odd=np.empty((n_lines, 3), np.int64),
    )
