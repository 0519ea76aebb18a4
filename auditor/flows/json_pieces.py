"""Lines of JSON in pieces that stay in the cache of a core, with the places of their quotes.

Lines stand behind one another in a block, or apart as the values of messages.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from auditor.arrays import frozen
from kernels.json_index import index_lines
from kernels.json_values import index_values
from kernels.memory import PADDING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from auditor.flows.blocks import LineBlock

    _Found = tuple[int, int, NDArray[np.uint32]]  # where a piece begins, how many lines it has, their quotes

PIECE_BYTES = 1 << 20
"""How much text is scanned together: with the places of its quotes it stays in the cache of a core."""

BYTES_A_QUOTE = 6
"""For so many there is room at first."""


class ValueBlock:
    """Values of messages that are one line of JSON each, where they are.

    Parameters
    ----------
    text : ndarray of uint8
        Holds them, and ``PADDING`` bytes behind the last one.
    spans : ndarray of int64, shape (V, 2), V > 0
        Where each begins and ends, ascending.
    """

    __slots__ = ("first_line", "n_lines", "spans", "text")

    def __init__(self, text: NDArray[np.uint8], spans: NDArray[np.int64]) -> None:
        self.text = frozen(text)
        self.spans = frozen(spans)
        self.first_line = 1
        self.n_lines = len(spans)

    def content(self, start: int = 0, end: int | None = None) -> bytes:
        """Return a copy of a part of the text."""
        return self.text[start:end].tobytes()


class OtherLinesError(Exception):
    """A value of a ``ValueBlock`` is of several lines, or cannot be scanned where it is."""


class Piece(NamedTuple):
    """Lines that are scanned together.

    Attributes
    ----------
    start : int
        What is noted of them counts from there.
    n_before : int
        How many lines of the block stand before them.
    lines, quotes : ndarray of uint32
        As of ``kernels.json_index.index_lines``; valid until the next piece. They may be written to, as
        those of ``hubble_block.read_block`` are: one compiled version of what reads them serves both.
    """

    start: int
    n_before: int
    lines: NDArray[np.uint32]
    quotes: NDArray[np.uint32]


class _Room(threading.local):
    """The places of quotes of a thread's last piece: its memory is used again."""

    def __init__(self) -> None:
        self.quotes = np.empty(0, np.uint32)

    def hold(self, n_quotes: int) -> None:
        """Make room."""
        if len(self.quotes) < n_quotes + PADDING:
            self.quotes = np.empty(n_quotes + PADDING, np.uint32)


_ROOM = _Room()


def room_for(n_quotes: int) -> NDArray[np.uint32]:
    """Return memory for quotes, ``PADDING`` more than asked for; the same as the last time if that is enough."""
    _ROOM.hold(n_quotes)
    return _ROOM.quotes


def more_quotes(n_quotes: int, n_bytes: int) -> int:
    """Return room for how many quotes to try next, where so many were too few for a piece of so many bytes."""
    return min(n_bytes, 4 * n_quotes) + PADDING


def indexed(block: LineBlock | ValueBlock, lines: NDArray[np.uint32]) -> Iterator[Piece]:
    """Yield the pieces of a block, in order.

    Parameters
    ----------
    block : LineBlock or ValueBlock
        The lines.
    lines : ndarray of uint32, shape (block.n_lines, 4)
        Out: see ``kernels.json_index.index_lines``; those of a piece count from its start until the next one is asked
        for.

    Raises
    ------
    OtherLinesError
        If values are not what they should be.
    """
    n_read = 0
    pieces = _value_pieces(block, lines) if isinstance(block, ValueBlock) else _line_pieces(block, lines)
    for start, n_lines, quotes in pieces:
        here = lines[n_read : n_read + n_lines]
        yield Piece(start, n_read, here, quotes)
        here[:, [0, 3]] += np.uint32(start)
        n_read += n_lines
    assert n_read == block.n_lines


def _line_pieces(block: LineBlock, lines: NDArray[np.uint32]) -> Iterator[_Found]:
    start = n_read = 0
    while start < block.size:
        end = min(start + PIECE_BYTES, block.size)
        if end < block.size:
            feed = block.find(b"\n", end)
            end = block.size if feed < 0 else feed + 1
        # What follows a piece is the text behind it, or the padding.
        text = block.text[start:]
        n_needed = (end - start) // BYTES_A_QUOTE
        while True:
            _ROOM.hold(n_needed)
            n_quotes, n_lines = index_lines(text, np.uint64(end - start), _ROOM.quotes, lines[n_read:])
            if n_quotes <= len(_ROOM.quotes) - PADDING:
                break
            n_needed = more_quotes(n_needed, end - start)
        yield start, int(n_lines), _ROOM.quotes
        n_read += int(n_lines)
        start = end


def _value_pieces(block: ValueBlock, lines: NDArray[np.uint32]) -> Iterator[_Found]:
    ends = block.spans[:, 1]
    first = 0
    while first < block.n_lines:
        start = int(block.spans[first, 0])
        last = max(first + 1, int(np.searchsorted(ends, start + PIECE_BYTES, side="right")))
        size = int(ends[last - 1]) - start
        n_needed = size // BYTES_A_QUOTE
        while True:
            _ROOM.hold(n_needed)
            n_quotes, n_lines = index_values(
                block.text, block.spans[first:last], start, _ROOM.quotes, lines[first:last]
            )
            if n_quotes <= len(_ROOM.quotes) - PADDING:
                break
            n_needed = more_quotes(n_needed, size)
        if n_lines < last - first:
            raise OtherLinesError
        yield start, last - first, _ROOM.quotes
        first = last
