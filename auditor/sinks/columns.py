"""Arrow columns whose bytes depend on their values alone.

Dictionaries hold the values in use, each once, in order of first appearance; buffers are zero under nulls. So
nothing uninitialised is published, and the same rows give the same file however they were cut into batches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from auditor.arrays import frozen
from kernels.appearance import is_in_order, renumber, settle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

TEXT = pa.dictionary(pa.int32(), pa.string())
"""Type of every text column."""


def first_seen(codes: NDArray[Any], n_codes: int) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Renumber codes densely, in order of first appearance.

    Parameters
    ----------
    codes : ndarray of signed integers, shape (F,)
        In ``[-1, n_codes)``; -1 is null.
    n_codes : int
        How many codes there could be.

    Returns
    -------
    used : ndarray of int64, shape (U,)
        The distinct codes without -1, in order of first appearance.
    dense : ndarray of int32, shape (F,)
        Place of each code in ``used``; -1 stays.
    """
    dense = np.empty(len(codes), dtype=np.int32)
    return renumber(frozen(codes.astype(np.int32, copy=False)), n_codes, dense), dense


def text_column(codes: NDArray[Any], texts: pa.StringArray) -> pa.DictionaryArray:
    """Return the text column whose row ``i`` is ``texts[codes[i]]``.

    Parameters
    ----------
    codes : ndarray of signed integers, shape (F,)
        Places in ``texts``; -1 is null.
    texts : pyarrow.StringArray
        May hold repeats and nulls; the column's dictionary holds neither.

    Returns
    -------
    pyarrow.DictionaryArray
        Of type ``TEXT``.
    """
    used, dense = first_seen(codes, len(texts))
    return _settled(dense, texts.take(pa.array(used)))


def _settled(dense: NDArray[np.int32], texts: pa.StringArray) -> pa.DictionaryArray:
    """Return a text column of codes that are numbered by first appearance; they are changed to its places."""
    encoded = texts.dictionary_encode()
    bits = np.zeros((len(dense) + 7) // 8, dtype=np.uint8)
    n_null = settle(dense, _codes(encoded), bits)
    validity = pa.py_buffer(bits) if n_null else None
    return pa.DictionaryArray.from_buffers(
        TEXT, len(dense), [validity, pa.py_buffer(dense)], encoded.dictionary, null_count=n_null
    )


def nullable(values: NDArray[Any], known: NDArray[np.bool_], kind: pa.DataType) -> pa.Array:
    """Return ``values`` as a column of type ``kind``, null and zero where not ``known``."""
    cleared = np.where(known, values, values.dtype.type(0))
    return pa.Array.from_buffers(kind, len(values), [_validity(known), pa.py_buffer(cleared)])


def joined(batches: Sequence[pa.RecordBatch], schema: pa.Schema) -> pa.Table:
    """Return all rows as one table, canonical as described above, with one chunk and one dictionary a column.

    Parameters
    ----------
    batches : sequence of pyarrow.RecordBatch
        Of ``schema``, whose columns are text of type ``TEXT`` or of fixed width.
    schema : pyarrow.Schema
        Of the result, its metadata included.
    """
    columns = [
        _joined_text([batch.column(place) for batch in batches])
        if field.type == TEXT
        else _joined_fixed([batch.column(place) for batch in batches], field.type)
        for place, field in enumerate(schema)
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def _joined_text(chunks: Sequence[pa.DictionaryArray]) -> pa.DictionaryArray:
    parts: list[NDArray[np.int32]] = [np.empty(0, dtype=np.int32)]
    offset = 0
    # Those of whole batches are, those of slices may not be.
    are_in_order = True
    for chunk in chunks:
        codes, n_codes = _codes(chunk), len(chunk.dictionary)
        are_in_order = are_in_order and is_in_order(codes, n_codes)
        parts.append(np.where(codes < 0, np.int32(-1), codes + np.int32(offset)) if offset else codes)
        offset += n_codes
    texts = pa.concat_arrays([pa.array([], pa.string()), *(chunk.dictionary for chunk in chunks)])
    codes = np.concatenate(parts)
    return _settled(codes, texts) if are_in_order else text_column(codes, texts)


def _joined_fixed(chunks: Sequence[pa.Array], kind: pa.DataType) -> pa.Array:
    whole = pa.concat_arrays([pa.array([], kind), *chunks])
    if not whole.null_count:
        return whole
    filled = pc.fill_null(whole, pa.scalar(0, kind))
    return pa.Array.from_buffers(
        kind, len(whole), [_validity(pc.is_valid(whole).to_numpy(zero_copy_only=False)), filled.buffers()[1]]
    )


def _codes(column: pa.DictionaryArray) -> NDArray[np.int32]:
    indices: NDArray[np.int32] = column.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    indices.flags.writeable = False
    return indices


def _validity(known: NDArray[np.bool_]) -> pa.Buffer | None:
    return None if known.all() else pa.py_buffer(np.packbits(known, bitorder="little"))
