"""A block of JSON objects of a user's own shape to a batch: a scanner reads what is usual, and names other lines."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np

from auditor.arrays import frozen
from auditor.flows.evidence import SpanEvidence
from auditor.flows.generic_columns import OBSERVED, PROTOCOLS
from auditor.flows.json_lines import Scanned, ends_of, odd_texts
from auditor.flows.json_pieces import indexed
from auditor.flows.schema import Account, FlowBatch
from kernels.json_program import Found
from kernels.object_values import FOLD, WORD_BYTES, Words
from kernels.objects import OBJECT_BLANK, OBJECT_ODD, Objects, read_objects

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from auditor.flows.blocks import LineBlock
    from auditor.flows.json_fields import FieldProgram
    from auditor.flows.json_pieces import ValueBlock

_LINES_AT_ONCE = 64
"""Lines whose values are noted before they are read: what is noted of them stays in the cache."""


def _words() -> Words:
    """Return the names of protocols and of what was observed, as the kernel reads them."""
    names = [
        [(name, number) for name, number in known.items() if 0 < len(name) <= WORD_BYTES]
        for known in (PROTOCOLS, OBSERVED)
    ]
    entries = [*names[0], *names[1]]
    letters = np.zeros((len(entries), 3), np.uint64)
    for place, (name, _) in enumerate(entries):
        text = name.encode().ljust(WORD_BYTES, b"\0")
        letters[place, :2] = np.frombuffer(text, "<u8") & FOLD
        letters[place, 2] = len(name)
    return Words(
        frozen(letters),
        frozen(np.array([number for _, number in entries], np.int64)),
        frozen(np.array([len(names[0])], np.int64)),
    )


_WORDS = _words()


class _Room(threading.local):
    """The values noted of some lines, by the number of slots."""

    def __init__(self) -> None:
        self._found: Found | None = None

    def found(self, n_slots: int) -> Found:
        """Return scratch for a program of so many slots."""
        if self._found is None or self._found.kinds.shape[1] != n_slots + 1:
            self._found = Found(
                status=np.empty(_LINES_AT_ONCE, np.uint8),
                kinds=np.empty((_LINES_AT_ONCE, n_slots + 1), np.uint8),
                spans=np.empty((_LINES_AT_ONCE, n_slots + 1), np.uint64),
            )
        return self._found


_ROOM = _Room()


def scan_objects(file: str, block: LineBlock | ValueBlock, limit: int, wanted: FieldProgram) -> Scanned:
    """Read the objects of usual form.

    Parameters
    ----------
    file : str
        As messages name it.
    block : LineBlock or ValueBlock
        The lines.
    limit : int
        Bytes of the longest line that is read.
    wanted : FieldProgram
        Where their values stand.

    Raises
    ------
    OtherLinesError
        If values are not what they should be.
    """
    objects, n, lines = _read(block, limit, wanted)
    odd = np.flatnonzero(objects.state == OBJECT_ODD)
    codes, addresses, kept, odd = ends_of(block.text, objects.addresses[:n], objects.line[:n], odd)
    rows = objects.line[kept].astype(np.int64) + block.first_line
    weight = objects.weight[kept]
    batch = FlowBatch(
        file=file,
        account=Account(n_rows=len(rows)),
        rows=rows,
        src_codes=codes[0, kept],
        dst_codes=codes[1, kept],
        sources=addresses,
        destinations=addresses,
        protocol=objects.protocol[kept],
        src_port=objects.ports[0, kept],
        dst_port=objects.ports[1, kept],
        opener_hint=objects.hint[kept],
        observed=objects.observed[kept],
        weight=None if (weight == 1).all() else weight,
        evidence=SpanEvidence(objects.times[:, kept], objects.counters[:, kept]),
    )
    return Scanned(batch, odd_texts(block, odd, lines))


def _read(
    block: LineBlock | ValueBlock, limit: int, wanted: FieldProgram
) -> tuple[Objects, int, NDArray[np.uint32]]:
    """Scan a block piece by piece; return what the lines say, how many flows there are, and the lines."""
    n_lines = block.n_lines
    objects = Objects(
        state=np.full(n_lines, OBJECT_BLANK, np.uint8),
        line=np.empty(n_lines, np.int32),
        addresses=np.empty((n_lines, 2, 2), np.int32),
        protocol=np.empty(n_lines, np.uint8),
        hint=np.empty(n_lines, np.uint8),
        observed=np.empty(n_lines, np.uint8),
        ports=np.empty((2, n_lines), np.uint16),
        weight=np.empty(n_lines, np.int64),
        times=np.empty((2, n_lines), np.int64),
        counters=np.empty((2, n_lines), np.int64),
    )
    lines = np.empty((n_lines, 4), np.uint32)
    text = block.text
    meaning = (wanted.program, wanted.slots, _WORDS)
    found = _ROOM.found(wanted.n_slots)
    n_flows = 0
    for piece in indexed(block, lines):
        numbers = frozen(np.array([limit, n_flows, piece.n_before, piece.start], np.int64))
        n_flows = read_objects(
            text[piece.start :], (piece.quotes, piece.lines), numbers, meaning, found, objects
        )
    return objects, n_flows, lines
