"""Where the fields and the lines of a text of columns end: 64 bytes compared at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kernels.jit import kernel
from kernels.memory import (
    NO_BITS,
    ONE,
    WIDTH,
    base_of,
    byte_at,
    count_bits,
    mask_below,
    mask_equal,
    trailing_zeros,
    without_lowest,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

_EIGHT = np.uint64(8)
_FOUR_WIDTHS = np.uint64(256)
_LAST_BIT = np.uint64(63)


@kernel
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


@kernel
def count_lines(text: NDArray[np.uint8], size: np.uint64, begins: np.uint64) -> tuple[np.uint64, np.uint64]:
    """Count the line feeds, and the lines that may be no records of numbers.

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
    n_feeds, n_others : uint64
        How many line feeds there are, and how many lines begin in the piece with anything but a digit.
    """
    source = base_of(text)
    n_feeds = NO_BITS
    n_others = NO_BITS
    at = NO_BITS
    while at < size:
        feeds = mask_equal(source, at, 10)
        others = mask_below(source, at, 48) | ~mask_below(source, at, 58)
        if size - at < WIDTH:
            counting = (ONE << (size - at)) - ONE
            feeds &= counting
            others &= counting
        n_feeds += count_bits(feeds)
        n_others += count_bits((feeds << ONE | begins) & others)
        begins = feeds >> _LAST_BIT
        at += WIDTH
    return n_feeds, n_others


@kernel
def index_fields(
    text: NDArray[np.uint8], size: np.uint64, ends: NDArray[np.uint32], lines: NDArray[np.uint32]
) -> tuple[np.uint64, np.uint64]:
    """Note where fields end that a single space, or the end of the line, separates.

    Parameters
    ----------
    text : ndarray of uint8, shape (size + PADDING,)
        Lines, less than 2 GiB, then padding.
    size : uint64
        Bytes that count; one more line ends there unless a line feed stands before.
    ends : ndarray of uint32, shape (E,)
        Out: first 2**32 - 1, for the first line begins behind it; then where each space and each line feed stands, a
        carriage return in front of a line feed left out, and ``size`` for the end of a last line without one. 64 more
        than are noted must fit.
    lines : ndarray of uint32, shape (L, 2)
        Out: for each line the place among ``ends`` of its own end, and whether anything in it is
        unusual: two blanks side by side, or at an end of the line; another blank than a space; a control character; a
        byte beyond ASCII. The neighbours of an unusual line may count as unusual too.

    Returns
    -------
    n_ends, n_lines : uint64
        ``n_ends`` of more than E - 64 means that there was no room: what is noted is of no use.
    """
    source = base_of(text)
    room = np.uint64(len(ends)) - WIDTH
    ends[0] = np.uint32(0xFFFF_FFFF)
    n_ends = ONE
    n_lines = NO_BITS
    carry = ONE  # whether the byte before these 64 ends a field: the text begins like a line
    is_odd = False
    at = NO_BITS
    while at < size:
        feed = mask_equal(source, at, 10)
        space = mask_equal(source, at, 32)
        low = mask_below(source, at, 33)
        returned = mask_equal(source, at, 13) & mask_equal(source, at + ONE, 10)
        if size - at < WIDTH:
            kept = (ONE << (size - at)) - ONE
            feed &= kept
            space &= kept
            low &= kept
            returned &= kept
        end = feed | space
        # A carriage return belongs to the line feed behind it: what stands before it ends a field too.
        blank = end | returned
        doubled = blank & ((blank << ONE) | carry) & ~(feed & (returned << ONE))
        odd = (low & ~blank) | doubled
        # A carriage return at the end has its line feed in the next bytes, and the two are no pair of blanks.
        carry = end >> _LAST_BIT
        if n_ends > room:
            return n_ends + WIDTH, n_lines
        left = end
        place = n_ends
        while left:
            for step in range(8):
                ends[place + np.uint64(step)] = np.uint32(at + trailing_zeros(left))
                left = without_lowest(left)
            place += _EIGHT
        while feed:
            lowest = trailing_zeros(feed)
            feed = without_lowest(feed)
            lines[n_lines, 0] = np.uint32(n_ends + count_bits(end & ((ONE << lowest) - ONE)))
            lines[n_lines, 1] = np.uint32(is_odd or odd != NO_BITS)
            n_lines += ONE
            is_odd = False
        is_odd = is_odd or odd != NO_BITS
        n_ends += count_bits(end)
        at += WIDTH
    if size > NO_BITS and byte_at(source, size - ONE) != 10:
        if n_ends > room:
            return n_ends + WIDTH, n_lines
        ends[n_ends] = np.uint32(size)
        lines[n_lines, 0] = np.uint32(n_ends)
        n_ends += ONE
        # What ends a line without a line feed is no blank, so a space in front of it was not seen to stand at an end.
        lines[n_lines, 1] = np.uint32(is_odd or byte_at(source, size - ONE) == 32)
        n_lines += ONE
    return n_ends, n_lines
