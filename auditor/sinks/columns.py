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
from auditor.strings import Strings
from kernels.appearance import is_in_order, is_settled, renumber, settle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

TEXT = pa.dictionary(pa.int32(), pa.string())
"""Type of every text column."""


def text_column(
    codes: NDArray[Any], texts: pa.StringArray, *, are_distinct: bool = False
) -> pa.DictionaryArray:
    """Return the text column whose row ``i`` is ``texts[codes[i]]``.

    Parameters
    ----------
    codes : ndarray of signed integers, shape (F,)
        Places in ``texts``; -1 is null.
    texts : pyarrow.StringArray
        May hold repeats and nulls; the column's dictionary holds neither.
    are_distinct : bool
        Whether it is known that ``texts`` holds neither.

    Returns
    -------
    pyarrow.DictionaryArray
        Of type ``TEXT``.
    """
    if texts.null_count:
        dense = np.empty(len(codes), dtype=np.int32)
        used, n_null = renumber(frozen(codes.astype(np.int32, copy=False)), len(texts), dense)
        chosen = texts.take(pa.array(used))
    else:
        dense, strings, n_null = Strings.of(texts).chosen(codes)
        chosen = strings.array()
    if are_distinct:
        if not n_null:
            return _column(dense, None, chosen)
        return _settled([dense], [np.arange(len(chosen), dtype=np.int32)], chosen)
    encoded = chosen.dictionary_encode()
    if not n_null and len(encoded.dictionary) == len(chosen):
        return _column(dense, None, encoded.dictionary)
    return _settled([dense], [_codes(encoded)], encoded.dictionary)


def _settled(
    parts: Sequence[NDArray[np.int32]], places: Sequence[NDArray[np.int32]], texts: pa.StringArray
) -> pa.DictionaryArray:
    """Return a text column of the codes of all parts, each with the places in ``texts`` of what it counts."""
    n_rows = sum(len(codes) for codes in parts)
    out, bits = np.empty(n_rows, dtype=np.int32), np.zeros((n_rows + 7) // 8, dtype=np.uint8)
    first = n_null = 0
    for codes, places_of in zip(parts, places, strict=True):
        n_null += settle(frozen(codes), frozen(places_of), first, out, bits)
        first += len(codes)
    return _column(out, bits if n_null else None, texts, n_null)


def _column(
    places: NDArray[np.int32], bits: NDArray[np.uint8] | None, texts: pa.StringArray, n_null: int = 0
) -> pa.DictionaryArray:
    """Return a text column of buffers."""
    validity = None if bits is None else pa.py_buffer(bits)
    return pa.DictionaryArray.from_buffers(
        TEXT, len(places), [validity, pa.py_buffer(places)], texts, null_count=n_null
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
    if len(chunks) == 1 and _is_whole(chunks[0]):
        return chunks[0]
    parts = [_codes(chunk) for chunk in chunks]
    sizes = [len(chunk.dictionary) for chunk in chunks]
    encoded = pa.concat_arrays(
        [pa.array([], pa.string()), *(chunk.dictionary for chunk in chunks)]
    ).dictionary_encode()
    places = np.split(_codes(encoded), np.cumsum(sizes, dtype=np.int64)[:-1])
    whole = _settled(parts, places[: len(parts)], encoded.dictionary)
    # Those of whole batches are, those of slices may not be.
    if all(is_in_order(codes, size) for codes, size in zip(parts, sizes, strict=True)):
        return whole
    return text_column(_codes(whole), encoded.dictionary, are_distinct=True)


def _is_whole(column: pa.DictionaryArray) -> bool:
    """Return whether a text column is one that ``text_column`` makes, and no slice of a longer one."""
    if column.dictionary.buffers()[0] is not None:
        return False
    n_rows, n_texts = len(column), len(column.dictionary)
    if _is_bare(column):
        return is_in_order(_codes(column), n_texts)
    validity, values = column.buffers()[:2]
    if not column.null_count or (validity.size, values.size) != ((n_rows + 7) // 8, 4 * n_rows):
        return False
    bits = frozen(np.frombuffer(validity, np.uint8))
    return is_settled(frozen(np.frombuffer(values, np.int32)), bits, n_texts)


def _is_bare(column: pa.Array) -> bool:
    """Return whether a column of fixed width, or of codes, has its values and nothing else."""
    validity, values = column.buffers()[:2]
    return validity is None and values.size * 8 == len(column) * column.type.bit_width


def _joined_fixed(chunks: Sequence[pa.Array], kind: pa.DataType) -> pa.Array:
    if len(chunks) == 1 and _is_bare(chunks[0]):
        return chunks[0]
    whole = pa.concat_arrays([pa.array([], kind), *chunks])
    if not whole.null_count:
        return whole
    filled = pc.fill_null(whole, pa.scalar(0, kind))
    return pa.Array.from_buffers(
        kind, len(whole), [_validity(pc.is_valid(whole).to_numpy(zero_copy_only=False)), filled.buffers()[1]]
    )


def _codes(column: pa.DictionaryArray) -> NDArray[np.int32]:
    """Return the codes of a text column, read-only; -1 is null."""
    places = column.indices
    known = places.fill_null(-1) if places.null_count else places
    return frozen(known.to_numpy(zero_copy_only=False))


def _validity(known: NDArray[np.bool_]) -> pa.Buffer | None:
    return None if known.all() else pa.py_buffer(np.packbits(known, bitorder="little"))
