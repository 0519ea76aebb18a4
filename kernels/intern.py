"""Equal texts to equal codes, without a Python object a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kernels.jit import device, kernel
from kernels.memory import LOW_BYTES, NO_BITS, ONE, base_of, byte_at, load_64

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kernels.memory import Base

N_SEEDS = 4

_LOW = np.uint64(0xFFFF_FFFF)
_SHIFT_32 = np.uint64(32)
_EIGHT = np.uint64(8)
_SIXTEEN = np.uint64(16)


@device
def hash_of(
    first: np.uint64, second: np.uint64, seeds: tuple[np.uint64, np.uint64, np.uint64, np.uint64]
) -> np.uint64:
    """Return a hash, below 2**32, of 16 bytes; the seeds keep it unpredictable to whoever writes the log.

    Products of 32-bit halves: none overflows, in compiled code or in plain Python.
    """
    one = ((first & _LOW) ^ seeds[0]) * ((first >> _SHIFT_32) ^ seeds[1])
    other = ((second & _LOW) ^ seeds[2]) * ((second >> _SHIFT_32) ^ seeds[3])
    mixed = one ^ (other >> _SHIFT_32) ^ (other << _SHIFT_32)
    return (mixed ^ (mixed >> _SHIFT_32)) & _LOW


@device
def key_of(
    text: Base,
    first: np.uint64,
    end: np.uint64,
    seeds: tuple[np.uint64, np.uint64, np.uint64, np.uint64],
) -> tuple[np.uint64, np.uint64, np.uint64]:
    """Return the first eight bytes of a field, the next eight, 0 behind its end, and its hash."""
    length = end - first
    word = load_64(text, first) & LOW_BYTES[min(length, _EIGHT)]
    second = NO_BITS
    if length > _EIGHT:
        second = load_64(text, first + _EIGHT) & LOW_BYTES[min(length - _EIGHT, _EIGHT)]
    hashed = hash_of(word, second, seeds)
    at = first + _SIXTEEN
    while at < end:
        hashed = hash_of(hashed, load_64(text, at) & LOW_BYTES[min(end - at, _EIGHT)], seeds)
        at += _EIGHT
    return word, second, hashed


@device
def _is_equal(text: Base, one: np.uint64, other: np.uint64, length: np.uint64) -> bool:
    """Return whether two parts of a text have the same bytes."""
    while length > _EIGHT:
        if load_64(text, one) != load_64(text, other):
            return False
        one += _EIGHT
        other += _EIGHT
        length -= _EIGHT
    return bool((load_64(text, one) ^ load_64(text, other)) & LOW_BYTES[length] == NO_BITS)


@kernel
def intern_spans(
    text: NDArray[np.uint8],
    spans: NDArray[np.int32],
    seeds: NDArray[np.uint64],
    table: NDArray[np.uint64],
    codes: NDArray[np.int32],
    firsts: NDArray[np.int32],
) -> int:
    """Give equal fields equal codes, numbered in the order they first appear.

    Parameters
    ----------
    text : ndarray of uint8, shape (N,)
        The text, and ``PADDING`` bytes behind the last field.
    spans : ndarray of int32, shape (F, 2)
        Where each field begins and ends.
    seeds : ndarray of uint64, shape (N_SEEDS,)
        Of the hash, below 2**32; results do not depend on them.
    table : ndarray of uint64, shape (T, 4)
        Scratch, all 0; T a power of two. An entry holds the first 16 bytes of a text, so that a dotted decimal is
        compared without a look at the text: it would be one more miss of the cache.
    codes : ndarray of int32, shape (F,)
        Out: the code of each field.
    firsts : ndarray of int32, shape (T // 2,)
        Out: for each code the field where it first appears.

    Returns
    -------
    int
        How many codes there are, -1 if that is more than half of the table: call again with a longer one.
    """
    source = base_of(text)
    keys = (seeds[0], seeds[1], seeds[2], seeds[3])
    mask = np.uint64(len(table) - 1)
    n_codes = 0
    for row in range(len(codes)):
        first = np.uint64(spans[row, 0])
        end = np.uint64(spans[row, 1])
        length = end - first
        word, second, hashed = key_of(source, first, end, keys)
        place = hashed & mask
        while True:
            found = table[place, 3]
            if found == NO_BITS:
                if n_codes == len(firsts):
                    return -1
                table[place, 0] = word
                table[place, 1] = second
                table[place, 2] = length | (first << _SHIFT_32)
                table[place, 3] = n_codes + 1
                firsts[n_codes] = row
                codes[row] = n_codes
                n_codes += 1
                break
            known = table[place, 2]
            if (
                table[place, 0] == word
                and table[place, 1] == second
                and known & _LOW == length
                and (length <= _SIXTEEN or _is_equal(source, known >> _SHIFT_32, first, length))
            ):
                codes[row] = np.int32(found) - 1
                break
            place = (place + ONE) & mask
    return n_codes


@kernel
def gather_spans(
    text: NDArray[np.uint8],
    spans: NDArray[np.int32],
    chosen: NDArray[np.int32],
    offsets: NDArray[np.int32],
    letters: NDArray[np.uint8],
) -> None:
    """Put chosen fields one behind the other, as Arrow keeps strings.

    Parameters
    ----------
    text : ndarray of uint8, shape (N,)
        The text.
    spans : ndarray of int32, shape (F, 2)
        Where each field begins and ends.
    chosen : ndarray of int32, shape (C,)
        The fields.
    offsets : ndarray of int32, shape (C + 1,)
        Where each begins among ``letters``, and where the last one ends.
    letters : ndarray of uint8, shape (offsets[C],)
        Out: the bytes.
    """
    source = base_of(text)
    for place in range(len(chosen)):
        at = np.uint64(spans[chosen[place], 0])
        for letter in range(offsets[place], offsets[place + 1]):
            letters[letter] = byte_at(source, at)
            at += ONE
