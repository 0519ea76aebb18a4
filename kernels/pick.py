"""What chosen rows of a Parquet column hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kernels.jit import kernel
from kernels.pages import BODY, COUNT, ENCODING, FIRST_ROW, MALFORMED, PLAIN, PLAIN_SIZE
from kernels.parquet import code_width, most_rows, plain_number, read_levels
from kernels.runs import packed, run_head

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kernels.parquet import Column

NULL, NUMBER, CODE = 0, 1, 2
"""What a chosen row holds."""


@kernel
def pick(column: Column, rows: NDArray[np.int64], out: NDArray[np.int64], kinds: NDArray[np.uint8]) -> int:
    """Write what chosen rows of a column of numbers hold, without reading the others.

    Parameters
    ----------
    column : Column
        Pages that hold no chosen row may be missing.
    rows : ndarray of int64, shape (C,)
        Ascending.
    out : ndarray of int64, shape (C,)
        Written: a plain number, or a code; 0 for null.
    kinds : ndarray of uint8, shape (C,)
        Written: ``NULL``, ``NUMBER`` or ``CODE``.

    Returns
    -------
    int
        0; ``MALFORMED`` if the pages are not understood, or do not hold all the rows.
    """
    words, content, pages, size = column.words, column.content, column.pages, column.traits[1]
    n_dictionary = column.traits[2]
    levels = np.empty(most_rows(pages), dtype=np.int32)
    places = np.empty(len(rows), dtype=np.int64)
    next_row = 0
    for page in range(len(pages)):
        first, n = pages[page, FIRST_ROW], pages[page, COUNT]
        end = pages[page, BODY] + pages[page, PLAIN_SIZE]
        n_present, place = read_levels(column, page, levels)
        if n_present < 0:
            return MALFORMED
        # Which of the values of the page each chosen row has.
        c = next_row
        seen = 0
        i = 0
        while c < len(rows) and rows[c] < first + n:
            if rows[c] < first:
                return MALFORMED
            row = rows[c] - first
            places[c] = row
            kinds[c] = NUMBER
            if n_present == 0:
                kinds[c] = NULL
            elif n_present < n:
                while i < row:
                    seen += levels[i]
                    i += 1
                places[c] = seen
                if levels[row] == 0:
                    kinds[c] = NULL
            if kinds[c] == NULL:
                out[c] = 0
            c += 1
        last_row = c
        if n_present > 0 and pages[page, ENCODING] == PLAIN:
            if size == 0 or n_present * size > end - place:
                return MALFORMED
            for c in range(next_row, last_row):
                if kinds[c] != NULL:
                    out[c] = plain_number(column, place + places[c] * size)
        elif n_present > 0 and next_row < last_row:
            width = code_width(column, page, place)
            if width < 0:
                return MALFORMED
            mask = (np.uint64(1) << np.uint64(width)) - np.uint64(1)
            place += 1
            done = 0
            count, value, start = 0, 0, 0
            for c in range(next_row, last_row):
                if kinds[c] == NULL:
                    continue
                while done + count <= places[c]:
                    done += count
                    count, value, start, place = run_head(words, content, place, end, width)
                    if count < 0:
                        return MALFORMED
                code = np.int64(value)
                if value < 0:
                    bit = np.uint64(start * 8 + (places[c] - done) * width)
                    code = packed(words, bit, mask)
                if code >= n_dictionary:
                    return MALFORMED
                out[c] = code
                kinds[c] = CODE
        next_row = last_row
    if next_row < len(rows):
        return MALFORMED
    return 0
