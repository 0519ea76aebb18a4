"""Codes and rows: numbered in order of first appearance, settled as Arrow wants them, and where each is first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kernels.jit import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray


_LOWER = np.uint64(0xFFFF_FFFF)
_SPREAD = np.uint64(0x9E37_79B1)
"""A prime whose bits have no pattern: what is multiplied by it has the mark of all its bits in the upper half."""


@kernel
def renumber(
    codes: NDArray[np.int32], n_codes: int, dense: NDArray[np.int32]
) -> tuple[NDArray[np.int64], int]:
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
    used : ndarray of int64, shape (U,)
        The distinct codes without -1, in order of first appearance.
    n_null : int
        How many codes are -1.
    """
    places = np.full(n_codes, np.int32(-1), dtype=np.int32)
    used = np.empty(min(n_codes, len(codes)), dtype=np.int64)
    n_used = n_null = 0
    for row in range(len(codes)):
        code = codes[row]
        place = np.int32(-1)
        if code < 0:
            n_null += 1
        else:
            place = places[code]
            if place < 0:
                place = np.int32(n_used)
                places[code] = place
                used[n_used] = code
                n_used += 1
        dense[row] = place
    return used[:n_used].copy(), n_null


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
def is_settled(places: NDArray[np.int32], bits: NDArray[np.uint8], n_codes: int) -> bool:
    """Return whether ``settle`` could have written this, of codes that ``is_in_order`` says yes to.

    Parameters
    ----------
    places : ndarray of int32, shape (F,), read-only
        In ``[0, n_codes)``; zero where they are null.
    bits : ndarray of uint8, shape (ceil(F / 8),), read-only
        A bit is set for every row that is not null, lowest first.
    n_codes : int
        How many codes there could be.
    """
    n_seen = 0
    for row in range(np.uint64(len(places))):
        place = places[row]
        if (bits[row >> np.uint64(3)] >> np.uint8(row & np.uint64(7))) & np.uint8(1):
            if place == n_seen:
                n_seen += 1
            elif place > n_seen:
                return False
        elif place != 0:
            return False
    n_spare = -len(places) % 8
    if n_spare and bits[len(bits) - 1] >> np.uint8(8 - n_spare):
        return False
    return n_seen == n_codes


@kernel
def settle(
    codes: NDArray[np.int32],
    places: NDArray[np.int32],
    first: int,
    out: NDArray[np.int32],
    bits: NDArray[np.uint8],
) -> int:
    """Write what codes become: other places; zero, and a bit that is not set, where they are null.

    Parameters
    ----------
    codes : ndarray of int32, shape (F,), read-only
        Places in ``places``, -1 for null.
    places : ndarray of int32, shape (U,), read-only
        What each becomes; -1 for null.
    first : int
        The row of ``out`` that the first code stands for.
    out : ndarray of int32, shape (R,)
        Written from row ``first`` on.
    bits : ndarray of uint8, shape (ceil(R / 8),)
        Zeros there; a bit is set for every row that is not null, lowest first.

    Returns
    -------
    int
        How many codes are null.
    """
    n_null = 0
    row = np.uint64(first)
    # The bits of eight rows are put together before they are written: each would wait for the one before.
    eight = np.uint64(bits[row >> np.uint64(3)]) if len(codes) else np.uint64(0)
    for i in range(len(codes)):
        code = codes[i]
        place = np.int32(-1)
        if code >= 0:
            place = places[np.uint64(code)]
        is_known = np.uint64(place >= 0)
        n_null += int(np.uint64(1) - is_known)
        out[row] = max(place, np.int32(0))
        eight |= is_known << (row & np.uint64(7))
        if row & np.uint64(7) == np.uint64(7):
            bits[row >> np.uint64(3)] = np.uint8(eight)
            eight = np.uint64(0)
        row += np.uint64(1)
    if len(codes) and row & np.uint64(7):
        bits[row >> np.uint64(3)] = np.uint8(eight)
    return n_null


@kernel
def number_rows(words: NDArray[np.uint32], seed: np.uint64, numbers: NDArray[np.int32]) -> NDArray[np.int64]:
    """Give each distinct row a number, in order of first appearance.

    Parameters
    ----------
    words : ndarray of uint32, shape (F * W,), read-only
        Rows of W words each.
    seed : uint64
        Of the hash, so that who writes the log cannot tell which rows meet; results do not depend on it.
    numbers : ndarray of int32, shape (F,)
        Written: the number of each row.

    Returns
    -------
    ndarray of int64, shape (U,)
        First place of each distinct row.
    """
    n = len(numbers)
    width = np.uint64(len(words) // max(n, 1))
    size = 16
    while size < 2 * n:
        size *= 2
    mask = np.uint64(size - 1)
    # Open addressing: at least half of the table is free, so that a free place is near.
    table = np.full(size, np.int32(-1), dtype=np.int32)
    firsts = np.empty(n, dtype=np.int64)
    n_seen = 0
    start = np.uint64(0)
    for row in range(n):
        mix = seed
        for k in range(start, start + width):
            mix = ((mix ^ np.uint64(words[k])) & _LOWER) * _SPREAD
            mix ^= mix >> np.uint64(32)
        place = mix & mask
        number = table[place]
        while number >= 0:
            other = np.uint64(firsts[np.uint64(number)]) * width
            n_same = np.uint64(0)
            while n_same < width and words[start + n_same] == words[other + n_same]:
                n_same += np.uint64(1)
            if n_same == width:
                break
            place = (place + np.uint64(1)) & mask
            number = table[place]
        if number < 0:
            number = np.int32(n_seen)
            table[place] = number
            firsts[n_seen] = row
            n_seen += 1
        numbers[row] = number
        start += width
    return firsts[:n_seen].copy()


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
