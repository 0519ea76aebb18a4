"""Arrow columns from untrusted files to single arrays that may be touched."""

from __future__ import annotations

import pyarrow as pa

from auditor.flows.generic_schema import is_text

ARROW_ERRORS = (pa.ArrowException, OSError, UnicodeDecodeError)
"""What reading a broken file raises; the last where a name is no UTF-8."""

_AS_BYTES = {
    pa.string(): pa.binary(),
    pa.large_string(): pa.large_binary(),
    pa.string_view(): pa.binary_view(),
}


def checked(column: pa.Array) -> pa.Array:
    """Return a column from a file after looking at every offset and dictionary code, text as bytes.

    Bytes, because whether one value is UTF-8 is that value's affair.

    Raises
    ------
    pyarrow.ArrowInvalid
        The column is corrupt.
    """
    kind = column.type
    if pa.types.is_dictionary(kind) and kind.value_type in _AS_BYTES:
        values = text_as_bytes(column.dictionary)
        column = pa.DictionaryArray.from_arrays(column.indices, values, safe=False)
    else:
        column = text_as_bytes(column)
    column.validate(full=True)
    return column


def text_as_bytes(column: pa.Array) -> pa.Array:
    """Return text as bytes, and any other column as it is."""
    kind = _AS_BYTES.get(column.type)
    return column if kind is None else column.view(kind)


def flat(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """Return a column as one array, decoded unless it is a dictionary of text, and without views."""
    if isinstance(column, pa.ChunkedArray):
        if pa.types.is_dictionary(column.type):
            column = column.unify_dictionaries()
        column = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
        if isinstance(column, pa.ChunkedArray):  # more text than one array of 32-bit offsets takes, or none
            column = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
    if not pa.types.is_dictionary(column.type):
        return _without_views(column)
    if not is_text(column.type.value_type):
        return column.dictionary_decode()
    values = _without_views(column.dictionary)
    return column if values is column.dictionary else pa.DictionaryArray.from_arrays(column.indices, values)


def _without_views(column: pa.Array) -> pa.Array:
    """Return text in one buffer: Arrow cannot choose rows of its newer view types."""
    is_view = pa.types.is_string_view(column.type) or pa.types.is_binary_view(column.type)
    return column.cast(pa.large_binary()) if is_view else column
