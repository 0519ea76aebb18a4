"""Text cut into blocks of whole lines, in buffers that are used again: memory is bounded, whatever the lines are."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Protocol

import numpy as np

from auditor.errors import Position, SourceError
from auditor.flows.buffers import Buffer
from kernels.memory import PADDING
from kernels.text_index import count_feeds, count_lines
from kernels.text_take import take_lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from mmap import mmap

    from numpy.typing import NDArray

    from auditor.flows.buffers import Memory
    from auditor.flows.options import FlowOptions
    from auditor.sources.late import LateDigest

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_BEHIND = b"\n" + bytes(PADDING - 1)

READ_BYTES = 10 << 20
"""How much is read together, usually a whole block: its lines are counted while it is in a cache. Of smaller pieces
more would be in a nearer one, but threads that work at the same time have each other wait at every piece."""

INFLATED_BYTES = 1 << 20
"""The same of what is decompressed to where it is wanted (gzip of files; else it comes in small pieces): there the
nearer cache wins, for the bytes are written, and copied from, first."""

MAX_LINES = 1 << 18
"""Lines a block holds at most: scanners keep a fixed number of bytes for each."""


class Stream(Protocol):
    """What is read: see ``sources.streams.ByteStream``."""

    @property
    def name(self) -> str:
        """As messages name it."""
        ...

    @property
    def codec(self) -> str | None:
        """Name of the compression; None for plain bytes."""
        ...

    def readinto(self, buffer: memoryview, /) -> int:
        """Fill a buffer."""
        ...

    def piece(self, size: int, /) -> bytes | memoryview | None:
        """Return the next bytes where they lie; None if ``readinto`` is the way."""
        ...

    def hash_late(self) -> LateDigest:
        """Leave it to others when what is read is hashed."""
        ...

    def resume(self) -> bool:
        """Go on behind damage that was raised."""
        ...


class LineBlock:
    """Whole lines of a file.

    Parameters
    ----------
    buffer : Memory
        Holds the lines; a line feed or the padding follows them.
    start, end : int
        Where they lie in it.
    first_line : int
        Number of the first line in the file, from 1.
    n_lines : int
        How many lines. The last of the file may lack its line feed. A line of more bytes than allowed may be clipped,
        but stays longer than allowed.
    has_digits : bool
        Whether each line is known to begin with a digit.
    """

    __slots__ = ("_buffer", "_start", "first_line", "has_digits", "n_lines", "size")

    def __init__(
        self,
        buffer: Memory,
        start: int,
        end: int,
        first_line: int,
        n_lines: int,
        *,
        has_digits: bool = False,
    ) -> None:
        self._buffer = buffer
        self._start = start
        self.size = end - start
        """Bytes of the lines."""
        self.first_line = first_line
        self.n_lines = n_lines
        self.has_digits = has_digits

    @property
    def text(self) -> NDArray[np.uint8]:
        """The lines and ``PADDING`` bytes behind them, as read-only uint8; gone with the block."""
        view = np.frombuffer(self._buffer.content, np.uint8, self.size + PADDING, self._start)
        view.flags.writeable = False
        return view

    def content(self, start: int = 0, end: int | None = None) -> bytes:
        """Return a copy of a part of the lines."""
        last = self.size if end is None else min(end, self.size)
        return bytes(memoryview(self._buffer.content)[self._start + start : self._start + last])

    def find(self, letters: bytes, start: int = 0) -> int:
        """Return where the bytes stand first, -1 if nowhere."""
        found = self._buffer.content.find(letters, self._start + start, self._start + self.size)
        return found if found < 0 else found - self._start

    def part(self, start: int, end: int, first: int, last: int) -> LineBlock:
        """Return the lines from ``first`` up to ``last`` (from 0), which lie from ``start`` to ``end``."""
        return LineBlock(
            self._buffer,
            self._start + start,
            self._start + end,
            self.first_line + first,
            last - first,
            has_digits=self.has_digits,
        )


def line_blocks(
    stream: Stream, options: FlowOptions, *, notes_digits: bool = False
) -> Iterator[LineBlock | SourceError]:
    """Cut a file at line ends.

    Parameters
    ----------
    stream : Stream
        The file.
    options : FlowOptions
        ``block_bytes`` and ``max_line_bytes`` count here.
    notes_digits : bool
        Whether ``LineBlock.has_digits`` is to be found out: a fifth of what it costs to read.

    Yields
    ------
    LineBlock or SourceError
        In order; together they are the file. An error says what cannot be read between two blocks; the line that it
        cuts is lost with it, and counts as one.

    Raises
    ------
    SourceError
        The file cannot be read further: after the last line that was read in full was yielded, placed at the
        line that is cut off.
    """
    # A line is clipped behind this many bytes: more than are allowed even when a byte order mark is taken off.
    limit = options.max_line_bytes + len(_BYTE_ORDER_MARK)
    free: deque[mmap] = deque()
    late = stream.hash_late()
    line = 1
    carry = b""
    is_clipped = False  # carry is the beginning of a line that is too long, the rest of it is let go
    while True:
        buffer = Buffer(options.block_bytes + limit + 1 + PADDING, free)
        content = buffer.content
        late.let_go(content)
        begin = len(carry)
        content[:begin] = carry
        try:
            n_read, n_feeds, n_others = _fill(
                stream, content, begin, options.block_bytes, notes_digits=notes_digits
            )
        except SourceError as error:
            placed = SourceError(error.message, Position(stream.name, line))
            if not stream.resume():
                raise placed from error
            yield placed
            line += 1
            carry = b""
            is_clipped = False
            continue
        if not n_read:
            start = _unmarked(content, 0, line)
            if begin > start:
                content[begin : begin + PADDING] = _BEHIND
                yield LineBlock(buffer, start, begin, line, 1)
            return
        end = begin + n_read
        if is_clipped:
            late.catch_up()
        start = _join_clipped(content, begin, end) if is_clipped else 0
        if start < 0:
            continue
        cut = max(start, content.rfind(b"\n", begin, end) + 1)
        carry = bytes(memoryview(content)[cut : min(end, cut + limit + 1)])
        is_clipped = end - cut > limit
        late.keep(end - cut, carry)
        if cut > start:
            content[cut : cut + PADDING] = _BEHIND
            # What stands in front of the bytes just read, and behind the cut, holds no line feed.
            first = _unmarked(content, start, line)
            has_digits = notes_digits and not n_others and content[first : first + 1].isdigit()
            whole = LineBlock(buffer, first, cut, line, n_feeds, has_digits=has_digits)
            line += n_feeds
            yield from bounded(whole)
            del whole
        # Not held while the next one is looked for: memory that somebody has just read is what the caches hold.
        del buffer


def _fill(
    stream: Stream, content: mmap, begin: int, size: int, *, notes_digits: bool
) -> tuple[int, int, int]:
    """Read at most ``size`` bytes; return how many, fewer only at the end or before damage, and what was counted.

    That are the line feeds, and whether lines begin there with anything but a digit: not 0 if any does, or if that is
    not to be noted.

    Raises
    ------
    SourceError
        That of ``stream``, if nothing was read before it.
    """
    space = memoryview(content)[begin : begin + size]
    together = READ_BYTES if stream.codec is None else INFLATED_BYTES
    n_read = n_feeds = n_others = 0
    begins = begin == 0
    while n_read < size:
        most = min(together, size - n_read)
        try:
            piece = stream.piece(most)
            n_new = stream.readinto(space[n_read : n_read + most]) if piece is None else len(piece)
        except SourceError:
            if n_read:
                break  # the stream says it again when it is asked the next time
            raise
        if not n_new:
            break
        place = begin + n_read
        if piece is not None:
            feeds, others = take_lines(
                _letters(piece), np.frombuffer(content, np.uint8), np.uint64(place), np.uint64(begins)
            )
        elif notes_digits:
            feeds, others = count_lines(_letters(content, place), np.uint64(n_new), np.uint64(begins))
        else:
            feeds = others = count_feeds(_letters(content, place), np.uint64(n_new))
        n_feeds += int(feeds)
        n_others |= int(others)
        n_read += n_new
        begins = content[place + n_new - 1] == ord("\n")
        if piece is None and n_new < most:
            break
    return n_read, n_feeds, n_others


def _letters(content: bytes | memoryview | mmap, start: int = 0) -> NDArray[np.uint8]:
    """Return bytes as an array that is only read."""
    letters = np.frombuffer(content, np.uint8, offset=start)
    letters.flags.writeable = False
    return letters


def _join_clipped(content: mmap, begin: int, end: int) -> int:
    """Put a clipped line, the first ``begin`` bytes, in front of its line feed; return its place, -1 if none is."""
    feed = content.find(b"\n", begin, end)
    if feed < 0:
        return feed
    content[feed - begin : feed] = content[:begin]
    return feed - begin


def _unmarked(content: mmap, start: int, line: int) -> int:
    """Return where a text begins behind the byte order mark that some editors put at the beginning of a file."""
    return start + 3 if line == 1 and content[start : start + 3] == _BYTE_ORDER_MARK else start


def bounded(whole: LineBlock) -> Iterator[LineBlock]:
    """Yield the lines of a block in blocks of at most ``MAX_LINES``, however short they are."""
    if whole.n_lines <= MAX_LINES:
        yield whole
        return
    ends = np.flatnonzero(whole.text[: whole.size] == ord("\n")) + 1
    first = 0
    for done in range(0, whole.n_lines, MAX_LINES):
        last = min(done + MAX_LINES, whole.n_lines)
        place = int(ends[last - 1])
        yield whole.part(first, place, done, last)
        first = place
