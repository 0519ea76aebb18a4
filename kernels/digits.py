"""Decimal numbers read eight digits at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kernels.jit import device
from kernels.memory import NO_BITS, ONE, byte_at, load_64

if TYPE_CHECKING:
    from kernels.memory import Base

MISSING = -1
BROKEN = -2

_THREE = np.uint64(3)
_SEVEN = np.uint64(7)
_EIGHT = np.uint64(8)
_SIXTEEN = np.uint64(16)
_THIRTY_TWO = np.uint64(32)
_ZEROS = np.uint64(0x3030_3030_3030_3030)
_HIGH_NIBBLES = np.uint64(0xF0F0_F0F0_F0F0_F0F0)
_LOW_NIBBLES = np.uint64(0x0F0F_0F0F_0F0F_0F0F)
_SIX = np.uint64(0x0606_0606_0606_0606)
_TEN = np.uint64(10)
_HUNDRED = np.uint64(100)
_TEN_THOUSAND = np.uint64(10_000)
_HUNDRED_MILLION = np.uint64(100_000_000)
_BYTES = np.uint64(0x00FF_00FF_00FF_00FF)
_PAIRS = np.uint64(0x0000_FFFF_0000_FFFF)
_LOW = np.uint64(0xFFFF_FFFF)


@device
def word_of_digits(word: np.uint64, length: np.uint64) -> np.uint64:
    """Return the values of the first 1 to 8 bytes of a word, which are digits, behind zeros."""
    # Less than 64 for any length, and without a number below 0, which plain Python would warn of.
    shift = (((length ^ _SEVEN) + ONE) & _SEVEN) << _THREE
    return (word << shift) ^ (_ZEROS << shift)


@device
def eight_digits(word: np.uint64) -> np.uint64:
    """Return the number that 8 bytes of values 0 to 9 write, the first one lowest."""
    word = (word & _BYTES) * _TEN + ((word >> _EIGHT) & _BYTES)
    word = (word & _PAIRS) * _HUNDRED + ((word >> _SIXTEEN) & _PAIRS)
    return (word & _LOW) * _TEN_THOUSAND + (word >> _THIRTY_TWO)


@device
def not_digits(word: np.uint64) -> np.uint64:
    """Return bits unless each byte, of a digit without its upper half, is 0 to 9."""
    return (word & _HIGH_NIBBLES) | (((word & _LOW_NIBBLES) + _SIX) & _HIGH_NIBBLES)


@device
def number_at(text: Base, first: np.uint64, end: np.uint64) -> int:
    """Return the number that 1 to 16 digits write, ``MISSING`` for ``-``, ``BROKEN`` for anything else."""
    length = end - first
    if length > _SIXTEEN or length == NO_BITS:
        return BROKEN
    if length <= _EIGHT:
        word = word_of_digits(load_64(text, first), length)
        if not_digits(word):
            return MISSING if length == ONE and byte_at(text, first) == 45 else BROKEN
        return int(np.int64(eight_digits(word)))
    upper = word_of_digits(load_64(text, first), length - _EIGHT)
    lower = word_of_digits(load_64(text, end - _EIGHT), _EIGHT)
    if not_digits(upper) | not_digits(lower):
        return BROKEN
    return int(np.int64(eight_digits(upper) * _HUNDRED_MILLION + eight_digits(lower)))
