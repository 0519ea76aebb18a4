"""Columns of records, one after the other: each is read of some hundred lines while they are in the cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kernels import codes
from kernels.digits import eight_digits, not_digits, number_at, word_of_digits
from kernels.jit import device, lean_stage
from kernels.memory import NO_BITS, ONE, byte_at, load_64
from kernels.record_layout import (
    ACTION,
    LINE,
    LOG_STATUS,
    N_EMPTY,
    N_LOST,
    N_ODD,
    N_RECORDS,
    PROTOCOL,
    VERSION,
    Records,
    Rules,
    Scratch,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kernels.memory import Base

NO_ACTION = 255

_EIGHT = np.uint64(8)
_SIX = np.uint64(6)
_TWO = np.uint64(2)
_TEN = np.uint64(10)
_HUNDRED = np.uint64(100)
_FORTY_EIGHT = np.uint64(48)
_BYTE = np.uint64(255)
_PLACE = np.uint64(0xFFFF_FFFF)
_SIX_BYTES = np.uint64(0xFFFF_FFFF_FFFF)
_TWO_BYTES = np.uint64(0xFFFF)
_OK = np.uint64(0x4B4F)
_NODATA = np.uint64(0x4154_4144_4F4E)
_SKIPDATA = np.uint64(0x4154_4144_5049_4B53)
_ACCEPT = np.uint64(0x5450_4543_4341)
_REJECT = np.uint64(0x5443_454A_4552)
_NONE = 2**62


@device
def field_of(
    text: Base, ends: NDArray[np.uint32], place: np.uint64, is_last: bool
) -> tuple[np.uint64, np.uint64]:
    """Return where a field begins and ends: behind an end, up to the next one.

    A carriage return at the end of the line is no part of the last field.
    """
    first = (np.uint64(ends[place]) + ONE) & _PLACE
    end = np.uint64(ends[place + ONE])
    if is_last:
        end -= np.uint64(byte_at(text, end - ONE) == 13)
    return first, end


@device
def is_dash(text: Base, first: np.uint64, end: np.uint64) -> bool:
    """Return whether a field is ``-`` or nothing."""
    return first == end or (end - first == ONE and byte_at(text, first) == 45)


@device
def _lost_at(text: Base, first: np.uint64, end: np.uint64) -> int:
    """Return 1 if a log status is SKIPDATA, 0 if it is NODATA, else -1."""
    word = load_64(text, first)
    if end - first == _EIGHT and word == _SKIPDATA:
        return 1
    return 0 if end - first == _SIX and word & _SIX_BYTES == _NODATA else -1


@device
def _has_none(text: Base, ends: NDArray[np.uint32], place: np.uint64, column: int, last: int) -> bool:
    """Return whether a field of a record is ``-``, or it has no such column."""
    if column < 0:
        return True
    first, end = field_of(text, ends, place + np.uint64(column), column == last)
    return is_dash(text, first, end)


@lean_stage
def choose_records(
    text: Base, rules: Rules, scratch: Scratch, records: Records, counts: NDArray[np.int64], n_lines: int
) -> int:
    """Note the lines whose columns can be read; count those without a flow, set other ones aside.

    Parameters
    ----------
    text, rules, scratch, records, counts
        As in ``records.scan_records``; ``lines`` of the scratch are read, ``firsts`` is written, and of the records
        the numbers of the lines and what is odd.
    n_lines : int
        How many lines there are.

    Returns
    -------
    int
        How many were noted.
    """
    ends, lines, firsts = scratch.ends, scratch.lines, scratch.firsts
    numbers, odd, columns = records.lines, records.odd, rules.columns
    status, action, protocol, version = (
        columns[LOG_STATUS],
        columns[ACTION],
        columns[PROTOCOL],
        columns[VERSION],
    )
    longest, n_columns = np.uint64(rules.limits[0]), np.uint64(rules.limits[1])
    last = rules.limits[1] - 1
    number = counts[LINE]
    n = counts[N_RECORDS]
    n_odd = counts[N_ODD]
    n_chosen = 0
    before = NO_BITS  # the end of the line before
    for line in range(n_lines):
        place = before
        before = np.uint64(lines[line, 0])
        begin = (np.uint64(ends[place]) + ONE) & _PLACE
        end = np.uint64(ends[before])
        is_usual = (
            (before - place == n_columns)
            & (lines[line, 1] == 0)
            & (end - begin <= longest)
            & (byte_at(text, begin) != 35)
        )
        if is_usual and status >= 0:
            first, stop = field_of(text, ends, place + np.uint64(status), status == last)
            is_usual = (stop - first == _TWO) & (load_64(text, first) & _TWO_BYTES == _OK)
            if not is_usual:
                lost = _lost_at(text, first, stop)
                is_empty = (
                    lost >= 0
                    and _has_none(text, ends, place, protocol, last)
                    and _has_none(text, ends, place, action, last)
                )
                if is_empty and version >= 0:
                    first, stop = field_of(text, ends, place + np.uint64(version), version == last)
                    is_empty = number_at(text, first, stop) == rules.bounds[VERSION, 0]
                if is_empty:
                    counts[N_EMPTY] += 1
                    counts[N_LOST] += lost
                    continue
        if is_usual:
            firsts[n_chosen] = np.uint32(place)
            numbers[n + n_chosen] = number + line
            n_chosen += 1
        elif end > begin:
            odd[n_odd, 0] = number + line
            odd[n_odd, 1] = begin
            odd[n_odd, 2] = end
            n_odd += 1
    counts[N_ODD] = n_odd
    counts[LINE] = number + n_lines
    return n_chosen


@lean_stage
def read_numbers(
    text: Base, scratch: Scratch, column: np.uint64, is_last: bool, values: NDArray[np.int64]
) -> tuple[int, int]:
    """Read a column of numbers.

    Parameters
    ----------
    text, scratch
        As in ``choose_records``.
    column : uint64
        Which.
    is_last : bool
        Whether it is the last one of the line.
    values : ndarray of int64, shape (F,)
        Out: what ``digits.number_at`` returns for each line.

    Returns
    -------
    least, greatest : int
        Of the numbers.
    """
    ends, firsts, words, seconds = scratch.ends, scratch.firsts, scratch.words, scratch.seconds
    least, greatest = _NONE, -_NONE
    n = len(values)
    if n == 0:
        return least, greatest
    # Nearly all columns have numbers of few digits, or are times in seconds: loops without a branch, and those that
    # do not gather are made into vectors.
    first, end = field_of(text, ends, np.uint64(firsts[0]) + column, is_last)
    wrong = NO_BITS
    if end - first <= _EIGHT:
        longest = NO_BITS
        for row in range(n):
            first, end = field_of(text, ends, np.uint64(firsts[row]) + column, is_last)
            words[row] = word_of_digits(load_64(text, first), end - first)
            longest = max(longest, end - first)
        for row in range(n):
            wrong |= not_digits(words[row])
            value = int(np.int64(eight_digits(words[row])))
            values[row] = value
            least = min(least, value)
            greatest = max(greatest, value)
        if longest <= _EIGHT and wrong == NO_BITS:
            return least, greatest
    elif end - first == _TEN:
        for row in range(n):
            first, end = field_of(text, ends, np.uint64(firsts[row]) + column, is_last)
            words[row] = word_of_digits(load_64(text, first), _EIGHT)
            seconds[row] = word_of_digits(load_64(text, first + _TWO), _EIGHT) >> _FORTY_EIGHT
            wrong |= (end - first) ^ _TEN
        for row in range(n):
            wrong |= not_digits(words[row]) | not_digits(seconds[row])
            rest = (seconds[row] & _BYTE) * _TEN + (seconds[row] >> _EIGHT)
            value = int(np.int64(eight_digits(words[row]) * _HUNDRED + rest))
            values[row] = value
            least = min(least, value)
            greatest = max(greatest, value)
        if wrong == NO_BITS:
            return least, greatest
    least, greatest = _NONE, -_NONE
    for row in range(n):
        first, end = field_of(text, ends, np.uint64(firsts[row]) + column, is_last)
        value = number_at(text, first, end)
        values[row] = value
        least = min(least, value)
        greatest = max(greatest, value)
    return least, greatest


@lean_stage
def read_actions(
    text: Base, scratch: Scratch, column: np.uint64, is_last: bool, observed: NDArray[np.uint8]
) -> bool:
    """Read a column of actions.

    Parameters
    ----------
    text, scratch, column, is_last
        As in ``read_numbers``.
    observed : ndarray of uint8, shape (F,)
        Out: ``codes.OBSERVED_*``, ``NO_ACTION`` for anything else than ACCEPT and REJECT.

    Returns
    -------
    bool
        Whether there was anything else.
    """
    ends, firsts = scratch.ends, scratch.firsts
    is_any_broken = False
    for row in range(len(observed)):
        first, end = field_of(text, ends, np.uint64(firsts[row]) + column, is_last)
        word = load_64(text, first) & _SIX_BYTES
        is_accept = word == _ACCEPT
        code = codes.OBSERVED_FORWARDED if is_accept else codes.OBSERVED_REFUSED
        is_broken = (end - first != _SIX) | ((word != _REJECT) & (not is_accept))
        observed[row] = NO_ACTION if is_broken else code
        is_any_broken |= is_broken
    return is_any_broken
