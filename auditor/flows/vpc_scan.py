"""The scanner of VPC text, with what each thread keeps for it from one block to the next."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from auditor.flows.schema import Addresses
from auditor.flows.spans import SEEDS
from kernels import record_layout as layout
from kernels.memory import WIDTH
from kernels.parse import LONGEST
from kernels.record_addresses import fill_table
from kernels.records import scan_records

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from auditor.flows.blocks import LineBlock

_FIELDS = 32
"""Fields of a line that are noted without a thought of room; lines of more are read in smaller portions."""

_LEAST_TABLE = 1 << 11
_FIRST_TABLE = 1 << 13
_GROWTH = 4
_FEWEST_LINES = 1 << 10
"""Of a block for which the addresses of the one before are kept; fewer are not worth looking all of them up."""


class _Room(threading.local):
    """What a thread needs again and again: memory that was touched before costs nothing.

    Addresses come again from block to block, and cost twenty times as much to read as to find. So the dictionary of one
    block is that of the next, and grows: batches have the front of its arrays, which stays as it is.
    """

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
        self.dictionary: layout.Dictionary | None = None
        self.n_known = 0
        self.size = _FIRST_TABLE

    def begun(self, n_lines: int) -> tuple[layout.Dictionary, int]:
        """Return a dictionary and how many addresses are in it, a small part of what ``n_lines`` may bring.

        What is done for each address, here and where batches are judged, is thus never more than for each line.
        """
        known, n_known = self.dictionary, self.n_known
        self.dictionary = None  # until a block was read to its end
        if known is None or n_lines < max(_FEWEST_LINES, n_known // 4):
            return dictionary(min(self.size, max(_LEAST_TABLE, 16 << n_lines.bit_length()))), 0
        return known, n_known

    def keep(self, known: layout.Dictionary, n: int) -> None:
        """Keep a dictionary of n addresses; one block of very many is soon forgotten."""
        self.dictionary, self.n_known = known, n
        is_large = n * _GROWTH * _GROWTH < len(known.table)
        self.size = _FIRST_TABLE if is_large else max(self.size, len(known.table))


def dictionary(size: int) -> layout.Dictionary:
    """Return a dictionary without addresses, with a table of ``size`` entries."""
    most = size // 2
    return layout.Dictionary(
        seeds=SEEDS,
        table=np.zeros(size, np.uint32),
        begins=np.empty((most, 2), np.uint64),
        hashes=np.empty(most, np.uint32),
        offsets=np.zeros(most + 1, np.int32),
        letters=np.empty(most * LONGEST + int(WIDTH), np.uint8),
        high=np.empty(most, np.uint64),
        low=np.empty(most, np.uint64),
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
    known, n = _ROOM.begun(block.n_lines)
    counts = np.zeros(layout.N_COUNTS, np.int64)
    counts[layout.LINE] = block.first_line
    counts[layout.N_ADDRESSES] = n
    while True:
        scan_records(text, rules, _ROOM.scratch, known, found, counts)
        n = int(counts[layout.N_ADDRESSES])
        if counts[layout.AT] >= block.size:
            break
        known = _enlarged(known, n)
    assert counts[layout.LINE] == block.first_line + block.n_lines
    _ROOM.keep(known, n)
    offsets = known.offsets[: n + 1]
    texts = pa.StringArray.from_buffers(n, pa.py_buffer(offsets), pa.py_buffer(known.letters[: offsets[-1]]))
    return found, counts, Addresses(known.high[:n], known.low[:n], texts, known)


def _enlarged(small: layout.Dictionary, n: int) -> layout.Dictionary:
    """Return a larger dictionary of the same n addresses."""
    large = dictionary(_GROWTH * len(small.table))
    for name in ("begins", "hashes", "high", "low"):
        getattr(large, name)[:n] = getattr(small, name)[:n]
    large.offsets[: n + 1] = small.offsets[: n + 1]
    large.letters[: small.offsets[n]] = small.letters[: small.offsets[n]]
    hashes = large.hashes[:n]
    hashes.flags.writeable = False
    fill_table(hashes, large.table)
    return large


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
