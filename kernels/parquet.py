"""Decompressed pages of flat Parquet columns to codes and small numbers of every row.

A row that is not a plain value (null, or a number outside its range) is marked as odd, and left to an exact reader.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kernels.jit import device, kernel
from kernels.pages import BODY, COUNT, ENCODING, FIRST_ROW, LEVELS, MALFORMED, PLAIN, PLAIN_SIZE
from kernels.runs import BAD, ENTRY, MAX_WIDTH, ODD, VALUE, look_up, packed, run_head, unpack

if TYPE_CHECKING:
    from numpy.typing import NDArray

SPARE = 16
"""Bytes that must follow the last page."""

_ALL = np.uint64(0xFFFF_FFFF_FFFF_FFFF)
_LOWER = np.uint64(0xFFFF_FFFF)
_BYTE = np.uint32(0xFF)


class Column(NamedTuple):
    """Data pages of a column, decompressed.

    Attributes
    ----------
    words : ndarray of uint64, shape (W,)
        The bodies; ``SPARE`` bytes follow the last.
    content : ndarray of uint8, shape (8 * W,)
        The same bytes.
    pages : ndarray of int64, shape (P, PAGE)
        See ``kernels.pages``; ``BODY`` is the place of the body, ``PLAIN_SIZE`` its size.
    dictionary : ndarray of uint32, shape (D,)
        Of numbers: the value of each code, at most 16 bits, ``ODD`` or ``BAD``; D is a power of two.
    traits : ndarray of int64, shape (3,)
        1 if there may be nulls; bytes of a plain number (4 or 8), 0 for text; entries of the dictionary.
    """

    words: NDArray[np.uint64]
    content: NDArray[np.uint8]
    pages: NDArray[np.int64]
    dictionary: NDArray[np.uint32]
    traits: NDArray[np.int64]


@device
def length_at(content: NDArray[np.uint8], place: int) -> int:
    """Return a number of four bytes."""
    number = np.int64(content[place]) | np.int64(content[place + 1]) << 8
    return int(number | np.int64(content[place + 2]) << 16 | np.int64(content[place + 3]) << 24)


@device
def read_levels(column: Column, page: int, levels: NDArray[np.int32]) -> tuple[int, int]:
    """Read which rows of a page have a value.

    Returns
    -------
    n_present : int
        How many have one; -1 if the bytes are malformed. Where it is less than all, ``levels`` says which.
    place : int
        Where the values begin.
    """
    place = column.pages[page, BODY]
    n = column.pages[page, COUNT]
    end = place + column.pages[page, PLAIN_SIZE]
    size = column.pages[page, LEVELS]
    if column.traits[0] == 0:
        if size > 0:
            return -1, place
        return n, place
    if size < 0:
        if end - place < 4:
            return -1, place
        size = length_at(column.content, place)
        place += 4
        if size > end - place:
            return -1, place
    end = place + size
    if n == 0:
        return 0, end
    count, value, _, _ = run_head(column.words, column.content, place, end, 1)
    if count >= n and value == 1:
        return n, end
    largest = unpack(column.words, column.content, place, end, 1, levels[:n])
    if largest < 0:
        return -1, end
    n_present = 0
    for i in range(n):
        n_present += levels[i]
    return n_present, end


@device
def code_width(column: Column, page: int, place: int) -> int:
    """Return the bits of a code, -1 if there are none or too many."""
    if place >= column.pages[page, BODY] + column.pages[page, PLAIN_SIZE]:
        return -1
    width = int(np.int64(column.content[place]))
    if width > MAX_WIDTH:
        return -1
    return width


@device
def most_rows(pages: NDArray[np.int64]) -> int:
    """Return how many rows the largest page has."""
    most = 0
    for page in range(len(pages)):
        most = max(most, pages[page, COUNT])
    return most


@kernel
def decode_codes(
    column: Column, out: NDArray[np.int32], odd: NDArray[np.uint8], n_plain_of: NDArray[np.int64]
) -> int:
    """Write the code of every row of a text column.

    Values outside the dictionary, of pages that do not use it, follow those of the dictionary in the order of rows.

    Parameters
    ----------
    column : Column
        F rows.
    out : ndarray of int32, shape (F,)
        Written; -1 for null.
    odd : ndarray of uint8, shape (F,)
        1 is written for null.
    n_plain_of : ndarray of int64, shape (P,)
        Written: how many values of each page lie outside the dictionary.

    Returns
    -------
    int
        How many values lie outside the dictionary; ``MALFORMED`` if the pages are not understood.
    """
    n_dictionary = column.traits[2]
    most = most_rows(column.pages)
    levels = np.empty(most, dtype=np.int32)
    scratch = np.empty(most, dtype=np.int32)
    n_plain = 0
    for page in range(len(column.pages)):
        first, n = column.pages[page, FIRST_ROW], column.pages[page, COUNT]
        end = column.pages[page, BODY] + column.pages[page, PLAIN_SIZE]
        n_present, place = read_levels(column, page, levels)
        n_plain_of[page] = 0
        if n_present < 0:
            return MALFORMED
        if n_present == 0:
            out[first : first + n] = -1
            odd[first : first + n] = 1
            continue
        rows = out[first : first + n]
        target = rows if n_present == n else scratch[:n_present]
        if column.pages[page, ENCODING] == PLAIN:
            for k in range(n_present):
                target[k] = n_dictionary + n_plain + k
            n_plain += n_present
            n_plain_of[page] = n_present
        else:
            width = code_width(column, page, place)
            if width < 0:
                return MALFORMED
            largest = unpack(column.words, column.content, place + 1, end, width, target)
            if largest < 0 or largest >= n_dictionary:
                return MALFORMED
        if n_present < n:
            k = 0
            for i in range(n):
                if levels[i] != 0:
                    rows[i] = target[k]
                    k += 1
                else:
                    rows[i] = -1
                    odd[first + i] = 1
    return n_plain


@device
def plain_number(column: Column, place: int) -> np.int64:
    """Return a plain number."""
    bit = np.uint64(place) << np.uint64(3)
    if column.traits[1] == 4:
        number = packed(column.words, bit, _LOWER)
        return number - ((number & np.int64(1 << 31)) << 1)
    return packed(column.words, bit, _ALL)


@device
def _decode(
    column: Column,
    limit: int,
    kept: np.uint32,
    out: NDArray[np.uint8] | NDArray[np.uint16],
    odd: NDArray[np.uint8],
) -> int:
    """Write the number of every row, see ``decode_numbers``; ``kept`` is the bits that ``out`` can hold."""
    dictionary = column.dictionary
    most = most_rows(column.pages)
    levels = np.empty(most, dtype=np.int32)
    values = np.empty(most, dtype=np.uint32)
    size = column.traits[1]
    for page in range(len(column.pages)):
        first, n = column.pages[page, FIRST_ROW], column.pages[page, COUNT]
        end = column.pages[page, BODY] + column.pages[page, PLAIN_SIZE]
        n_present, place = read_levels(column, page, levels)
        if n_present < 0:
            return MALFORMED
        if n_present == 0:
            odd[first : first + n] = 1
            continue
        rows, marks = out[first : first + n], odd[first : first + n]
        if column.pages[page, ENCODING] == PLAIN:
            if size == 0 or n_present * size > end - place:
                return MALFORMED
            for k in range(n_present):
                number = plain_number(column, place + k * size)
                values[k] = number if 0 <= number <= limit else ODD
        else:
            width = code_width(column, page, place)
            # Every code there is room for must have an entry.
            if width < 0 or np.int64(1) << width > len(dictionary):
                return MALFORMED
            place += 1
            if n_present == n:
                seen = look_up(column.words, column.content, place, end, width, dictionary, kept, rows)
                if seen & BAD:
                    return MALFORMED
                if not seen & ODD:
                    continue
            target = values[:n_present]
            if look_up(column.words, column.content, place, end, width, dictionary, ENTRY, target) & BAD:
                return MALFORMED
        k = 0
        for i in range(n):
            if n_present == n or levels[i] != 0:
                rows[i] = values[k] & kept
                marks[i] |= np.uint8(values[k] >> np.uint32(31))
                k += 1
            else:
                marks[i] = 1
    return 0


@kernel
def decode_numbers(column: Column, limit: int, out: NDArray[np.uint16], odd: NDArray[np.uint8]) -> int:
    """Write the number of every row.

    Parameters
    ----------
    column : Column
        F rows.
    limit : int
        The largest plain number, at most 65535; the smallest is 0.
    out : ndarray of uint16, shape (F,)
        Written; has no meaning where the row is odd.
    odd : ndarray of uint8, shape (F,)
        1 is written for null, for numbers outside the range, and for entries marked ``ODD``.

    Returns
    -------
    int
        0; ``MALFORMED`` if the pages are not understood.
    """
    return _decode(column, limit, VALUE, out, odd)


@kernel
def decode_bytes(column: Column, limit: int, out: NDArray[np.uint8], odd: NDArray[np.uint8]) -> int:
    """Write the number of every row, see ``decode_numbers``; ``limit`` and all values of entries are below 256."""
    return _decode(column, limit, _BYTE, out, odd)
