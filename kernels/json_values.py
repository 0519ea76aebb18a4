"""Where the quotes are in texts that lie apart, one JSON document each: 64 bytes compared at a time.

The same as ``json_index`` does for lines behind one another, for the values of messages where they are: to copy them to
one text first costs more than this whole pass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kernels.jit import kernel
from kernels.json_index import FLAG_BACKSLASH, FLAG_CONTROL, FLAG_NOT_ASCII, without_escaped
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
_SIXTEEN = np.uint64(16)
_AHEAD = np.uint64(4096)


@kernel
def index_values(
    text: NDArray[np.uint8],
    spans: NDArray[np.int64],
    start: int,
    quotes: NDArray[np.uint32],
    lines: NDArray[np.uint32],
) -> tuple[np.uint64, int]:
    """Note where the quotes of values are.

    Parameters
    ----------
    text : ndarray of uint8, shape (N,)
        Holds them; behind the last one ``PADDING`` bytes that may be read.
    spans : ndarray of int64, shape (V, 2)
        Where each begins and ends, ascending. A line feed at its end is no part of it.
    start : int
        What is noted counts from here: the text from here on is shorter than 4 GiB.
    quotes : ndarray of uint32, shape (Q,)
        Out: as of ``json_index.index_lines``.
    lines : ndarray of uint32, shape (V, 4)
        Out: for each value what ``json_index.index_lines`` says of a line.

    Returns
    -------
    n_quotes : uint64
        More than Q - 64 means that there was no room: what is noted is of no use.
    n_lines : int
        V; fewer if the next value is none to be read here: it is of several lines, or what follows it does not end the
        scan of it, for it might be a part of JSON.
    """
    n_quotes = NO_BITS
    room = np.uint64(len(quotes)) - WIDTH
    source = base_of(text)
    places = base_of(quotes)
    shift = np.uint64(start)
    for row in range(len(spans)):
        at = np.uint64(spans[row, 0])
        end = np.uint64(spans[row, 1])
        first = at
        if end > at and byte_at(source, end - ONE) == 10:
            end -= ONE
        else:
            behind = byte_at(source, end)
            if behind >= 32 and behind < 128:
                return n_quotes, row
        stop = end
        if stop > at and byte_at(source, stop - ONE) == 13:
            stop -= ONE
        flag = 0
        is_escaped = False  # the first byte of the next 64 is
        while at < stop:
            prefetch(source, at + _AHEAD)
            quote = mask_equal(source, at, 34)
            backslash = mask_equal(source, at, 92)
            feed = mask_equal(source, at, 10)
            high = mask_below(source, at, 0)
            odd = mask_below(source, at, 32) & ~high
            if stop - at < WIDTH:
                kept = (ONE << (stop - at)) - ONE
                quote &= kept
                backslash &= kept
                feed &= kept
                odd &= kept
                high &= kept
            if feed:
                return n_quotes, row
            if high:
                flag |= FLAG_NOT_ASCII
            if odd:
                flag |= FLAG_CONTROL
            if backslash or is_escaped:
                flag |= FLAG_BACKSLASH
                quote, is_escaped = without_escaped(quote, backslash, is_escaped)
            before = n_quotes
            if n_quotes > room:
                return n_quotes + WIDTH, row
            n_quotes += count_bits(quote)
            if CAN_SQUEEZE and n_quotes - before <= _SIXTEEN:
                store_places(places, before, at - shift, quote)
            else:
                left = quote
                place = before
                while left:
                    for step in range(8):
                        quotes[place + np.uint64(step)] = np.uint32(at - shift + trailing_zeros(left))
                        left = without_lowest(left)
                    place += _EIGHT
            at += WIDTH
        lines[row, 0] = np.uint32(end - shift)
        lines[row, 1] = np.uint32(n_quotes)
        lines[row, 2] = np.uint32(flag)
        lines[row, 3] = np.uint32(first - shift)
    return n_quotes, len(spans)
