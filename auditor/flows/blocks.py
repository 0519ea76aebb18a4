"""Text cut into blocks of whole lines, with memory bounded by the block, whatever the lines are."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from auditor.errors import Position, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.flows.options import FlowOptions
    from auditor.sources.streams import ByteStream

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

MAX_LINES = 1 << 18
"""Lines a block holds at most: scanners keep a fixed number of bytes for each."""


class LineBlock(NamedTuple):
    """Whole lines of a file.

    Attributes
    ----------
    text : bytes
        The lines with their line feeds (the last of the file may lack its own). A line of more bytes than
        allowed may be clipped, but stays longer than allowed.
    first_line : int
        Number of the first line in the file, from 1.
    n_lines : int
        How many lines.
    """

    text: bytes
    first_line: int
    n_lines: int


def line_blocks(stream: ByteStream, options: FlowOptions) -> Iterator[LineBlock]:
    """Cut a file at line ends.

    Yields
    ------
    LineBlock
        In order; together they are the file.

    Raises
    ------
    SourceError
        The file cannot be read further: after the last line that was read in full was yielded, placed at the
        line that is cut off.
    """
    limit = options.max_line_bytes
    line = 1
    carry = b""
    is_clipped = False  # carry is the beginning of a line that is too long, the rest of it is let go
    while True:
        try:
            piece = stream.read(options.block_bytes)
        except SourceError as error:
            raise SourceError(error.message, Position(stream.name, line)) from error
        if not piece:
            break
        if is_clipped:
            end = piece.find(b"\n")
            if end < 0:
                continue
            piece = piece[end:]
            is_clipped = False
        cut = piece.rfind(b"\n") + 1
        if cut:
            for block in _bounded(_unmarked(b"".join((carry, memoryview(piece)[:cut])), line), line):
                yield block
                line += block.n_lines
            carry = piece[cut:]
        else:
            carry += piece
        if len(carry) > limit:
            carry = carry[: limit + 1]
            is_clipped = True
    if carry:
        yield LineBlock(_unmarked(carry, line), line, 1)


def _unmarked(text: bytes, line: int) -> bytes:
    """Return the text without the byte order mark that some editors put at the beginning of a file."""
    return text.removeprefix(_BYTE_ORDER_MARK) if line == 1 else text


def _bounded(text: bytes, line: int) -> Iterator[LineBlock]:
    """Yield lines in blocks of at most ``MAX_LINES``."""
    n_lines = text.count(b"\n")
    if n_lines <= MAX_LINES:
        yield LineBlock(text, line, n_lines)
        return
    ends = np.flatnonzero(np.frombuffer(text, np.uint8) == ord("\n")) + 1
    start = 0
    for done in range(0, n_lines, MAX_LINES):
        last = min(done + MAX_LINES, n_lines)
        end = int(ends[last - 1])
        yield LineBlock(text[start:end], line + done, last - done)
        start = end
