"""Single tokens of JSON by RFC 8259: blanks, numbers, escapes, characters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kernels.jit import device
from kernels.json_program import KIND_FALSE, KIND_NULL, KIND_TRUE
from kernels.memory import NO_BITS, ONE, WIDTH, byte_at, load_64, mask_below, trailing_zeros

if TYPE_CHECKING:
    from kernels.memory import Base

_MAX_DIGITS = 20
_TWO = np.uint64(2)
_THREE = np.uint64(3)
_FOUR = np.uint64(4)
_EIGHT = np.uint64(8)
_BYTE = np.uint64(0xFF)
_ZERO = np.uint64(0x30)
_FOUR_BYTES = np.uint64(0xFFFF_FFFF)
_FIVE_BYTES = np.uint64(0xFF_FFFF_FFFF)
_TRUE = np.uint64(0x6575_7274)
_NULL = np.uint64(0x6C6C_756E)
_FALSE = np.uint64(0x65_736C_6166)
_ZEROS = np.uint64(0x3030_3030_3030_3030)
_SEVEN_BITS = np.uint64(0x7F7F_7F7F_7F7F_7F7F)
_TO_HIGHEST = np.uint64(0x7676_7676_7676_7676)
_HIGHEST = np.uint64(0x8080_8080_8080_8080)


@device
def is_blank(byte: int) -> bool:
    """Return whether a byte is white space that may stand in a line."""
    return byte == 32 or byte == 13 or byte == 9


@device
def _above_digits(word: np.uint64) -> np.uint64:
    """Return the highest bit of each of eight bytes that is no digit."""
    word ^= _ZEROS
    # The highest bit of each byte that is above 9: no sum carries into the next byte.
    return (((word & _SEVEN_BITS) + _TO_HIGHEST) | word) & _HIGHEST


@device
def _behind_digits(text: Base, at: np.uint64) -> np.uint64:
    """Return the place of the first byte from ``at`` on that is no digit, eight bytes looked at together."""
    while True:
        above = _above_digits(load_64(text, at))
        if above:
            return at + (trailing_zeros(above) >> _THREE)
        at += _EIGHT


@device
def end_of_number(text: Base, at: np.uint64) -> np.uint64:
    """Return where a number ends, 0 unless it is one without exponent and of few digits."""
    first = at
    word = load_64(text, at)
    above = _above_digits(word)
    behind = at + (trailing_zeros(above) >> _THREE)
    # Seven digits or fewer, and behind them a comma or a brace: what nearly all are.
    if above and behind != at and (word & _BYTE != _ZERO or behind == at + ONE):
        byte = byte_at(text, behind)
        if byte == 44 or byte == 125:
            return behind
    if byte_at(text, at) == 45:
        at += ONE
    behind = _behind_digits(text, at)
    if behind == at or (byte_at(text, at) == 48 and behind > at + ONE):
        return NO_BITS
    byte = byte_at(text, behind)
    if byte == 46:
        at = behind + ONE
        behind = _behind_digits(text, at)
        if behind == at:
            return NO_BITS
        byte = byte_at(text, behind)
    if byte == 101 or byte == 69 or behind - first > np.uint64(_MAX_DIGITS):
        return NO_BITS
    return behind


@device
def kind_of_word(text: Base, at: np.uint64) -> int:
    """Return the kind of the value that begins with ``true``, ``false`` or ``null``, 0 for another."""
    word = load_64(text, at)
    if word & _FOUR_BYTES == _TRUE:
        return KIND_TRUE
    if word & _FIVE_BYTES == _FALSE:
        return KIND_FALSE
    return KIND_NULL if word & _FOUR_BYTES == _NULL else 0


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


@device
def _is_rest(byte: int) -> bool:
    """Return whether a byte goes on with a character of several."""
    return 128 <= byte <= 191


@device
def _end_of_character(text: Base, at: np.uint64) -> np.uint64:
    """Return where a character beyond ASCII ends, 0 if it is none of UTF-8 by RFC 3629."""
    lead = byte_at(text, at)
    second = byte_at(text, at + ONE)
    if lead < 194 or lead > 244 or not _is_rest(second):
        return NO_BITS
    if lead < 224:
        return at + _TWO
    # Written longer than need be, half of a surrogate pair, or beyond the last character.
    if (lead == 224 and second < 160) or (lead == 237 and second > 159):
        return NO_BITS
    if (lead == 240 and second < 144) or (lead == 244 and second > 143):
        return NO_BITS
    if not _is_rest(byte_at(text, at + _TWO)):
        return NO_BITS
    if lead < 240:
        return at + _THREE
    return at + _FOUR if _is_rest(byte_at(text, at + _THREE)) else NO_BITS


@device
def is_utf8(text: Base, first: np.uint64, end: np.uint64) -> bool:
    """Return whether a part of the text, with a byte of ASCII behind it, is UTF-8."""
    while True:
        high = mask_below(text, first, 0)
        while high == NO_BITS and first < end:
            first += WIDTH
            high = mask_below(text, first, 0)
        first += trailing_zeros(high)
        if first >= end:
            return True
        first = _end_of_character(text, first)
        if first == NO_BITS:
            return False
