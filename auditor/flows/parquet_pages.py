"""Pages of Parquet column chunks: found, decompressed, and handed to the kernels.

Only what is understood in full is read here. Anything else is a ``Surprise``, and left to the exact reader: its answer,
or its error, is the one that counts.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import zstandard
from deflate import DeflateError, gzip_decompress

from auditor.arrays import frozen
from auditor.flows.parquet_footer import CODECS, INT_32, INT_64
from auditor.flows.scratch import SCRATCH
from kernels import pages as page
from kernels.parquet import SPARE, Column
from kernels.zstd import frames_fit

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from auditor.flows.parquet_footer import Chunk

    Read = Callable[[int, int], bytes | memoryview]

MAX_PAGES = 1 << 20
_FIRST_PAGES = 256
_BROKEN = (pa.ArrowException, OSError, ValueError, DeflateError)
_LARGEST_RATIO = 2000
_NO_NUMBERS = np.zeros(0, np.uint32)
_NO_NUMBERS.flags.writeable = False


class Surprise(Exception):  # noqa: N818 - no error: somebody else reads it
    """Something that is not understood here."""


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages of a chunk, still compressed.

    Attributes
    ----------
    chunk : Chunk
        What the footer says.
    content : memoryview
        Its bytes.
    dictionary : ndarray of int64, shape (PAGE,), or None
        Its dictionary page.
    table : ndarray of int64, shape (P, PAGE)
        Its data pages (see ``kernels.pages``).
    """

    chunk: Chunk
    content: memoryview
    dictionary: NDArray[np.int64] | None
    table: NDArray[np.int64]

    @classmethod
    def find(cls, chunk: Chunk, read: Read, n_rows: int) -> Pages:
        """Find the pages of a chunk.

        Parameters
        ----------
        chunk : Chunk
            Where it lies.
        read : callable
            Returns bytes of the file, by place and size.
        n_rows : int
            How many rows it must have.

        Raises
        ------
        Surprise
            It is not understood in full.
        """
        if chunk.codec not in CODECS or chunk.n_values != n_rows:
            raise Surprise
        content = read(chunk.start, chunk.size)
        if len(content) != chunk.size:
            raise Surprise
        table = _table(np.frombuffer(content, np.uint8))
        dictionary = None
        if table[0, page.KIND] == page.DICTIONARY_PAGE:
            dictionary, table = table[0], table[1:]
            if chunk.data_start not in {0, dictionary[page.PLACE] + dictionary[page.STORED]}:
                raise Surprise
            if dictionary[page.ENCODING] not in {page.PLAIN, page.PLAIN_DICTIONARY}:
                raise Surprise
        encodings = table[:, page.ENCODING]
        is_coded = (encodings == page.PLAIN_DICTIONARY) | (encodings == page.RLE_DICTIONARY)
        if not (is_coded | (encodings == page.PLAIN)).all() or (dictionary is None and is_coded.any()):
            raise Surprise
        # Nothing is decompressed that would be out of all proportion.
        n_plain = int(table[:, page.PLAIN_SIZE].sum())
        if int(table[:, page.COUNT].sum()) != n_rows or n_plain > _LARGEST_RATIO * (chunk.size + SPARE):
            raise Surprise
        return cls(chunk, memoryview(content).cast("B"), dictionary, table)

    def body(self, row: NDArray[np.int64]) -> pa.Buffer | bytearray | bytes | memoryview:
        """Return the body of a page without levels in front (a dictionary); gone when this thread asks for the next."""
        piece = self.content[row[page.PLACE] : row[page.PLACE] + row[page.STORED]]
        size, codec = int(row[page.PLAIN_SIZE]), self.chunk.codec
        whole = frozen(row.reshape(1, -1))
        if CODECS[codec] == "zstd" and frames_fit(np.frombuffer(self.content, np.uint8), whole):
            room = SCRATCH.take("dictionary", size)
            _inflate_frames(piece, room)
            return room
        return _inflate(piece, size, codec)

    def column(
        self, numbers: NDArray[np.uint32] | None, n_entries: int, chosen: NDArray[np.bool_] | None = None
    ) -> Column:
        """Decompress data pages; they are gone when this thread decompresses the next ones.

        Parameters
        ----------
        numbers : ndarray of uint32 or None
            Values of the dictionary (see ``kernels.parquet.Column``).
        n_entries : int
            Entries of the dictionary.
        chosen : ndarray of bool, shape (P,), or None
            Which pages; None is all.

        Raises
        ------
        Surprise
            A page does not decompress to the size it claims.
        """
        table = self.table.copy() if chosen is None else self.table[chosen]
        sizes = table[:, page.PLAIN_SIZE]
        ends = np.cumsum(sizes)
        table[:, page.BODY] = ends - sizes
        size = int(sizes.sum())
        room = SCRATCH.take("bodies", size + SPARE + -size % 8)
        self._inflate_bodies(table, room[:size])
        room[size:] = bytes(len(room) - size)
        words = np.frombuffer(room, np.uint64)
        bytes_each = {INT_32: 4, INT_64: 8}.get(self.chunk.stored_as, 0)
        traits = np.array([self.chunk.is_optional, bytes_each, n_entries], np.int64)
        for array in (words, table, traits):
            array.flags.writeable = False
        return Column(words, words.view(np.uint8), table, _NO_NUMBERS if numbers is None else numbers, traits)

    def _inflate_bodies(self, table: NDArray[np.int64], room: memoryview) -> None:
        """Write the decompressed bodies of data pages, one behind the other."""
        codec, content = self.chunk.codec, self.content
        if CODECS[codec] == "zstd" and frames_fit(np.frombuffer(content, np.uint8), frozen(table)):
            # All at once: a decompressor is set up and torn down for each call, which costs more than a small page.
            sizes = table[:, page.STORED]
            frames = SCRATCH.take("frames", int(sizes.sum()))
            end = 0
            for place, stored in zip(table[:, page.PLACE].tolist(), sizes.tolist(), strict=True):
                frames[end : end + stored] = content[place : place + stored]
                end += stored
            _inflate_frames(frames, room)
            return
        at = 0
        for _, place, stored, size, _, _, n_levels, is_compressed, _, _ in table.tolist():
            # Levels of version 2 stand in front, never compressed.
            front = max(n_levels, 0)
            middle = place + front
            room[at : at + front] = content[place:middle]
            piece = _inflate(content[middle : place + stored], size - front, codec if is_compressed else 0)
            room[at + front : at + size] = memoryview(piece).cast("B")
            at += size


class _Decompressor(threading.local):
    """One of this thread, set up once."""

    def __init__(self) -> None:
        self.zstd = zstandard.ZstdDecompressor()


_DECOMPRESSOR = _Decompressor()


def _inflate_frames(frames: memoryview, room: memoryview) -> None:
    """Decompress frames, one behind the other, to exactly as many bytes as there is room for."""
    if not room:
        return
    try:
        with _DECOMPRESSOR.zstd.stream_reader(frames, read_across_frames=True) as reader:
            n_bytes = reader.readinto(room)
    except zstandard.ZstdError as error:
        raise Surprise from error
    if n_bytes != len(room):
        raise Surprise


def _table(content: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the table of all pages; there is one at least."""
    size = _FIRST_PAGES
    while True:
        table = np.empty((size, page.PAGE), np.int64)
        n = page.scan_pages(content, table)
        if n != page.TOO_MANY or size >= MAX_PAGES:
            break
        size *= 16
    if n < 1:
        raise Surprise
    return table[:n]


def _whole(piece: memoryview, size: int) -> memoryview:
    if len(piece) != size:
        raise Surprise
    return piece


def _snappy_size(piece: memoryview) -> int:
    """Return how many bytes a piece says it holds: the decompressor does not tell when they were fewer than asked."""
    size = 0
    for place, byte in enumerate(piece[:5]):
        size |= (byte & 127) << 7 * place
        if byte <= 127:  # noqa: PLR2004 - the upper bit says that there is more
            return size
    return -1


def _inflate(piece: memoryview, size: int, codec: int) -> pa.Buffer | bytearray | bytes | memoryview:
    """Return what a page holds, exactly ``size`` bytes of it."""
    name = CODECS[codec]
    if not name:
        return _whole(piece, size)
    if size == 0 and not piece:
        return b""
    # A header with anything in it that nobody writes may have a checksum, which is not looked at here.
    if (name == "gzip" and bytes(piece[3:4]) != b"\0") or (name == "snappy" and _snappy_size(piece) != size):
        raise Surprise
    try:
        if name == "gzip":
            # Never without a size: it would take the one that the page itself claims.
            plain = gzip_decompress(piece, max(size, 1))
        else:
            # Arrow's own allocator gives memory back between pages, which costs more than decompressing some.
            plain = pa.Codec(name).decompress(piece, size, memory_pool=pa.system_memory_pool())
    except _BROKEN as error:
        raise Surprise from error
    if len(plain) != size:
        raise Surprise
    return plain
