"""Codes of columns: numbered in order of first appearance, settled as Arrow wants them, and where each is first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kernels.jit import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray


@kernel
def renumber(codes: NDArray[np.int32], n_codes: int, dense: NDArray[np.int32]) -> NDArray[np.int64]:
    """Renumber codes densely, in order of first appearance.

    Parameters
    ----------
    codes : ndarray of int32, shape (F,), read-only
        In ``[-1, n_codes)``; -1 is null.
    n_codes : int
        How many codes there could be.
    dense : ndarray of int32, shape (F,)
        Written: the place of each code in the result; -1 stays.

    Returns
    -------
    ndarray of int64, shape (U,)
        The distinct codes without -1, in order of first appearance.
    """
    places = np.full(n_codes, np.int32(-1), dtype=np.int32)
    used = np.empty(min(n_codes, len(codes)), dtype=np.int64)
    n_used = 0
    for row in range(len(codes)):
        code = codes[row]
        place = np.int32(-1)
        if code >= 0:
            place = places[code]
            if place < 0:
                place = np.int32(n_used)
                places[code] = place
                used[n_used] = code
                n_used += 1
        dense[row] = place
    return used[:n_used].copy()


@kernel
def is_in_order(codes: NDArray[np.int32], n_codes: int) -> bool:
    """Return whether every code is used, and numbered in order of first appearance already.

    Parameters
    ----------
    codes : ndarray of int32, shape (F,), read-only
        In ``[-1, n_codes)``; -1 is null.
    n_codes : int
        How many codes there could be.
    """
    n_seen = 0
    for row in range(len(codes)):
        code = codes[row]
        if code == n_seen:
            n_seen += 1
        elif code > n_seen:
            return False
    return n_seen == n_codes


@kernel
def settle(dense: NDArray[np.int32], places: NDArray[np.int32], bits: NDArray[np.uint8]) -> int:
    """Replace codes by other places, and nulls by zero and a bit that is not set.

    Parameters
    ----------
    dense : ndarray of int32, shape (F,)
        Places in ``places``, -1 for null; what they become is written.
    places : ndarray of int32, shape (U,)
        What each becomes; -1 for null.
    bits : ndarray of uint8, shape (ceil(F / 8),)
        Zeros; a bit is set for every row that is not null, lowest first.

    Returns
    -------
    int
        How many rows are null.
    """
    n_null = 0
    for row in range(len(dense)):
        code = dense[row]
        place = np.int32(-1)
        if code >= 0:
            place = places[code]
        if place < 0:
            place = np.int32(0)
            n_null += 1
        else:
            bits[row >> 3] |= np.uint8(1 << (row & 7))
        dense[row] = place
    return n_null


@kernel
def first_rows(numbers: NDArray[np.int32], found: NDArray[np.int64]) -> None:
    """Find the first rows that have each number.

    Parameters
    ----------
    numbers : ndarray of int32, shape (F,), read-only
        In ``[0, N)``.
    found : ndarray of int64, shape (X, N)
        Written: places in ``numbers``, ascending down each column; -1 where there are no more.
    """
    n_rows, n_numbers = found.shape
    counts = np.zeros(n_numbers, dtype=np.int64)
    found[:] = -1
    for row in range(len(numbers)):
        number = numbers[row]
        count = counts[number]
        if count < n_rows:
            found[count, number] = row
            counts[number] = count + 1
