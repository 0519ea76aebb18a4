"""Decompression of members that follow one another, and the way on behind one that is corrupt."""

from __future__ import annotations

import bz2
import lzma
from typing import TYPE_CHECKING, NamedTuple, Protocol

from isal import igzip_lib

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PIECE = 1 << 18
"""Bytes taken from the disk, and from a decompressor, at a time: a reused quarter MiB stays in the cache."""

_FIRST_SLICE = 1 << 12
_LARGEST_SLICE = 1 << 16
"""A member is fed in slices that grow to this: what lies behind it is handed back, and small ones are common."""

_MAGIC = (
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"BZh", "bz2"),
    (b"\xfd7zXZ\x00", "xz"),
)
_LONGEST_MARK = 6
_MARKS = {"gzip": b"\x1f\x8b\x08", "bz2": b"BZh", "xz": b"\xfd7zXZ\x00"}
_GZIP_RESERVED, _GZIP_EXTRA = 0xE0, 0x04
_TRIAL_BYTES = 1 << 16
_MOST_TRIALS = 10_000
"""Places where a member is looked for behind damage: in noise a mark comes every 16 MB, in a trap everywhere."""
_FEWEST_BYTES = 1 << 10
"""A gzip member that ends with the file must give so much to be taken for one: three bytes match by chance."""


def codec_of(head: bytes) -> str | None:
    """Return the name of the codec whose mark the bytes begin with, None for plain bytes."""
    return next((codec for mark, codec in _MAGIC if head.startswith(mark)), None)


class CutError(ValueError):
    """A compressed stream ends before its end."""


class Source(Protocol):
    """Where compressed bytes come from."""

    def readinto(self, buffer: memoryview, /) -> int | None:
        """Fill the beginning of ``buffer``; return how many bytes, 0 at the end."""
        ...


class _Decompressor(Protocol):
    """What the decompressors of the standard library share."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    @property
    def needs_input(self) -> bool: ...
    def decompress(self, data: memoryview, max_length: int = ...) -> bytes: ...


def _igzip() -> _Decompressor:
    member: _Decompressor = igzip_lib.IgzipDecompressor(igzip_lib.DECOMP_GZIP)
    return member


FACTORIES: dict[str, Callable[[], _Decompressor]] = {
    "gzip": _igzip,
    "bz2": bz2.BZ2Decompressor,
    "xz": lzma.LZMADecompressor,
}
_IsalError: type[Exception] = igzip_lib.IsalError  # type: ignore[assignment]  # typed as an instance
_ERRORS = (_IsalError, lzma.LZMAError, OSError, EOFError, ValueError)
_NOTHING = memoryview(b"")


class Gap(NamedTuple):
    """Compressed bytes that are passed over: the first, and the first behind them."""

    first: int
    behind: int


class Inflater:
    """The decompressed bytes of a file of members, front to back.

    Parameters
    ----------
    source : Source
        At its beginning.
    codec : str
        One of ``FACTORIES``.

    Attributes
    ----------
    gives_pieces : bool
        Whether ``piece`` is the way: ``readinto`` copies what it returns.
    """

    gives_pieces = True

    def __init__(self, source: Source, codec: str) -> None:
        self.codec = codec
        self._source = source
        self._content = memoryview(bytearray(PIECE))
        self._former = memoryview(bytearray(PIECE))
        self._n_former = 0
        self._n = 0  # bytes in _content, of which those before _at were handed to a decompressor
        self._at = 0
        self._first = 0  # place in the file of the first byte of _content
        self._fed = 0  # and of the last slice that was handed on
        self._slice = _FIRST_SLICE
        self._member: _Decompressor | None = None
        self._member_first = 0
        self._is_first = True
        self._last = b""
        self._has_whole_lines: bool | None = None

    def piece(self, size: int) -> bytes:
        """Return the next bytes, at least one and at most ``size``; none at the end.

        Raises
        ------
        ValueError
            With the reason why there are no more; CutError if only the end is missing.
        OSError
            The source cannot be read.
        """
        while True:
            if self._member is None and not self._begin():
                return b""
            member = self._member
            assert member is not None
            if member.eof:
                self._end(member)
                continue
            given = self._next_slice() if member.needs_input else _NOTHING
            try:
                piece = member.decompress(given, min(size, PIECE))
            except _ERRORS as error:
                raise ValueError(f"the {self.codec} stream is corrupt") from error
            if piece:
                self._last = piece
                return piece

    def readinto(self, buffer: memoryview) -> int:
        """Fill the beginning of ``buffer`` with the next piece; return how many bytes."""
        piece = self.piece(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)

    def _next_slice(self) -> memoryview:
        """Return the next compressed bytes."""
        if self._at == self._n and not self._fill():
            raise CutError(f"the {self.codec} stream is cut off")
        self._fed = self._first + self._at
        given = self._content[self._at : min(self._n, self._at + self._slice)]
        self._at += len(given)
        self._slice = min(2 * self._slice, _LARGEST_SLICE)
        return given

    def _fill(self) -> bool:
        """Read on; what was there before is kept for a search."""
        self._content, self._former = self._former, self._content
        self._n_former = self._n
        self._first += self._n
        self._at = 0
        self._n = self._source.readinto(self._content) or 0
        return self._n > 0

    def _end(self, member: _Decompressor) -> None:
        """Go behind a member that has come to its end."""
        self._at -= len(member.unused_data)
        self._member = None
        self._has_whole_lines = self._has_whole_lines is not False and self._last.endswith(b"\n")

    def _begin(self) -> bool:
        """Begin the next member; False at the end of the file."""
        # Zeros after a member are padding, as tapes and block devices leave it.
        while self._at >= self._n or self._content[self._at] == 0:
            if self._at >= self._n:
                if not self._fill():
                    return False
            else:
                rest = bytes(self._content[self._at : self._n])
                self._at += len(rest) - len(rest.lstrip(b"\0"))
        if self._n - self._at < _LONGEST_MARK:
            self._complete()
        place = self._first + self._at
        if codec_of(bytes(self._content[self._at : self._at + _LONGEST_MARK])) != self.codec:
            self._member_first = self._fed = place
            raise ValueError(f"bytes follow the {self.codec} stream that do not belong to it")
        self._member = FACTORIES[self.codec]()
        self._member_first = place
        self._slice = _FIRST_SLICE
        return True

    def _complete(self) -> None:
        """Read on behind a few bytes that stay in front: a mark may be cut by the end of a piece."""
        rest = bytes(self._content[self._at : self._n])
        content = bytearray(rest)
        while len(content) < _LONGEST_MARK:
            piece = memoryview(bytearray(PIECE))
            n_read = self._source.readinto(piece) or 0
            if not n_read:
                break
            content += piece[:n_read]
        self._replace(content, self._first + self._at)

    def _replace(self, content: bytearray, first: int) -> None:
        """Go on with ``content``, which lies at ``first`` in the file."""
        n_bytes = len(content)
        content.extend(bytes(max(0, PIECE - n_bytes)))
        self._content = memoryview(content)
        self._former, self._n_former = memoryview(bytearray(PIECE)), 0
        self._first, self._at, self._n = first, 0, n_bytes

    def recover(self) -> Gap | None:
        """Go behind damage to the next member that inflates; None if there is none.

        Damage may be noticed late, so the search begins in the bytes before the place where it was.

        Raises
        ------
        OSError
            The source cannot be read.
        """
        window = bytearray(self._former[: self._n_former]) + self._content[: self._n]
        first = self._first - self._n_former
        at = max(0, self._member_first + 1 - first)
        damaged = self._fed
        for _ in range(_MOST_TRIALS):
            while (found := window.find(_MARKS[self.codec], at)) < 0:
                kept = _LONGEST_MARK - 1
                first += max(0, len(window) - kept)
                del window[:-kept]
                at = 0
                if not self._extend(window):
                    return None
            at = found
            del window[:at]
            first += at
            while len(window) < PIECE and self._extend(window):
                pass
            if self._is_member(bytes(window[:PIECE])):
                self._replace(window, first)
                self._member = None
                return Gap(min(damaged, first), first)
            at = 1
        return None

    def _extend(self, window: bytearray) -> bool:
        piece = memoryview(bytearray(PIECE))
        n_read = self._source.readinto(piece) or 0
        window += piece[:n_read]
        return n_read > 0

    def _is_member(self, content: bytes) -> bool:
        """Return whether bytes that begin with a mark are a member: their beginning inflates."""
        if self.codec == "gzip" and (len(content) < 10 or content[3] & _GZIP_RESERVED):  # noqa: PLR2004 - its header
            return False
        member = FACTORIES[self.codec]()
        try:
            found = member.decompress(memoryview(content), _TRIAL_BYTES)
        except _ERRORS:
            return False
        return member.eof or self.codec != "gzip" or len(found) >= _FEWEST_BYTES

    @property
    def begins_in_line(self) -> bool:
        """Whether the member to come may begin inside a line: those before it did, or its kind is cut anywhere."""
        if self._has_whole_lines is not None:
            return not self._has_whole_lines
        # Writers of blocks (bgzip, pbzip2) cut anywhere; they say so in an extra field, or are the usual ones.
        return self.codec != "gzip" or bool(self._content[self._at + 3] & _GZIP_EXTRA)


def inflated(source: Source, codec: str) -> Iterator[bytes]:
    """Yield decompressed pieces, see ``Inflater.piece`` for what is raised."""
    inflater = Inflater(source, codec)
    while piece := inflater.piece(PIECE):
        yield piece
