"""Page headers of a Parquet column chunk: where its pages lie and how they are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kernels.jit import kernel
from kernels.thrift import FALSE, ID, INT32, LEVEL, STRUCT, TOKEN, VALUE, flatten, new_nest
from kernels.thrift import KIND as FIELD_KIND

if TYPE_CHECKING:
    from numpy.typing import NDArray

PAGE = 10
"""Columns of the table of pages."""

KIND, PLACE, STORED, PLAIN_SIZE, COUNT, ENCODING, LEVELS, IS_COMPRESSED, FIRST_ROW, BODY = range(PAGE)
"""Kind of page; place of its body in the chunk and the size of that; its size when decompressed; how many values, nulls
among them; encoding; bytes of definition levels, which are never compressed, in front of the values of a page of
version 2, -1 where they are part of what is compressed; 1 if the values are compressed; first row; and a place that
the caller gives the decompressed body."""

DATA_PAGE, INDEX_PAGE, DICTIONARY_PAGE, DATA_PAGE_2 = range(4)

PLAIN, PLAIN_DICTIONARY, RLE, RLE_DICTIONARY = 0, 2, 3, 8

MALFORMED = -1
TOO_MANY = -2

_MAX_TOKENS = 64
_LARGEST = (1 << 31) - 1


@kernel
def scan_pages(content: NDArray[np.uint8], pages: NDArray[np.int64]) -> int:
    """Write the pages of a column chunk, in their order.

    Parameters
    ----------
    content : ndarray of uint8
        The chunk: nothing but pages, one behind the other.
    pages : ndarray of int64, shape (P, PAGE)
        Written, ``BODY`` excepted. Every body lies inside the chunk.

    Returns
    -------
    int
        How many pages there are; ``MALFORMED`` if the bytes are not understood; ``TOO_MANY`` if there are more than P.
    """
    tokens = np.zeros((_MAX_TOKENS, TOKEN), dtype=np.int64)
    fields = np.zeros(9, dtype=np.int64)
    inner = np.zeros(9, dtype=np.int64)
    nest = new_nest()
    end = len(content)
    place = 0
    row = np.int64(0)
    n = 0
    while place < end:
        n_tokens, place = flatten(content, place, end, tokens, nest)
        if n_tokens < 0 or n_tokens > _MAX_TOKENS:
            return MALFORMED
        if n == len(pages):
            return TOO_MANY
        fields[:] = -1
        inner[:] = -1
        inside = np.int64(0)
        n_inside = 0
        for token in range(n_tokens):
            level, identity, field_kind = tokens[token, LEVEL], tokens[token, ID], tokens[token, FIELD_KIND]
            # What is of another type than it should be is passed over, as if it were not there.
            if level == 0:
                inside = identity if field_kind == STRUCT else np.int64(0)
                n_inside += int(5 <= inside <= 8)
                if 0 < identity < 9 and field_kind == (INT32 if identity < 4 else STRUCT):
                    fields[identity] = tokens[token, VALUE]
            elif level == 1 and 5 <= inside <= 8 and 0 < identity < 8:
                is_truth = inside == 8 and identity == 7 and field_kind <= FALSE
                if field_kind == INT32 or is_truth:
                    inner[identity] = tokens[token, VALUE]
        # Of several headers, which one counts is for others to say.
        if n_inside > 1:
            return MALFORMED
        kind, plain_size, stored = fields[1], fields[2], fields[3]
        count, encoding, levels, is_compressed = inner[1], inner[2], np.int64(-1), np.int64(1)
        if kind == DATA_PAGE:
            if fields[5] < 0 or inner[3] != RLE or inner[4] < 0:
                return MALFORMED
        elif kind == DATA_PAGE_2:
            encoding, levels = inner[4], inner[5]
            # Repetition levels are those of lists; a flat column has none.
            if fields[8] < 0 or inner[6] != 0 or levels < 0 or levels > stored or levels > plain_size:
                return MALFORMED
            # A flat column has as many rows as values.
            if inner[3] != count or inner[2] < 0 or inner[2] > count:
                return MALFORMED
            if inner[7] == 0:
                is_compressed = np.int64(0)
        elif kind != DICTIONARY_PAGE or fields[7] < 0 or n > 0:
            return MALFORMED
        if stored < 0 or stored > end - place or plain_size < 0 or plain_size > _LARGEST:
            return MALFORMED
        if count < 0 or count > _LARGEST or encoding < 0:
            return MALFORMED
        pages[n, KIND] = kind
        pages[n, PLACE] = place
        pages[n, STORED] = stored
        pages[n, PLAIN_SIZE] = plain_size
        pages[n, COUNT] = count
        pages[n, ENCODING] = encoding
        pages[n, LEVELS] = levels
        pages[n, IS_COMPRESSED] = is_compressed
        pages[n, FIRST_ROW] = row
        if kind != DICTIONARY_PAGE:
            row += count
        place += stored
        n += 1
    return n
