"""Text of times to nanoseconds since 1970."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kernels.jit import device
from kernels.memory import byte_at

if TYPE_CHECKING:
    from kernels.memory import Base

TIME_UNKNOWN = -(2**63)
"""What stands for a time that is not known, or is no such text."""

_SHORTEST = 20
_FIRST_YEAR = 1678
_LAST_YEAR = 2261
_NS_PER_S = 1_000_000_000
_S_PER_DAY = 86_400


@device
def _digits(text: Base, at: np.uint64, count: int) -> int:
    """Return the number that ``count`` digits write, -1 if one is none."""
    number = 0
    for step in range(count):
        digit = byte_at(text, at + np.uint64(step)) - 48
        if digit < 0 or digit > 9:
            return -1
        number = number * 10 + digit
    return number


@device
def _days_of(year: int, month: int, day: int) -> int:
    """Return days since 1970-01-01 in the Gregorian calendar, counting years from March on."""
    if month <= 2:
        year -= 1
        month += 9
    else:
        month -= 3
    era_year = year % 400
    day_of_year = (153 * month + 2) // 5 + day - 1
    return (year // 400) * 146_097 + era_year * 365 + era_year // 4 - era_year // 100 + day_of_year - 719_468


@device
def _days_in(year: int, month: int) -> int:
    """Return how many days a month has."""
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month == 4 or month == 6 or month == 9 or month == 11 else 31


@device
def time_of(text: Base, first: np.uint64, end: np.uint64) -> int:
    """Return the nanoseconds since 1970 of a time such as ``2023-08-21T12:12:13.517394084Z``.

    Parameters
    ----------
    text : base
        The text, see ``kernels.memory.base_of``.
    first, end : uint64
        Where the time begins and ends.

    Returns
    -------
    int
        ``TIME_UNKNOWN`` for anything else: another zone, years whose nanoseconds do not fit 64 bits, a 61st second.
        Digits of a fraction beyond the ninth are left out.
    """
    size = end - first
    if size < np.uint64(_SHORTEST) or byte_at(text, end - np.uint64(1)) != 90:
        return TIME_UNKNOWN
    year = _digits(text, first, 4)
    month = _digits(text, first + np.uint64(5), 2)
    day = _digits(text, first + np.uint64(8), 2)
    hour = _digits(text, first + np.uint64(11), 2)
    minute = _digits(text, first + np.uint64(14), 2)
    second = _digits(text, first + np.uint64(17), 2)
    if (
        byte_at(text, first + np.uint64(4)) != 45
        or byte_at(text, first + np.uint64(7)) != 45
        or byte_at(text, first + np.uint64(10)) != 84
        or byte_at(text, first + np.uint64(13)) != 58
        or byte_at(text, first + np.uint64(16)) != 58
        or year < _FIRST_YEAR
        or year > _LAST_YEAR
        or month < 1
        or month > 12
        or day < 1
        or day > _days_in(year, month)
        or hour < 0
        or hour > 23
        or minute < 0
        or minute > 59
        or second < 0
        or second > 59
    ):
        return TIME_UNKNOWN
    fraction = 0
    if size > np.uint64(_SHORTEST):
        at = first + np.uint64(19)
        if byte_at(text, at) != 46 or size == np.uint64(_SHORTEST + 1):
            return TIME_UNKNOWN
        at += np.uint64(1)
        scale = _NS_PER_S
        while at < end - np.uint64(1):
            digit = byte_at(text, at) - 48
            if digit < 0 or digit > 9:
                return TIME_UNKNOWN
            scale //= 10
            fraction += digit * scale
            at += np.uint64(1)
    seconds = _days_of(year, month, day) * _S_PER_DAY + hour * 3600 + minute * 60 + second
    return seconds * _NS_PER_S + fraction
