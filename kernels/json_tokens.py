"""Single tokens of JSON by RFC 8259: blanks, numbers, escapes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kernels.jit import device
from kernels.memory import NO_BITS, ONE, byte_at

if TYPE_CHECKING:
    from kernels.memory import Base

_MAX_DIGITS = 20
_TWO = np.uint64(2)
_FOUR = np.uint64(4)


@device
def is_blank(byte: int) -> bool:
    """Return whether a byte is white space that may stand in a line."""
    return byte == 32 or byte == 13 or byte == 9


@device
def end_of_number(text: Base, at: np.uint64) -> np.uint64:
    """Return where a number ends, 0 unless it is one without exponent and of few digits."""
    first = at
    if byte_at(text, at) == 45:
        at += ONE
    if byte_at(text, at) == 48:
        at += ONE
    elif 49 <= byte_at(text, at) <= 57:
        at += ONE
        while 48 <= byte_at(text, at) <= 57:
            at += ONE
    else:
        return NO_BITS
    if byte_at(text, at) == 46:
        at += ONE
        if not 48 <= byte_at(text, at) <= 57:
            return NO_BITS
        while 48 <= byte_at(text, at) <= 57:
            at += ONE
    if byte_at(text, at) == 101 or byte_at(text, at) == 69 or at - first > np.uint64(_MAX_DIGITS):
        return NO_BITS
    return at


@device
def has_backslash(text: Base, first: np.uint64, end: np.uint64) -> bool:
    """Return whether a backslash stands in a part of the text."""
    while first < end:
        if byte_at(text, first) == 92:
            return True
        first += ONE
    return False


@device
def _is_hexadecimal(byte: int) -> bool:
    """Return whether a byte is a hexadecimal digit."""
    return 48 <= byte <= 57 or 97 <= byte <= 102 or 65 <= byte <= 70


@device
def has_sound_escapes(text: Base, first: np.uint64, end: np.uint64) -> bool:
    """Return whether each backslash begins an escape of RFC 8259 that is no half of a surrogate pair."""
    while first < end:
        if byte_at(text, first) == 92:
            first += ONE
            byte = byte_at(text, first)
            if byte == 117:
                if first + _FOUR >= end:
                    return False
                for step in range(1, 5):
                    if not _is_hexadecimal(byte_at(text, first + np.uint64(step))):
                        return False
                lead = byte_at(text, first + ONE)
                next_digit = byte_at(text, first + _TWO)
                if (lead == 68 or lead == 100) and not 48 <= next_digit <= 55:
                    return False
            elif not (
                byte == 34
                or byte == 92
                or byte == 47
                or byte == 98
                or byte == 102
                or byte == 110
                or byte == 114
                or byte == 116
            ):
                return False
        first += ONE
    return True
