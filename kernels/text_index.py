"""Where the fields and the lines of a text of columns end: 64 bytes compared at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kernels.jit import lean_kernel
from kernels.memory import (
    CAN_SQUEEZE,
    NO_BITS,
    ONE,
    WIDTH,
    base_of,
    byte_at,
    count_bits,
    mask_below,
    mask_equal,
    prefetch,
    store_places,
    trailing_zeros,
    without_lowest,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

_EIGHT = np.uint64(8)
_FOUR_WIDTHS = np.uint64(256)
_SIXTEEN = np.uint64(16)
_AHEAD = np.uint64(4096)
_PLACE = np.uint64(0xFFFF_FFFF)
_LAST_BIT = np.uint64(63)


@lean_kernel
def count_feeds(text: NDArray[np.uint8], size: np.uint64) -> np.uint64:
    """Return how many line feeds there are in the first ``size`` bytes of a text that padding follows."""
    source = base_of(text)
    n_feeds = NO_BITS
    at = NO_BITS
    while at + _FOUR_WIDTHS <= size:
        n_feeds += count_bits(mask_equal(source, at, 10))
        n_feeds += count_bits(mask_equal(source, at + WIDTH, 10))
        n_feeds += count_bits(mask_equal(source, at + WIDTH + WIDTH, 10))
        n_feeds += count_bits(mask_equal(source, at + WIDTH + WIDTH + WIDTH, 10))
        at += _FOUR_WIDTHS
    while at < size:
        feeds = mask_equal(source, at, 10)
        if size - at < WIDTH:
            feeds &= (ONE << (size - at)) - ONE
        n_feeds += count_bits(feeds)
        at += WIDTH
    return n_feeds


@lean_kernel
def count_lines(text: NDArray[np.uint8], size: np.uint64, begins: np.uint64) -> tuple[np.uint64, np.uint64]:
    """Count the line feeds, and find out whether there are lines that may be no records of numbers.

    Both in one pass: what this costs is paid by the one thread that reads.

    Parameters
    ----------
    text : ndarray of uint8, shape (size + PADDING,)
        A piece of a text, then padding.
    size : uint64
        Bytes that count.
    begins : uint64
        1 if the first byte begins a line, else 0.

    Returns
    -------
    n_feeds, others : uint64
        How many line feeds there are; not 0 if a line begins in the piece with anything but a digit.
    """
    source = base_of(text)
    n_feeds = NO_BITS
    found = NO_BITS
    at = NO_BITS
    while at + _FOUR_WIDTHS <= size:
        for _ in range(4):
            # What was just read into memory is no longer in the nearest cache.
            prefetch(source, at + _AHEAD)
            feeds = mask_equal(source, at, 10)
            others = mask_below(source, at, 48) | ~mask_below(source, at, 58)
            n_feeds += count_bits(feeds)
            found |= (feeds << ONE | begins) & others
            begins = feeds >> _LAST_BIT
            at += WIDTH
    while at < size:
        feeds = mask_equal(source, at, 10)
        others = mask_below(source, at, 48) | ~mask_below(source, at, 58)
        if size - at < WIDTH:
            counting = (ONE << (size - at)) - ONE
            feeds &= counting
            others &= counting
        n_feeds += count_bits(feeds)
        found |= (feeds << ONE | begins) & others
        begins = feeds >> _LAST_BIT
        at += WIDTH
    return n_feeds, found


@lean_kernel
def index_fields(
    text: NDArray[np.uint8],
    at: np.uint64,
    size: np.uint64,
    ends: NDArray[np.uint32],
    lines: NDArray[np.uint32],
) -> tuple[np.uint64, np.uint64]:
    """Note where the fields of the next lines end that a single space, or the end of the line, separates.

    As many lines as there is room for: the caller looks at them while they are in the cache, and comes again.

    Parameters
    ----------
    text : ndarray of uint8, shape (size + PADDING,)
        Lines, less than 2 GiB, then padding.
    at : uint64
        Where the first of the lines begins; less than ``size``.
    size : uint64
        Bytes that count; one more line ends there unless a line feed stands before.
    ends : ndarray of uint32, shape (E,)
        Out: first ``at`` - 1 (of 0 that is 2**32 - 1), for the first line begins behind it; then where each space and
        each line feed stands, a carriage return in front of a line feed left out, and ``size`` for the end of a last
        line without one. E is at least 2 * WIDTH + 2.
    lines : ndarray of uint32, shape (L, 2)
        Out: for each line the place among ``ends`` of its own end, and whether anything in it is unusual: two blanks
        side by side, or at an end of the line; another blank than a space; a control character; a byte beyond ASCII;
        more fields than there is room for, which are left out. The neighbours of an unusual line may count as unusual
        too. L is at least WIDTH + 1.

    Returns
    -------
    n_lines, behind : uint64
        How many lines, at least one, and where the next one begins: ``size`` or one more if there is none.
    """
    source = base_of(text)
    room = np.uint64(len(ends)) - WIDTH - ONE
    most = np.uint64(len(lines)) - WIDTH
    begin = at
    ends[0] = np.uint32((at + _PLACE) & _PLACE)
    n_ends = ONE
    n_lines = NO_BITS
    carry = ONE  # whether the byte before these 64 ends a field: the text begins like a line
    was_odd = NO_BITS
    places = base_of(ends)
    while at < size and n_lines < most and n_ends < room:
        # The processor does not look past the page on its own.
        prefetch(source, at + _AHEAD)
        feed = mask_equal(source, at, 10)
        end = feed | mask_equal(source, at, 32)
        low = mask_below(source, at, 33)
        if size - at < WIDTH:
            kept = (ONE << (size - at)) - ONE
            feed &= kept
            end &= kept
            low &= kept
        before = end << ONE | carry
        odd = end & before
        if low != end:
            returned = mask_equal(source, at, 13) & mask_equal(source, at + ONE, 10)
            if size - at < WIDTH:
                returned &= (ONE << (size - at)) - ONE
            # A carriage return belongs to the line feed behind it: what stands before it ends a field too.
            blank = end | returned
            odd = (low & ~blank) | (blank & before)
        # A carriage return at the end has its line feed in the next bytes, and the two are no pair of blanks.
        carry = end >> _LAST_BIT
        count = count_bits(end)
        # Many at a time, wanted or not: a branch that is hard to foresee costs more than a few writes.
        if CAN_SQUEEZE and count <= _SIXTEEN:
            store_places(places, n_ends, at, end)
        else:
            left = end
            place = n_ends
            while left:
                for step in range(8):
                    ends[place + np.uint64(step)] = np.uint32(at + trailing_zeros(left))
                    left = without_lowest(left)
                place += _EIGHT
        is_odd = np.uint64(odd != NO_BITS)
        has_line = np.uint64(feed != NO_BITS)
        left = without_lowest(feed)
        # One line is written without asking whether one ends here, for that nobody can foresee.
        lines[n_lines, 0] = np.uint32(n_ends + count_bits(end & ((feed ^ left) - has_line)))
        lines[n_lines, 1] = np.uint32(was_odd | is_odd)
        n_lines += has_line
        was_odd = is_odd | (was_odd & ~has_line)
        while left:
            lines[n_lines, 0] = np.uint32(n_ends + count_bits(end & ((ONE << trailing_zeros(left)) - ONE)))
            lines[n_lines, 1] = np.uint32(is_odd)
            n_lines += ONE
            left = without_lowest(left)
        n_ends += count
        at += WIDTH
    if at >= size:
        if byte_at(source, size - ONE) == 10:
            return n_lines, size
        ends[n_ends] = np.uint32(size)
        lines[n_lines, 0] = np.uint32(n_ends)
        # What ends a line without a line feed is no blank, so a space in front of it was not seen to stand at an end.
        lines[n_lines, 1] = np.uint32(was_odd | np.uint64(byte_at(source, size - ONE) == 32))
        return n_lines + ONE, size
    if n_lines:
        return n_lines, np.uint64(ends[lines[n_lines - ONE, 0]]) + ONE
    while at < size and mask_equal(source, at, 10) == NO_BITS:
        at += WIDTH
    end = min(at + trailing_zeros(mask_equal(source, at, 10)), size) if at < size else size
    ends[0] = np.uint32((begin + _PLACE) & _PLACE)
    ends[1] = np.uint32(end)
    lines[0, 0] = np.uint32(1)
    lines[0, 1] = np.uint32(1)
    return ONE, end + ONE
