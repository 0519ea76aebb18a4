"""Where the quotes and the lines of a JSON Lines text are: 64 bytes compared at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kernels.jit import device, kernel
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

FLAG_BACKSLASH = 1
FLAG_CONTROL = 2
FLAG_NOT_ASCII = 4

_EIGHT = np.uint64(8)
_SIXTEEN = np.uint64(16)
_AHEAD = np.uint64(4096)
_LAST_BIT = np.uint64(63)
_HIGHEST = ONE << _LAST_BIT


@device
def without_escaped(quote: np.uint64, backslash: np.uint64, is_escaped: bool) -> tuple[np.uint64, bool]:
    """Return which quotes of 64 bytes no backslash escapes, and whether the byte behind them is escaped.

    ``is_escaped`` is whether the first of them is.
    """
    if is_escaped:
        quote &= ~ONE
        backslash &= ~ONE
    is_escaped = False
    while backslash:
        place = trailing_zeros(backslash)
        backslash = without_lowest(backslash)
        if place == _LAST_BIT:
            is_escaped = True
        else:
            escaped = ONE << (place + ONE)
            quote &= ~escaped
            backslash &= ~escaped
    return quote, is_escaped


@kernel
def index_lines(
    text: NDArray[np.uint8], size: np.uint64, quotes: NDArray[np.uint32], lines: NDArray[np.uint32]
) -> tuple[np.uint64, np.uint64]:
    """Note where the quotes and the lines of a text are.

    Parameters
    ----------
    text : ndarray of uint8, shape (size + PADDING,)
        Lines, less than 4 GiB, then padding.
    size : uint64
        Bytes that count; one more line ends there unless a line feed stands before.
    quotes : ndarray of uint32, shape (Q,)
        Out: places of the quotes that no backslash escapes. 64 more than are noted must fit.
    lines : ndarray of uint32, shape (L, 4)
        Out: for each line where it ends, how many quotes stand before its end, and ``FLAG_*``: it may hold a
        backslash, a control character other than a carriage return at its end, or a byte that is not ASCII. A flag
        may be raised for its neighbours too. Then where it begins.

    Returns
    -------
    n_quotes, n_lines : uint64
        ``n_quotes`` of more than Q - 64 means that there was no room: what is noted is of no use.
    """
    n_quotes = NO_BITS
    n_lines = NO_BITS
    start = NO_BITS
    room = np.uint64(len(quotes)) - WIDTH
    flag = 0
    is_escaped = False  # the first byte of the next 64 is
    source = base_of(text)
    places = base_of(quotes)
    at = NO_BITS
    while at < size:
        # The processor does not look past the page on its own: a third of the time of this pass on text that was read
        # from a file a while ago.
        prefetch(source, at + _AHEAD)
        quote = mask_equal(source, at, 34)
        backslash = mask_equal(source, at, 92)
        feed = mask_equal(source, at, 10)
        high = mask_below(source, at, 0)
        odd = mask_below(source, at, 32) & ~(high | feed | (mask_equal(source, at, 13) & (feed >> ONE)))
        if size - at < WIDTH:
            kept = (ONE << (size - at)) - ONE
            quote &= kept
            backslash &= kept
            feed &= kept
            odd &= kept
            high &= kept
        here = FLAG_NOT_ASCII if high else 0
        # A carriage return that is the last of these bytes has its line feed in the next ones.
        if odd and not (
            odd == _HIGHEST and byte_at(source, at + _LAST_BIT) == 13 and byte_at(source, at + WIDTH) == 10
        ):
            here |= FLAG_CONTROL
        if backslash or is_escaped:
            here |= FLAG_BACKSLASH
            quote, is_escaped = without_escaped(quote, backslash, is_escaped)
        flag |= here
        before = n_quotes
        if n_quotes > room:
            return n_quotes + WIDTH, n_lines
        # Many at a time, wanted or not: a branch that is hard to foresee costs more than a few writes.
        n_quotes += count_bits(quote)
        if CAN_SQUEEZE and n_quotes - before <= _SIXTEEN:
            store_places(places, before, at, quote)
        else:
            left = quote
            place = before
            while left:
                for step in range(8):
                    quotes[place + np.uint64(step)] = np.uint32(at + trailing_zeros(left))
                    left = without_lowest(left)
                place += _EIGHT
        while feed:
            place = trailing_zeros(feed)
            feed = without_lowest(feed)
            lines[n_lines, 0] = np.uint32(at + place)
            lines[n_lines, 1] = np.uint32(before + count_bits(quote & ((ONE << place) - ONE)))
            lines[n_lines, 2] = np.uint32(flag)
            lines[n_lines, 3] = np.uint32(start)
            n_lines += ONE
            start = at + place + ONE
            flag = here
        at += WIDTH
    if size > NO_BITS and byte_at(source, size - ONE) != 10:
        lines[n_lines, 0] = np.uint32(size)
        lines[n_lines, 1] = np.uint32(n_quotes)
        lines[n_lines, 2] = np.uint32(flag)
        lines[n_lines, 3] = np.uint32(start)
        n_lines += ONE
    return n_quotes, n_lines
