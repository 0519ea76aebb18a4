"""Addresses of records to places in a dictionary: a text that was seen before is found by its bytes, not read again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kernels.codes import ADDRESS_OK
from kernels.copying import copy_64
from kernels.intern import hash_of
from kernels.jit import device, kernel, lean_stage
from kernels.memory import LOW_BYTES, NO_BITS, ONE, base_of, load_64
from kernels.parse import parse_address
from kernels.record_fields import field_of, is_dash
from kernels.record_layout import N_ADDRESSES, Dictionary, Scratch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kernels.memory import Base

_LOW = np.uint64(0xFFFF_FFFF)
_SHIFT_32 = np.uint64(32)
_EIGHT = np.uint64(8)
_SIXTEEN = np.uint64(16)
_FIRST_BYTES = np.array([(1 << (8 * min(count, 8))) - 1 for count in range(17)], np.uint64)
_SECOND_BYTES = np.array([(1 << (8 * max(count - 8, 0))) - 1 for count in range(17)], np.uint64)


@device
def is_known(text: Base, first: np.uint64, letters: Base, at: np.uint64, length: np.uint64) -> bool:
    """Return whether a text is that of an address, both behind their first 16 bytes."""
    done = _SIXTEEN
    while done < length:
        mask = LOW_BYTES[min(length - done, _EIGHT)]
        if (load_64(text, first + done) ^ load_64(letters, at + done)) & mask:
            return False
        done += _EIGHT
    return True


@device
def add_address(
    dictionary: Dictionary,
    place: int,
    key: tuple[np.uint64, np.uint64, np.uint64],
    address: tuple[np.uint64, np.uint64],
    written: tuple[Base, np.uint64, np.uint64],
) -> None:
    """Put an address behind those of a dictionary; its table is the business of who has found the entry.

    Parameters
    ----------
    dictionary : Dictionary
        Has room for it.
    place : int
        Its place: how many there are before it.
    key : tuple of uint64
        Its first eight bytes, the next eight, and its hash.
    address : tuple of uint64
        Its halves.
    written : Base, uint64, uint64
        The text in which it stands, where it begins there, and its length.
    """
    text, first, length = written
    dictionary.begins[place, 0], dictionary.begins[place, 1], dictionary.hashes[place] = key
    dictionary.high[place], dictionary.low[place] = address
    start = dictionary.offsets[place]
    copy_64(base_of(dictionary.letters), np.uint64(start), text, first)
    dictionary.offsets[place + 1] = start + np.int64(length)


@device
def _address_of(
    text: Base, ends: NDArray[np.uint32], place: np.uint64, fields: tuple[int, int, int]
) -> tuple[np.uint64, np.uint64]:
    """Return where the address of a line begins and ends."""
    column, other, last = fields
    first, end = field_of(text, ends, place + np.uint64(column), column == last)
    if other >= 0 and is_dash(text, first, end):
        return field_of(text, ends, place + np.uint64(other), other == last)
    return first, end


@lean_stage
def _take_keys(
    text: Base, scratch: Scratch, fields: tuple[int, int, int], seeds: NDArray[np.uint64], n: int
) -> None:
    """Note the first 16 bytes of the addresses of n lines, and their hash and length."""
    ends, firsts = scratch.ends, scratch.firsts
    words, seconds, keys = scratch.words, scratch.seconds, scratch.keys
    seed = (seeds[0], seeds[1], seeds[2], seeds[3])
    longest = NO_BITS
    for row in range(n):
        first, end = _address_of(text, ends, np.uint64(firsts[row]), fields)
        length = end - first
        counted = min(length, _SIXTEEN)
        words[row] = load_64(text, first) & _FIRST_BYTES[counted]
        seconds[row] = load_64(text, first + _EIGHT) & _SECOND_BYTES[counted]
        keys[row] = length << _SHIFT_32
        longest = max(longest, length)
    for row in range(n):
        keys[row] |= hash_of(words[row], seconds[row], seed)
    if longest <= _SIXTEEN:
        return
    for row in range(n):
        first, end = _address_of(text, ends, np.uint64(firsts[row]), fields)
        at = first + _SIXTEEN
        while at < end:
            word = load_64(text, at) & LOW_BYTES[min(end - at, _EIGHT)]
            keys[row] = (keys[row] & ~_LOW) | hash_of(keys[row] & _LOW, word, seed)
            at += _EIGHT


@lean_stage
def read_addresses(
    text: NDArray[np.uint8],
    scratch: Scratch,
    fields: tuple[int, int, int],
    dictionary: Dictionary,
    places: NDArray[np.int32],
    counts: NDArray[np.int64],
) -> bool:
    """Read the addresses of one side; a line without one is wrong.

    Parameters
    ----------
    text : ndarray of uint8, shape (N + PADDING,)
        The text.
    scratch : Scratch
        What is noted of its lines.
    fields : tuple of int
        The column, the one that is taken where it has none, -1 for none, and the last column of the text.
    dictionary : Dictionary
        Holds the addresses; there is room for as many as there are lines.
    places : ndarray of int32, shape (F,)
        Out: that of each address in the dictionary.
    counts : ndarray of int64, shape (N_COUNTS,)
        ``N_ADDRESSES`` counts them.

    Returns
    -------
    bool
        Whether a line was found to be wrong.
    """
    source, letters = base_of(text), base_of(dictionary.letters)
    words, seconds, keys = scratch.words, scratch.seconds, scratch.keys
    table, begins, offsets = dictionary.table, dictionary.begins, dictionary.offsets
    mask = np.uint64(len(table) - 1)
    n_known = counts[N_ADDRESSES]
    is_any_wrong = False
    _take_keys(source, scratch, fields, dictionary.seeds, len(places))
    for row in range(len(places)):
        word, second, key = words[row], seconds[row], keys[row]
        length = key >> _SHIFT_32
        entry = key & mask
        while True:
            found = np.uint64(table[entry])
            if found == NO_BITS:
                first, end = _address_of(source, scratch.ends, np.uint64(scratch.firsts[row]), fields)
                status, high, low = parse_address(source, len(text), int(np.int64(first)), int(np.int64(end)))
                places[row] = n_known
                if status != ADDRESS_OK:
                    places[row] = 0
                    scratch.is_wrong[row] = 1
                    is_any_wrong = True
                    break
                add_address(
                    dictionary, n_known, (word, second, key & _LOW), (high, low), (source, first, length)
                )
                n_known += 1
                table[entry] = n_known
                break
            known = found - ONE
            if (begins[known, 0] == word) & (begins[known, 1] == second):
                # No byte of a text is 0: of less than 16 all are the same.
                if length < _SIXTEEN:
                    places[row] = known
                    break
                start = offsets[known]
                if np.uint64(offsets[found] - start) == length:
                    first, _ = _address_of(source, scratch.ends, np.uint64(scratch.firsts[row]), fields)
                    if is_known(source, first, letters, np.uint64(start), length):
                        places[row] = known
                        break
            entry = (entry + ONE) & mask
    counts[N_ADDRESSES] = n_known
    return is_any_wrong


@kernel
def fill_table(hashes: NDArray[np.uint32], table: NDArray[np.uint32]) -> None:
    """Put the addresses of some hashes into the table of a dictionary, which is all 0."""
    mask = np.uint64(len(table) - 1)
    for place in range(len(hashes)):
        entry = np.uint64(hashes[place]) & mask
        while table[entry]:
            entry = (entry + ONE) & mask
        table[entry] = place + 1
