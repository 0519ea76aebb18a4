"""The footer of a Parquet file, read without its library: where column chunks lie, and their extremes.

The library ends the process where statistics are corrupt; here nothing is believed that was not checked, and a footer
that is not understood in full is simply not used.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kernels.thrift import BINARY, ID, INT32, INT64, KIND, LEVEL, SIZE, STRUCT, TOKEN, VALUE, read_struct

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

BOOLEAN, INT_32, INT_64, INT_96, FLOAT, DOUBLE, BYTE_ARRAY, FIXED = range(8)
"""How values are stored."""

CODECS = {0: "", 1: "snappy", 2: "gzip", 6: "zstd"}
"""Codecs by number; empty is none. Of the others it does not show when a page holds less than it should."""

MAX_FOOTER = 256 << 20

_TAIL = 8
_AT_CHUNK = 3
_FIELDS = 16
_SCHEMA, _GROUPS = 2, 4  # of the footer
_NAME, _REPETITION, _CHILDREN, _TYPE = 4, 3, 5, 1  # of an element of the schema
_REQUIRED, _OPTIONAL = 0, 1
_CHUNKS, _OF_CHUNK, _CHUNK_FILE, _CHUNK_CRYPTO = 1, 3, 1, 8  # of a row group, and of a chunk
_PATH, _CODEC, _VALUES, _STORED, _FIRST_PAGE, _DICTIONARY, _STATISTICS = 3, 4, 5, 7, 9, 11, 12
# Of statistics: first as they were written before orders were defined, which is the same for signed integers.
_NULL_COUNT = 3
_EXTREMES = ((1, False), (2, True), (5, False), (6, True))


class Chunk(NamedTuple):
    """A column of a row group.

    Attributes
    ----------
    stored_as : int
        ``BOOLEAN`` to ``FIXED``.
    is_optional : bool
        Whether there may be nulls.
    codec : int
        See ``CODECS``.
    n_values : int
        Nulls among them.
    start, size : int
        Its bytes in the file.
    data_start : int
        Where data pages begin, behind the dictionary, counted from ``start``; 0 if nobody says.
    first, last : int or None
        Smallest and largest value of integers, where the footer says so and there is no null.
    """

    stored_as: int
    is_optional: bool
    codec: int
    n_values: int
    start: int
    size: int
    data_start: int
    first: int | None
    last: int | None


@dataclass(frozen=True, slots=True)
class Footer:
    """Chunks of a file of flat columns.

    Attributes
    ----------
    names : dict of str to int
        Place of each column.
    chunks : ndarray of int64, shape (G, C, fields)
        What the footer says of each chunk, by id; -1 where it says nothing.
    is_optional : tuple of bool
        Of each column.
    content : bytes
        The footer.
    """

    names: dict[str, int]
    chunks: NDArray[np.int64]
    is_optional: tuple[bool, ...]
    content: bytes

    def chunk(self, group: int, name: str) -> Chunk | None:
        """Return a column of a row group, None if there is none or it is not in this file in the clear."""
        column = self.names.get(name)
        if column is None:
            return None
        fields = self.chunks[group, column]
        first_page = start = int(fields[_FIRST_PAGE])
        if 0 < fields[_DICTIONARY] < start:
            start = int(fields[_DICTIONARY])
        numbers = [int(fields[place]) for place in (_TYPE, _CODEC, _VALUES, _STORED)]
        if min(start, *numbers) < 0 or fields[_AWAY] >= 0:
            return None
        stored_as, codec, n_values, size = numbers
        # A null is neither small nor large: nothing is known of its row.
        has_nulls = self.is_optional[column] and fields[_N_NULLS] != 0
        first, last = (self._extreme(fields[place : place + 2], stored_as) for place in (_LEAST, _MOST))
        if has_nulls or first is None or last is None or first > last:
            first = last = None
        return Chunk(
            stored_as, self.is_optional[column], codec, n_values, start, size, first_page - start, first, last
        )

    def span(self, group: int, names: Sequence[str]) -> tuple[int, int] | None:
        """Return the smallest and largest number of some columns of a row group, None if not known."""
        chunks = [self.chunk(group, name) for name in names]
        first = [chunk.first for chunk in chunks if chunk is not None and chunk.first is not None]
        last = [chunk.last for chunk in chunks if chunk is not None and chunk.last is not None]
        if not chunks or len(first) < len(chunks) or len(last) < len(chunks):
            return None
        return min(first), max(last)

    def _extreme(self, place: NDArray[np.int64], stored_as: int) -> int | None:
        start, size = place.tolist()
        if start < 0 or size != {INT_32: 4, INT_64: 8}.get(stored_as):
            return None
        return int.from_bytes(self.content[start : start + size], "little", signed=True)


# Behind the ids of a chunk: place and size of its extremes, and whether it lies elsewhere or is encrypted.
_LEAST, _MOST, _AWAY, _N_NULLS = _FIELDS, _FIELDS + 2, _FIELDS + 4, _FIELDS + 5
_WIDTH = _FIELDS + 6


def footer_bytes(tail: bytes) -> int | None:
    """Return the size of the footer by the last eight bytes of a file; None if they are not those of Parquet."""
    if len(tail) != _TAIL or tail[4:] != b"PAR1":
        return None
    return int.from_bytes(tail[:4], "little")


def read_footer(content: bytes, n_groups: int) -> Footer | None:
    """Read a footer.

    Parameters
    ----------
    content : bytes
        The footer.
    n_groups : int
        How many row groups another reader found.

    Returns
    -------
    Footer or None
        None if columns are nested or named twice, or if anything in it is not as it should be.
    """
    raw = np.frombuffer(content, np.uint8)
    n = read_struct(raw, np.empty((0, TOKEN), np.int64))
    if n <= 0:
        return None
    tokens = np.empty((n, TOKEN), np.int64)
    read_struct(raw, tokens)
    root = _parents(tokens, 0)
    columns = _columns(content, tokens[root == _SCHEMA])
    if columns is None:
        return None
    names, is_optional = columns
    chunks = _chunks(content, tokens[root == _GROUPS], names, n_groups)
    return None if chunks is None else Footer(names, chunks, is_optional, content)


def _parents(tokens: NDArray[np.int64], level: int) -> NDArray[np.int64]:
    """Return the id of the token of a level that each token is, or lies in; -1 if in none."""
    places = np.where(tokens[:, LEVEL] == level, np.arange(len(tokens)), -1)
    np.maximum.accumulate(places, out=places)
    return np.where(places >= 0, tokens[places, ID], -1)


def _columns(content: bytes, tokens: NDArray[np.int64]) -> tuple[dict[str, int], tuple[bool, ...]] | None:
    """Return the places of flat columns and whether they may hold nulls."""
    starts = np.flatnonzero((tokens[:, LEVEL] == 1) & (tokens[:, KIND] == STRUCT))
    if not len(starts):
        return None
    names: dict[str, int] = {}
    is_optional = []
    for place, element in enumerate(np.split(tokens, starts[1:])):
        fields = {
            token[ID]: token
            for token in element.tolist()
            if token[LEVEL] == 2  # noqa: PLR2004 - of the element
        }
        if place == 0:
            if _CHILDREN not in fields or fields[_CHILDREN][VALUE] != len(starts) - 1:
                return None
            continue
        repetition = fields[_REPETITION][VALUE] if _REPETITION in fields else -1
        if _NAME not in fields or _CHILDREN in fields or repetition not in {_REQUIRED, _OPTIONAL}:
            return None
        _, _, kind, start, size = fields[_NAME]
        name = content[start : start + size].decode("utf-8", "replace") if kind == BINARY else ""
        if not name or name in names:
            return None
        names[name] = len(names)
        is_optional.append(repetition == _OPTIONAL)
    return names, tuple(is_optional)


def _chunks(
    content: bytes, tokens: NDArray[np.int64], names: dict[str, int], n_groups: int
) -> NDArray[np.int64] | None:
    """Return what the footer says of each chunk; None unless every group has every column, in order."""
    level, identity, kind, value = tokens[:, LEVEL], tokens[:, ID], tokens[:, KIND], tokens[:, VALUE]
    n_columns = len(names)
    of_group, of_chunk, of_meta = _parents(tokens, 2), _parents(tokens, 4), _parents(tokens, 5)
    # Levels: 1 groups, 2 their fields, 3 chunks, 4 their fields, 5 what they hold, 6 statistics and paths.
    is_chunk = (level == _AT_CHUNK) & (kind == STRUCT) & (of_group == _CHUNKS)
    if (
        n_columns == 0
        or ((level == 1) & (kind == STRUCT)).sum() != n_groups
        or is_chunk.sum() != n_groups * n_columns
        or not np.array_equal(identity[is_chunk], np.tile(np.arange(n_columns), n_groups))
    ):
        return None
    chunks = np.full((n_groups * n_columns, _WIDTH), -1, np.int64)
    number = np.cumsum(is_chunk) - 1
    inside = (of_group == _CHUNKS) & (number >= 0)
    meta = (
        inside & (of_chunk == _OF_CHUNK) & (level == _AT_CHUNK + 2) & (identity >= 0) & (identity < _FIELDS)
    )
    plain = meta & (kind == np.where(np.isin(identity, (_TYPE, _CODEC)), INT32, INT64))
    chunks[number[plain], identity[plain]] = value[plain]
    away = inside & (level == _AT_CHUNK + 1) & ((identity == _CHUNK_FILE) | (identity >= _CHUNK_CRYPTO))
    chunks[number[away], _AWAY] = 1
    nulls = inside & (of_chunk == _OF_CHUNK) & (of_meta == _STATISTICS) & (level == _AT_CHUNK + 3)
    nulls &= (identity == _NULL_COUNT) & (kind == INT64)
    chunks[number[nulls], _N_NULLS] = value[nulls]
    in_meta = inside & (of_chunk == _OF_CHUNK) & (level == _AT_CHUNK + 3) & (kind == BINARY)
    for field, is_least in _EXTREMES:
        found = in_meta & (of_meta == _STATISTICS) & (identity == field)
        extreme = _LEAST if is_least else _MOST
        chunks[number[found], extreme] = value[found]
        chunks[number[found], extreme + 1] = tokens[found, SIZE]
    path = in_meta & (of_meta == _PATH)
    paths = [content[start : start + size] for start, size in tokens[path][:, [VALUE, SIZE]].tolist()]
    if paths != [name.encode() for name in names] * n_groups:
        return None
    return chunks.reshape(n_groups, n_columns, _WIDTH)
