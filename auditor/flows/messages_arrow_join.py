"""The columns of many messages as single arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from auditor.flows.generic_arrays import checked, flat, text_as_bytes
from auditor.flows.generic_schema import is_text

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST_CODES = 2**31 - 1


def one_array(column: pa.ChunkedArray) -> pa.Array:
    """Return a column of validated batches as one array, as ``checked(flat(column))`` does.

    Dictionaries of text are put behind one another: to find out which of their values are the same costs more than to
    read each of them.

    Raises
    ------
    pyarrow.ArrowInvalid
        It cannot be one.
    """
    chunks = column.chunks
    kind = column.type
    if len(chunks) <= 1 or not pa.types.is_dictionary(kind) or not _is_plain_text(kind.value_type):
        return checked(flat(column))
    return _behind_one_another(chunks)


def _is_plain_text(kind: pa.DataType) -> bool:
    return is_text(kind) and not (pa.types.is_string_view(kind) or pa.types.is_binary_view(kind))


def _behind_one_another(chunks: Sequence[pa.DictionaryArray]) -> pa.DictionaryArray:
    """Return the rows of all with a dictionary that may hold repeats."""
    dictionaries: list[pa.Array] = []
    starts = []
    start = n_values = 0
    for chunk in chunks:
        # A sender that keeps its dictionary sends it again and again.
        if not dictionaries or not chunk.dictionary.equals(dictionaries[-1]):
            dictionaries.append(chunk.dictionary)
            start = n_values
            n_values += len(chunk.dictionary)
        starts.append(start)
    if n_values > _MOST_CODES:
        raise pa.ArrowInvalid("more values than one dictionary takes")
    values = text_as_bytes(pa.concat_arrays(dictionaries))
    indices = pa.concat_arrays([chunk.indices for chunk in chunks])
    is_null = indices.is_null().to_numpy(zero_copy_only=False) if indices.null_count else None
    codes = indices.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int32)
    codes += np.repeat(np.array(starts, np.int32), [len(chunk) for chunk in chunks])
    return pa.DictionaryArray.from_arrays(pa.array(codes, mask=is_null), values, safe=False)
