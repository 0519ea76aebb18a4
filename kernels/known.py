"""Addresses anywhere in a text to places in a dictionary: found by their bytes where they were seen before."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kernels.codes import ADDRESS_OK
from kernels.intern import key_of
from kernels.jit import lean_kernel, lean_stage
from kernels.memory import NO_BITS, ONE, base_of, prefetch
from kernels.parse import parse_address
from kernels.record_addresses import add_address, is_known

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kernels.memory import Base
    from kernels.record_layout import Dictionary

AT, N_KNOWN = 0, 1
N_PROGRESS = 2
NO_ADDRESS = -1

_SIXTEEN = np.uint64(16)

_AHEAD = 24

TOGETHER = 256
"""Addresses whose keys are noted before they are looked up: none waits for the text of the one before."""


class Keys(NamedTuple):
    """Scratch of ``TOGETHER`` addresses.

    Attributes
    ----------
    words, seconds : ndarray of uint64, shape (TOGETHER,)
        The first eight bytes of each and the next eight, 0 behind its end.
    hashes : ndarray of uint64, shape (TOGETHER,)
        Its hash.
    """

    words: NDArray[np.uint64]
    seconds: NDArray[np.uint64]
    hashes: NDArray[np.uint64]


@lean_stage
def _take_keys(
    text: Base, spans: NDArray[np.int32], at: int, n: int, seeds: NDArray[np.uint64], keys: Keys
) -> None:
    """Note the keys of n addresses, from ``at`` on."""
    seed = (seeds[0], seeds[1], seeds[2], seeds[3])
    words, seconds, hashes = keys.words, keys.seconds, keys.hashes
    last = len(spans) - 1
    for k in range(n):
        # The scanner went over them long ago: they come from far.
        prefetch(text, np.uint64(spans[min(at + k + _AHEAD, last), 0]))
        first, end = np.uint64(spans[at + k, 0]), np.uint64(spans[at + k, 1])
        words[k], seconds[k], hashes[k] = key_of(text, first, end, seed)


@lean_kernel
def find_addresses(
    text: NDArray[np.uint8],
    spans: NDArray[np.int32],
    dictionary: Dictionary,
    keys: Keys,
    places: NDArray[np.int32],
    progress: NDArray[np.int64],
) -> None:
    """Find addresses in a dictionary, and add those that are new.

    Parameters
    ----------
    text : ndarray of uint8, shape (N,)
        The text, and ``PADDING`` bytes behind the last address; no byte of what might be one is 0.
    spans : ndarray of int32, shape (F, 2)
        Where each begins and ends.
    dictionary : Dictionary
        Those known so far; new ones are added.
    keys : Keys
        Scratch.
    places : ndarray of int32, shape (F,)
        Out: the place of each in the dictionary, ``NO_ADDRESS`` for what is none.
    progress : ndarray of int64, shape (N_PROGRESS,)
        ``AT``, from where on to read, and ``N_KNOWN``, how many addresses there are; both are written. ``AT`` of less
        than F says that the dictionary is full: call again with a larger one.
    """
    source, letters = base_of(text), base_of(dictionary.letters)
    table, begins, offsets = dictionary.table, dictionary.begins, dictionary.offsets
    mask = np.uint64(len(table) - 1)
    most = np.uint64(len(dictionary.high))
    n_known = np.uint64(progress[N_KNOWN])
    noted, behind = progress[AT], progress[AT]
    for row in range(progress[AT], len(places)):
        if row == behind:
            noted, behind = row, min(row + TOGETHER, len(places))
            _take_keys(source, spans, noted, behind - noted, dictionary.seeds, keys)
        if n_known == most:
            progress[AT] = row
            progress[N_KNOWN] = np.int64(n_known)
            return
        first, end = np.uint64(spans[row, 0]), np.uint64(spans[row, 1])
        length = end - first
        word, second, hashed = keys.words[row - noted], keys.seconds[row - noted], keys.hashes[row - noted]
        entry = hashed & mask
        place = NO_ADDRESS
        while True:
            found = np.uint64(table[entry])
            if found == NO_BITS:
                status, high, low = parse_address(source, len(text), int(np.int64(first)), int(np.int64(end)))
                if status != ADDRESS_OK:
                    break
                place = int(np.int64(n_known))
                add_address(dictionary, place, (word, second, hashed), (high, low), (source, first, length))
                n_known += ONE
                table[entry] = n_known
                break
            known = found - ONE
            if (begins[known, 0] == word) & (begins[known, 1] == second):
                start = np.uint64(offsets[known])
                # No byte of an address is 0: of less than 16 all are the same.
                if length < _SIXTEEN or (
                    np.uint64(offsets[found]) - start == length
                    and is_known(source, first, letters, start, length)
                ):
                    place = int(np.int64(known))
                    break
            entry = (entry + ONE) & mask
        places[row] = place
    progress[AT] = len(places)
    progress[N_KNOWN] = np.int64(n_known)
