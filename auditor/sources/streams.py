"""Decompressed bytes of one file: the codec is recognised from the first bytes, never from the name.

A stream hands out what could be read before it reports what is wrong with the rest: everything in front of a
cut, and whole pieces in front of damage.
"""

from __future__ import annotations

import bz2
import lzma
import os
import zlib
from typing import TYPE_CHECKING, Protocol, Self

from auditor.errors import Position, SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from io import FileIO

PIECE = 1 << 18
"""Bytes handed to a decompressor, and taken from it, at a time: a reused quarter MiB stays in the cache."""

_MAGIC = (
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"BZh", "bz2"),
    (b"\xfd7zXZ\x00", "xz"),
)


_SMALL_BYTES = 64 << 20
_LARGEST_RATIO = 200
"""Text and columns shrink by 5 to 50; a file that grows by more, and past a small size, is a bomb."""


def most_bytes(n_compressed: int) -> int:
    """Return how many bytes a whole file may hold that has ``n_compressed`` of them on disk."""
    return max(_SMALL_BYTES, _LARGEST_RATIO * n_compressed)


def codec_of(head: bytes) -> str | None:
    """Return the name of the codec whose mark the bytes begin with, None for plain bytes."""
    return next((codec for mark, codec in _MAGIC if head.startswith(mark)), None)


class CutError(ValueError):
    """A compressed stream ends before its end."""


class _Raw(Protocol):
    """Where compressed bytes come from."""

    def read(self, size: int, /) -> bytes: ...


class _Decompressor(Protocol):
    """What the decompressors of the standard library share."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    @property
    def needs_input(self) -> bool: ...
    def decompress(self, data: bytes, max_length: int = ...) -> bytes: ...


class _Gzip:
    """zlib's decompressor with the interface of its siblings."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(31)

    @property
    def eof(self) -> bool:
        return self._inflate.eof

    @property
    def unused_data(self) -> bytes:
        return self._inflate.unused_data

    @property
    def needs_input(self) -> bool:
        return not self._inflate.unconsumed_tail

    def decompress(self, data: bytes, max_length: int = PIECE) -> bytes:
        return self._inflate.decompress(self._inflate.unconsumed_tail + data, max_length)


_FACTORIES: dict[str, Callable[[], _Decompressor]] = {
    "gzip": _Gzip,
    "bz2": bz2.BZ2Decompressor,
    "xz": lzma.LZMADecompressor,
}


def inflated(raw: _Raw, codec: str) -> Iterator[bytes]:
    """Yield decompressed pieces, member after member, of a codec that the standard library knows.

    Raises
    ------
    ValueError
        With the reason why there are no more; CutError if only the end is missing.
    """
    compressed = raw.read(PIECE)
    while compressed:
        member = _FACTORIES[codec]()
        while not member.eof:
            if member.needs_input and not compressed:
                compressed = raw.read(PIECE)
                if not compressed:
                    raise CutError(f"the {codec} stream is cut off")
            try:
                piece = member.decompress(compressed, PIECE)
            except (zlib.error, lzma.LZMAError, OSError, EOFError) as error:
                raise ValueError(f"the {codec} stream is corrupt") from error
            compressed = b""
            if piece:
                yield piece
        # Zeros after a member are padding, as tapes and block devices leave it.
        compressed = member.unused_data.lstrip(b"\0")
        while not compressed:
            compressed = raw.read(PIECE)
            if not compressed:
                return
            compressed = compressed.lstrip(b"\0")
        compressed += raw.read(PIECE) if len(compressed) < PIECE else b""
        if codec_of(compressed) != codec:
            raise ValueError(f"bytes follow the {codec} stream that do not belong to it")


def _arrow_inflated(raw: FileIO, codec: str) -> Iterator[bytes]:
    """Yield decompressed pieces of a codec that the standard library lacks; ValueError as above."""
    import pyarrow as pa  # noqa: PLC0415 - heavy, and most inputs are plain or gzip

    try:
        with pa.CompressedInputStream(pa.PythonFile(raw, "r"), codec) as stream:
            while piece := stream.read(PIECE):
                yield piece
    except (pa.ArrowException, OSError) as error:
        raise ValueError(f"the {codec} stream is cut off or corrupt") from error


class ByteStream:
    """The decompressed bytes of one file, front to back.

    Parameters
    ----------
    name : str
        As messages name the file.
    raw : FileIO
        Unbuffered, at its beginning; closed with the stream.
    """

    def __init__(self, name: str, raw: FileIO) -> None:
        self.name = name
        self.n_read = 0
        self._raw = raw
        self._share = 0.0
        self._failure: SourceError | None = None
        self._rest = b""
        self.codec = self._probe()
        inflate = inflated if self.codec in _FACTORIES else _arrow_inflated
        self._pieces = iter(()) if self.codec is None else inflate(raw, self.codec)

    def _probe(self) -> str | None:
        try:
            head = self._raw.read(8)
            self._raw.seek(0)
        except OSError as error:
            self._raw.close()
            raise SourceError(f"file cannot be read: {error.strerror}", Position(self.name)) from error
        return codec_of(head)

    def read(self, size: int) -> bytes:
        """Return ``size`` bytes, fewer only at the end of what can be read; nothing at the end of the file.

        Raises
        ------
        SourceError
            At the first call after everything readable was returned, if the file does not end there.
        """
        parts = [self._rest]
        n_bytes = len(self._rest)
        while n_bytes < size and self._failure is None:
            try:
                # A plain file is read in one go, without joining pieces.
                piece = self._raw.read(size - n_bytes) if self.codec is None else next(self._pieces, b"")
            except (ValueError, OSError) as error:
                reason = error.strerror if isinstance(error, OSError) else str(error)
                self._failure = SourceError(
                    f"file cannot be read further than {self.n_read + n_bytes} decompressed bytes: {reason}",
                    Position(self.name),
                )
                self._failure.__cause__ = error
                break
            if not piece:
                break
            parts.append(piece)
            n_bytes += len(piece)
        content = parts[1] if len(parts) == 2 and not parts[0] else b"".join(parts)  # noqa: PLR2004 - the usual case
        if not content and self._failure is not None:
            raise self._failure
        self._rest = content[size:]
        returned = content[:size] if self._rest else content
        self.n_read += len(returned)
        return returned

    @property
    def share(self) -> float:
        """Share of the bytes on disk that were read so far, 0 to 1; goes on being known when the file is closed."""
        if not self._raw.closed:
            size = os.fstat(self._raw.fileno()).st_size
            self._share = min(1.0, self._raw.tell() / max(1, size))
        return self._share

    def close(self) -> None:
        """Close the file."""
        _ = self.share
        self._raw.close()

    def __enter__(self) -> Self:
        """Return the stream itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self.close()
