"""Text of addresses to 128-bit numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kernels.codes import ADDRESS_BROKEN, ADDRESS_MISSING, ADDRESS_OK
from kernels.jit import device, kernel
from kernels.memory import (
    NO_BITS,
    ONE,
    WIDTH,
    base_of,
    byte_at,
    count_bits,
    load_64,
    mask_below,
    mask_equal,
    trailing_zeros,
    without_lowest,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kernels.memory import Base

LONGEST = 45  # eight groups, the last two as dotted decimal
_NO_HALF = np.uint64(0)
_MAPPED = np.uint64(0xFFFF_0000_0000)  # ::ffff:0:0, where IPv4 lives
_SHIFT_16 = np.uint64(16)
_SHIFT_48 = np.uint64(48)
_SHORTEST_DOTTED = 7
_LONGEST_DOTTED = 15
_THREE = np.uint64(3)
_EIGHT = np.uint64(8)
_SHIFT_40 = np.uint64(40)
_SHIFT_56 = np.uint64(56)
_NIBBLE = np.uint64(15)
_TEN = np.uint64(10)
_HUNDRED = np.uint64(100)
_LAST_OCTET = np.uint64(255)
_NO_OCTET = np.uint64(256)
_WIDTH = int(WIDTH)


@device
def _is_missing(text: Base, first: int, end: int) -> bool:
    """Return whether the text is how some writer spells *no address*: nothing, ``-``, ``None``, ``null``."""
    length = end - first
    if length == 0:
        return True
    if length == 1:
        return bool(byte_at(text, np.uint64(first)) == 45)
    if length != 4:
        return False
    a, b = byte_at(text, np.uint64(first)), byte_at(text, np.uint64(first + 1))
    c, d = byte_at(text, np.uint64(first + 2)), byte_at(text, np.uint64(first + 3))
    if a == 78 and b == 111 and c == 110 and d == 101:  # None
        return True
    return bool(a == 110 and b == 117 and c == 108 and d == 108)  # null


@device
def _dotted(text: Base, first: int, end: int) -> int:
    """Return the 32-bit number of a strict dotted decimal, -1 if it is none."""
    number = 0
    octet = 0
    n_digits = 0
    n_octets = 0
    for place in range(first, end):
        byte = byte_at(text, np.uint64(place))
        if 48 <= byte <= 57:
            # A leading zero is refused: some readers take 010 for 8.
            if n_digits == 3 or (n_digits > 0 and octet == 0):
                return -1
            octet = octet * 10 + (byte - 48)
            n_digits += 1
        elif byte == 46:
            if n_digits == 0 or octet > 255 or n_octets == 3:
                return -1
            number = number * 256 + octet
            n_octets += 1
            octet = 0
            n_digits = 0
        else:
            return -1
    if n_digits == 0 or octet > 255 or n_octets != 3:
        return -1
    return number * 256 + octet


@device
def _octet(text: Base, first: np.uint64, end: np.uint64) -> np.uint64:
    """Return the number that 1 to 3 digits write without a leading zero, one above 255 for what is none.

    The text from ``first`` on is readable for 8 bytes, and holds nothing but digits up to ``end``.
    """
    length = end - first
    if length == NO_BITS or length > _THREE or (length > ONE and byte_at(text, first) == 48):
        return _NO_OCTET
    word = load_64(text, first) << ((_EIGHT - length) << _THREE)
    tens = ((word >> _SHIFT_48) & _NIBBLE) * _TEN
    hundreds = ((word >> _SHIFT_40) & _NIBBLE) * _HUNDRED
    return ((word >> _SHIFT_56) & _NIBBLE) + tens + hundreds


@device
def _dotted_at_once(text: Base, first: np.uint64, length: np.uint64) -> int:
    """Return what ``_dotted`` returns of a text of 7 to 15 bytes, -1 also of some that it reads.

    The text from ``first`` on is readable for 64 bytes.
    """
    counted = (ONE << length) - ONE
    dots = mask_equal(text, first, 46) & counted
    digits = mask_below(text, first, 58) & ~mask_below(text, first, 48) & counted
    if count_bits(dots) != _THREE or (dots | digits) != counted:
        return -1
    one = trailing_zeros(dots)
    dots = without_lowest(dots)
    two = trailing_zeros(dots)
    three = trailing_zeros(without_lowest(dots))
    a = _octet(text, first, first + one)
    b = _octet(text, first + one + ONE, first + two)
    c = _octet(text, first + two + ONE, first + three)
    d = _octet(text, first + three + ONE, first + length)
    if max(a, b, c, d) > _LAST_OCTET:
        return -1
    return int(np.int64((((((a << _EIGHT) | b) << _EIGHT) | c) << _EIGHT) | d))


@device
def _hex_digit(byte: int) -> int:
    """Return the value of a hexadecimal digit, -1 if it is none."""
    if 48 <= byte <= 57:
        return byte - 48
    if 97 <= byte <= 102:
        return byte - 87
    if 65 <= byte <= 70:
        return byte - 55
    return -1


@device
def _colons(text: Base, first: int, end: int) -> tuple[int, np.uint64, np.uint64]:
    """Return status, high and low half of an IPv6 address without a zone.

    Groups are pushed into the 128-bit accumulator from the right; at ``::`` what was pushed so far is put
    aside, and in the end moved to the left edge.
    """
    high, low = _NO_HALF, _NO_HALF
    head_high, head_low = _NO_HALF, _NO_HALF
    n_groups = 0
    n_head = -1  # groups before "::", -1 while none was seen
    place = first
    is_broken = False
    if byte_at(text, np.uint64(first)) == 58:
        is_broken = end - first < 2 or byte_at(text, np.uint64(first + 1)) != 58
        n_head = 0
        place = first + 2
    while place < end and not is_broken:
        group = 0
        start = place
        while place < end and place - start < 5:
            digit = _hex_digit(byte_at(text, np.uint64(place)))
            if digit < 0:
                break
            group = group * 16 + digit
            place += 1
        if place < end and byte_at(text, np.uint64(place)) == 46:
            number = _dotted(text, start, end)
            is_broken = number < 0
            high = (high << _SHIFT_16 << _SHIFT_16) | (low >> _SHIFT_16 >> _SHIFT_16)
            low = (low << _SHIFT_16 << _SHIFT_16) | np.uint64(max(number, 0))
            n_groups += 2
            break
        is_broken = place == start or place - start > 4
        high = (high << _SHIFT_16) | (low >> _SHIFT_48)
        low = (low << _SHIFT_16) | np.uint64(group)
        n_groups += 1
        if place < end:
            # A colon follows a group, and something follows a colon.
            is_broken = is_broken or byte_at(text, np.uint64(place)) != 58 or place + 1 == end
            place += 1
            if place < end and byte_at(text, np.uint64(place)) == 58:
                is_broken = is_broken or n_head >= 0
                n_head = n_groups
                head_high, head_low = high, low
                high, low = _NO_HALF, _NO_HALF
                place += 1
    # "::" stands for one group at least.
    if is_broken or n_groups > 8 or (n_groups == 8) != (n_head < 0):
        return ADDRESS_BROKEN, _NO_HALF, _NO_HALF
    if n_head >= 0:
        for _ in range(8 - n_head):
            head_high = (head_high << _SHIFT_16) | (head_low >> _SHIFT_48)
            head_low = head_low << _SHIFT_16
    return ADDRESS_OK, head_high | high, head_low | low


@device
def parse_address(text: Base, size: int, first: int, end: int) -> tuple[int, np.uint64, np.uint64]:
    """Return status (``ADDRESS_*``), high and low half of ``text[first:end]``; the halves are 0 if not OK."""
    # Offsets come from files: a range outside the text is broken, not a read of foreign memory.
    if first < 0 or end < first or end > size:
        return ADDRESS_BROKEN, _NO_HALF, _NO_HALF
    if _is_missing(text, first, end):
        return ADDRESS_MISSING, _NO_HALF, _NO_HALF
    if end - first > LONGEST:
        return ADDRESS_BROKEN, _NO_HALF, _NO_HALF
    # Nearly all are dotted decimals of usual form: those are read without a branch a letter.
    if _SHORTEST_DOTTED <= end - first <= _LONGEST_DOTTED and size - first >= _WIDTH:
        number = _dotted_at_once(text, np.uint64(first), np.uint64(end - first))
        if number >= 0:
            return ADDRESS_OK, _NO_HALF, _MAPPED | np.uint64(number)
    for place in range(first, end):
        if byte_at(text, np.uint64(place)) == 58:
            return _colons(text, first, end)
    number = _dotted(text, first, end)
    if number < 0:
        return ADDRESS_BROKEN, _NO_HALF, _NO_HALF
    return ADDRESS_OK, _NO_HALF, _MAPPED | np.uint64(number)


@kernel
def _parse_loop(
    offsets: NDArray[np.int64],
    text: NDArray[np.uint8],
    high: NDArray[np.uint64],
    low: NDArray[np.uint64],
    status: NDArray[np.uint8],
) -> None:
    """Parse every address; see ``parse_addresses``."""
    source = base_of(text)
    for place in range(len(offsets) - 1):
        status[place], high[place], low[place] = parse_address(
            source, len(text), offsets[place], offsets[place + 1]
        )


def parse_addresses(
    offsets: NDArray[np.int32] | NDArray[np.int64],
    text: NDArray[np.uint8],
    high: NDArray[np.uint64],
    low: NDArray[np.uint64],
    status: NDArray[np.uint8],
) -> None:
    """Parse addresses that lie one after the other in a buffer, as Arrow keeps strings.

    Dotted decimal is strict (four numbers up to 255, no leading zeros); IPv6 is read in any case and with an
    embedded IPv4 address, never with a zone. IPv4 becomes ``::ffff:a.b.c.d``, so that a mapped address equals
    its IPv4 form.

    Parameters
    ----------
    offsets : ndarray of int32 or int64, shape (A + 1,)
        Where each text begins; the next one's beginning is its end.
    text : ndarray of uint8, shape (N,)
        The texts.
    high, low : ndarray of uint64, shape (A,)
        Out: the halves of each address, 0 where the status is not ``ADDRESS_OK``.
    status : ndarray of uint8, shape (A,)
        Out: ``ADDRESS_OK``; ``ADDRESS_MISSING`` for an empty text, ``-``, ``None``, ``null``; else
        ``ADDRESS_BROKEN``.
    """
    # One compiled version: 64-bit offsets, inputs read-only whatever they were.
    starts = offsets.astype(np.int64)
    starts.flags.writeable = False
    frozen = text.view()
    frozen.flags.writeable = False
    _parse_loop(starts, frozen, high, low, status)
