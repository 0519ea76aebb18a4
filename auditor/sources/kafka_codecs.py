"""The four codecs of Kafka, inflating no more than is allowed: a message of 32 KiB may hold a GiB of zeros."""

from __future__ import annotations

import struct
import threading
from typing import TYPE_CHECKING

import lz4.frame
import zstandard
from cramjam import DecompressionError, snappy
from isal import igzip_lib

if TYPE_CHECKING:
    from collections.abc import Callable

    from auditor.sources.kafka_rooms import Room

PLAIN, GZIP, SNAPPY, LZ4, ZSTD = range(5)
"""Numbers of the codecs in the attributes of a batch."""

NAMES = {GZIP: "gzip", SNAPPY: "snappy", LZ4: "lz4", ZSTD: "zstd"}

_XERIAL = b"\x82SNAPPY\0"
_XERIAL_HEAD = 16
_WORD = struct.Struct(">i")
_PIECE = 1 << 22
"""Bytes inflated at a time: room is made for so many, and what was not needed costs as much as what was."""
MAX_MEMBERS = 1_000
"""Members of gzip, or frames of lz4, behind one another: senders write one, and each costs a copy of all behind it."""
_LEAST_SPACE = 1 << 17
"""Room that is worth being filled: what a block of zstd holds at most."""
_IsalError: type[Exception] = igzip_lib.IsalError  # type: ignore[assignment]  # typed as an instance


class InflateError(ValueError):
    """Bytes that are no stream of their codec, or hold more than allowed; the text is a clause."""


def _too_large(limit: int) -> InflateError:
    return InflateError(f"it inflates to more than {limit} bytes")


class _Again(threading.local):
    """What a thread inflates zstd with: tables and a window that need not be made anew for each batch."""

    def __init__(self) -> None:
        self.zstd = zstandard.ZstdDecompressor()


_AGAIN = _Again()


def inflate(codec: int, body: memoryview, limit: int, room: Room) -> None:
    """Put what the bytes hold behind what is in a room.

    Parameters
    ----------
    codec : int
        One of ``GZIP``, ``SNAPPY``, ``LZ4`` and ``ZSTD``.
    body : memoryview
        The compressed bytes.
    limit : int
        How many bytes they may hold; a few MiB more than that are in memory at most.
    room : Room
        Stays as it is if this fails.

    Raises
    ------
    InflateError
        If it is more, the codec is unknown, or the bytes are corrupt or cut off. Of zstd what a cut leaves is put in:
        its library does not tell, and whoever reads the records sees that some are missing.
    """
    if codec not in NAMES:
        raise InflateError(f"its codec {codec} is not known")
    size = room.size
    try:
        if codec == ZSTD:
            _zstd(body, limit, room)
        else:
            room.add(FUNCTIONS[codec](body, limit))
    except InflateError:
        room.size = size
        raise
    except (_IsalError, DecompressionError, zstandard.ZstdError, RuntimeError, EOFError, ValueError) as error:
        room.size = size
        raise InflateError(f"its {NAMES[codec]} stream is corrupt") from error


def _gzip(body: memoryview, limit: int) -> bytes | bytearray:
    """Inflate members one behind another, as the standard library does."""
    content = bytearray()
    rest: memoryview | bytes = body
    for _ in range(MAX_MEMBERS):
        member = igzip_lib.IgzipDecompressor(igzip_lib.DECOMP_GZIP)
        content += member.decompress(rest, limit + 1 - len(content))
        while not member.eof:
            if len(content) > limit:
                raise _too_large(limit)
            piece = member.decompress(b"", limit + 1 - len(content))
            if not piece and not member.eof:
                raise InflateError("its gzip stream is cut off")
            content += piece
        if len(content) > limit:
            raise _too_large(limit)
        # Zeros behind a member are padding.
        rest = member.unused_data.lstrip(b"\0")
        if not rest:
            return content
    raise InflateError(f"its gzip stream has more than {MAX_MEMBERS} members")


def _snappy_block(block: memoryview, limit: int) -> bytearray:
    """Inflate a block, which says first how much it holds."""
    size = snappy.decompress_raw_len(block)
    if size > limit:
        raise _too_large(limit)
    content = bytearray(size)
    if snappy.decompress_raw_into(block, content) != size:
        raise InflateError("its snappy stream is cut off")
    return content


def _snappy(body: memoryview, limit: int) -> bytes | bytearray:
    """Inflate one block, or blocks behind the head and lengths that Java's library writes."""
    if len(body) < _XERIAL_HEAD or body[: len(_XERIAL)] != _XERIAL:
        return _snappy_block(body, limit)
    content = bytearray()
    place = _XERIAL_HEAD
    while place < len(body):
        if len(body) - place < _WORD.size:
            raise InflateError("its snappy stream is cut off")
        (size,) = _WORD.unpack_from(body, place)
        place += _WORD.size
        if not 0 <= size <= len(body) - place:
            raise InflateError("its snappy stream is cut off")
        try:
            content += _snappy_block(body[place : place + size], limit - len(content))
        except InflateError as error:
            raise (_too_large(limit) if "more than" in str(error) else error) from None
        place += size
    return content


def _lz4(body: memoryview, limit: int) -> bytes | bytearray:
    """Inflate frames one behind another."""
    content = bytearray()
    rest: memoryview | bytes = body
    for _ in range(MAX_MEMBERS):
        frame = lz4.frame.LZ4FrameDecompressor()
        content += frame.decompress(rest, max_length=min(_PIECE, limit + 1 - len(content)))
        while not frame.eof and len(content) <= limit:
            piece = frame.decompress(b"", max_length=min(_PIECE, limit + 1 - len(content)))
            if not piece and not frame.eof:
                raise InflateError("its lz4 stream is cut off")
            content += piece
        if len(content) > limit:
            raise _too_large(limit)
        rest = frame.unused_data or b""
        if not rest:
            return content
    raise InflateError(f"its lz4 stream has more than {MAX_MEMBERS} frames")


def _zstd(body: memoryview, limit: int, room: Room) -> None:
    """Inflate frames one behind another, straight to where they stay."""
    most = room.size + limit
    with _AGAIN.zstd.stream_reader(body, read_across_frames=True) as reader:
        while room.size <= most:
            space = room.space(_LEAST_SPACE)[: most + 1 - room.size]
            n_new = reader.readinto(space)
            if not n_new:
                return
            room.size += n_new
    raise _too_large(limit)


FUNCTIONS: dict[int, Callable[[memoryview, int], bytes | bytearray]] = {
    GZIP: _gzip,
    SNAPPY: _snappy,
    LZ4: _lz4,
}
"""Those of which the library makes the memory that they return."""
