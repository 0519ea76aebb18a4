"""Byte scanners of flow-log text: lines to the places of their fields, and those to numbers.

A blank is a space, tab, vertical tab, form feed or carriage return, as in ``bytes.split``; a line ends at a
line feed or at the end of the text. Inputs are uint8 arrays of at most 2**31 - 1 bytes; places are int32.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kernels.jit import device, kernel
from kernels.memory import (
    NO_BITS,
    ONE,
    WIDTH,
    base_of,
    byte_at,
    mask_equal,
    trailing_zeros,
    without_lowest,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

FLAG_NUL = 1
FLAG_NOT_ASCII = 2
FLAG_COMMENT = 4

NUMBER_MISSING = -1
NUMBER_BROKEN = -2

_BLANK = 8
_LINE_FEED = 16


def _kinds() -> NDArray[np.uint8]:
    """Return what each byte is: part of a field (0, or the flag it raises), a blank, the end of a line."""
    kinds = np.zeros(256, np.uint8)
    kinds[0] = FLAG_NUL
    kinds[128:] = FLAG_NOT_ASCII
    kinds[[32, 9, 11, 12, 13]] = _BLANK
    kinds[10] = _LINE_FEED
    return kinds


_KINDS = _kinds()


@device
def _is_name(
    text: NDArray[np.uint8], first: np.uint64, names: NDArray[np.uint8], lengths: NDArray[np.uint8]
) -> bool:
    """Return whether a field that begins with a small letter is a name of a list."""
    end = first
    while end < np.uint64(len(text)) and _KINDS[text[end]] < _BLANK:
        end += ONE
    length = np.int64(end - first)
    for name in range(len(lengths)):
        if int(lengths[name]) != length or names[name, 0] != text[first]:
            continue
        is_equal = True
        for letter in range(length):
            byte = text[first + np.uint64(letter)]
            if byte != names[name, letter] and not (byte == 95 and names[name, letter] == 45):
                is_equal = False
                break
        if is_equal:
            return True
    return False


@kernel
def find_lines(
    text: NDArray[np.uint8],
    size: np.uint64,
    names: NDArray[np.uint8],
    lengths: NDArray[np.uint8],
    lines: NDArray[np.int32],
) -> tuple[int, np.uint64]:
    """Find the lines that may name columns: those that begin with a name of a list, or with ``#``.

    Line feeds are found 64 bytes at a time, and only a line whose first byte can begin a name is looked at: what
    this costs is paid by the one thread that reads.

    Parameters
    ----------
    text : ndarray of uint8, shape (size + PADDING,)
        Whole lines, then padding.
    size : uint64
        Bytes that count.
    names : ndarray of uint8, shape (K, W)
        The names, hyphenated; a ``_`` of the text equals their ``-``.
    lengths : ndarray of uint8, shape (K,)
        Bytes of each name.
    lines : ndarray of int32, shape (L, 2)
        Out: number of the line in the text (from 0) and where it begins, for each line found.

    Returns
    -------
    n_found, n_lines : int
        How many were found (more than ``lines`` holds: call again with a longer one), and how many lines
        there are.
    """
    source = base_of(text)
    n_found = 0
    n_lines = NO_BITS
    start = NO_BITS  # of the line to look at
    at = NO_BITS
    feeds = NO_BITS
    while start < size:
        first = start
        byte = byte_at(source, first)
        while first < size and (byte == 32 or byte == 9 or byte == 11 or byte == 12 or byte == 13):
            first += ONE
            byte = byte_at(source, first)
        if first < size and (
            byte == 35 or (97 <= byte <= 122 and _is_name(text[:size], first, names, lengths))
        ):
            if n_found < len(lines):
                lines[n_found, 0] = n_lines
                lines[n_found, 1] = start
            n_found += 1
        n_lines += ONE
        while feeds == NO_BITS and at < size:
            feeds = mask_equal(source, at, 10)
            at += WIDTH
        if feeds == NO_BITS:
            break
        start = at - WIDTH + trailing_zeros(feeds) + ONE
        feeds = without_lowest(feeds)
    return n_found, n_lines


@kernel
def split_lines(
    text: NDArray[np.uint8],
    slots: NDArray[np.int8],
    limit: int,
    lines: NDArray[np.int32],
    spans: NDArray[np.int32],
) -> int:
    """Split lines into fields and note where those lie that are wanted.

    A field that begins with ``#`` where the columns have ended begins a comment: it and what follows do not
    count.

    Parameters
    ----------
    text : ndarray of uint8, shape (N,)
        Whole lines.
    slots : ndarray of int8, shape (C,)
        For each column the slot of ``spans`` that it fills, -1 for none.
    limit : int
        A line of more bytes is noted even if it is blank: its end may have been clipped.
    lines : ndarray of int32, shape (3, L)
        Out: for each line noted its number in the text (from 0), how many fields it has, and
        ``FLAG_*`` (a comment begins with ``#``).
    spans : ndarray of int32, shape (W + 1, L, 2)
        Out: for each slot where the field begins and ends, both 0 if the line has none; the last slot is the
        line.

    Returns
    -------
    int
        How many lines are noted.
    """
    n_columns = len(slots)
    n_slots = spans.shape[0] - 1
    row = 0
    number = 0
    # Unsigned places: a signed index pays for counting from the end.
    size = np.uint64(len(text))
    at = np.uint64(0)
    while at < size:
        start = at
        count = 0
        flag = 0
        is_open = True  # no trailing comment so far
        for slot in range(n_slots):
            spans[slot, row, 0] = 0
            spans[slot, row, 1] = 0
        while at < size:
            kind = _KINDS[text[at]]
            if kind == _LINE_FEED:
                break
            if kind == _BLANK:
                at += ONE
                continue
            first = at
            while at < size:
                kind = _KINDS[text[at]]
                if kind >= _BLANK:
                    break
                flag |= kind
                at += ONE
            if text[first] == 35:
                if count == 0:
                    flag |= FLAG_COMMENT
                if count == n_columns:
                    is_open = False
            if is_open:
                if count < n_columns and slots[count] >= 0:
                    spans[slots[count], row, 0] = first
                    spans[slots[count], row, 1] = at
                count += 1
        if count > 0 or np.int64(at - start) > limit:
            lines[0, row] = number
            lines[1, row] = count
            lines[2, row] = flag
            spans[n_slots, row, 0] = start
            spans[n_slots, row, 1] = at
            row += 1
        at += ONE
        number += 1
    return row


@kernel
def read_numbers(text: NDArray[np.uint8], spans: NDArray[np.int32], values: NDArray[np.int64]) -> None:
    """Read decimal numbers.

    Parameters
    ----------
    text : ndarray of uint8, shape (N,)
        The text.
    spans : ndarray of int32, shape (F, 2)
        Where each number begins and ends.
    values : ndarray of int64, shape (F,)
        Out: the number; ``NUMBER_MISSING`` for ``-`` and for nothing; ``NUMBER_BROKEN`` for what is not 1 to
        18 decimal digits.
    """
    for row in range(len(values)):
        first = spans[row, 0]
        end = spans[row, 1]
        length = end - first
        if length == 0 or (length == 1 and text[first] == 45):
            values[row] = NUMBER_MISSING
            continue
        value = 0
        if length > 18:
            value = NUMBER_BROKEN
        else:
            for at in range(first, end):
                digit = int(text[at]) - 48
                if digit < 0 or digit > 9:
                    value = NUMBER_BROKEN
                    break
                value = value * 10 + digit
        values[row] = value


@kernel
def prefer_spans(
    text: NDArray[np.uint8], preferred: NDArray[np.int32], other: NDArray[np.int32], chosen: NDArray[np.int32]
) -> None:
    """Choose the first of two fields unless it is ``-`` or nothing; all spans are int32 of shape (F, 2)."""
    for row in range(len(chosen)):
        first = preferred[row, 0]
        length = preferred[row, 1] - first
        if length == 0 or (length == 1 and text[first] == 45):
            chosen[row, 0] = other[row, 0]
            chosen[row, 1] = other[row, 1]
        else:
            chosen[row, 0] = first
            chosen[row, 1] = preferred[row, 1]
