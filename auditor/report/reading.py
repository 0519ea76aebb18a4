"""Columns of a record batch as numpy arrays, and the distinct among rows and texts; without Python per row."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from auditor.arrays import frozen
from kernels import appearance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_SEED = np.uint64(secrets.randbits(64))


class Codes(NamedTuple):
    """A column as places in ``texts``; -1 is null."""

    codes: NDArray[np.int32]
    texts: pa.StringArray

    def places(self, order: Sequence[str]) -> NDArray[np.int32]:
        """Return the column as places in ``order``, which holds every value."""
        places = [order.index(value) for value in self.texts.to_pylist()]
        return np.array(places or [0], dtype=np.int32)[self.codes]

    def chosen(self, codes: NDArray[np.int32]) -> pa.StringArray:
        """Return the texts at other ``codes``, null at -1."""
        return self.texts.take(pa.array(codes, mask=codes < 0))


def read_text(batch: pa.RecordBatch, name: str) -> Codes:
    """Return a text column."""
    column = batch.column(name)
    places = column.indices
    known = places.fill_null(-1) if places.null_count else places
    return Codes(known.to_numpy(zero_copy_only=False), column.dictionary)


def read_integers(batch: pa.RecordBatch, name: str, missing: int) -> NDArray[np.int64]:
    """Return a column of numbers or times, ``missing`` where it is null."""
    column = batch.column(name).cast("int64")
    known = pc.fill_null(column, missing) if column.null_count else column
    values: NDArray[np.int64] = known.to_numpy(zero_copy_only=False)
    return values


def bundled(dtype: np.dtype[np.void], **columns: NDArray[Any]) -> NDArray[np.void]:
    """Return columns side by side, as rows of a structured type with these fields."""
    rows = np.empty(len(next(iter(columns.values()))), dtype=dtype)
    for name, column in columns.items():
        rows[name] = column
    return rows


def numbered(rows: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Give each distinct row a number, in order of first appearance.

    Parameters
    ----------
    rows : ndarray of uint64 or a structured type, shape (F,)
        Of fields of four bytes, or of eight: rows are the same if their bytes are.

    Returns
    -------
    first : ndarray of int64, shape (U,)
        First place of each distinct row.
    numbers : ndarray of int32, shape (F,)
        Number of each row.
    """
    numbers = np.empty(len(rows), dtype=np.int32)
    words = np.ascontiguousarray(rows).view(np.uint32)
    return appearance.number_rows(frozen(words), _SEED, numbers), numbers


def first_rows(numbers: NDArray[np.int32], n_numbers: int, n_rows: int) -> NDArray[np.int64]:
    """Find the first rows that have each number.

    Parameters
    ----------
    numbers : ndarray of int32, shape (F,)
        In ``[0, n_numbers)``.
    n_numbers : int
        How many numbers there are.
    n_rows : int
        How many rows of each to find.

    Returns
    -------
    ndarray of int64, shape (n_rows, n_numbers)
        Places in ``numbers``, ascending down each column; -1 where there are no more.
    """
    found = np.empty((n_rows, n_numbers), dtype=np.int64)
    appearance.first_rows(frozen(numbers.astype(np.int32, copy=False)), found)
    return found


def pooled(parts: Sequence[pa.StringArray]) -> tuple[pa.StringArray, list[NDArray[np.int32]]]:
    """Return the distinct texts of all parts by first appearance, and the places of each part's texts.

    The places of a part have a last one more, -1, so that a code of -1 stays one.
    """
    encoded = pa.concat_arrays([pa.array([], pa.string()), *parts]).dictionary_encode()
    places = np.split(encoded.indices.to_numpy(), np.cumsum([len(part) for part in parts])[:-1])
    return encoded.dictionary, [np.append(part, np.int32(-1)) for part in places]
