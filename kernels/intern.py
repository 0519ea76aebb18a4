"""Equal texts to equal codes, without a Python object a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kernels.jit import device, kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MULTIPLIER = np.uint64(0x9E37_79B1)
_LOW = np.uint64(0xFFFF_FFFF)
_SHIFT_32 = np.uint64(32)


@device
def _hash(text: NDArray[np.uint8], first: int, end: int, seed: np.uint64) -> np.uint64:
    """Return a hash of the bytes; the seed keeps it unpredictable to whoever writes the log."""
    # The state has 32 bits, so no product overflows; folding the upper half back in spreads every bit.
    state = seed & _LOW
    for at in range(first, end):
        product = (state ^ np.uint64(text[at])) * _MULTIPLIER
        state = (product ^ (product >> _SHIFT_32)) & _LOW
    return state


@kernel
def intern_spans(
    text: NDArray[np.uint8],
    spans: NDArray[np.int32],
    seed: np.uint64,
    table: NDArray[np.int32],
    codes: NDArray[np.int32],
) -> int:
    """Give equal fields equal codes, numbered in the order they first appear.

    Parameters
    ----------
    text : ndarray of uint8, shape (N,)
        The text.
    spans : ndarray of int32, shape (F, 2)
        Where each field begins and ends.
    seed : uint64
        Of the hash; results do not depend on it.
    table : ndarray of int32, shape (T,)
        Scratch, all -1; T a power of two and more than F.
    codes : ndarray of int32, shape (2, F)
        Out: the code of each field, and for each code the row where it first appears.

    Returns
    -------
    int
        How many codes there are.
    """
    mask = np.uint64(len(table) - 1)
    n_codes = 0
    for row in range(codes.shape[1]):
        first = spans[row, 0]
        end = spans[row, 1]
        place = _hash(text, first, end, seed) & mask
        while True:
            code = table[place]
            if code < 0:
                table[place] = n_codes
                codes[1, n_codes] = row
                codes[0, row] = n_codes
                n_codes += 1
                break
            known = spans[codes[1, code], 0]
            if spans[codes[1, code], 1] - known == end - first:
                is_equal = True
                for offset in range(end - first):
                    if text[known + offset] != text[first + offset]:
                        is_equal = False
                        break
                if is_equal:
                    codes[0, row] = code
                    break
            place = (place + np.uint64(1)) & mask
    return n_codes
