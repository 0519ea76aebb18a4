"""Parquet's runs: numbers of a few bits, repeated or packed, as definition levels and dictionary codes are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kernels.jit import device
from kernels.memory import base_of, load_64
from kernels.thrift import varint

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kernels.memory import Base

MAX_WIDTH = 31
"""Bits of a number at most: codes are int32."""

ODD = np.uint32(1 << 31)
"""Bit of an entry of a dictionary of numbers: no plain value."""

BAD = np.uint32(1 << 30)
"""Bit of an entry that fills up a dictionary: no value at all."""

ENTRY, VALUE = np.uint32(0xFFFF_FFFF), np.uint32(0xFFFF)
"""All bits of an entry, and those of its value."""

_GROUPED = 15
"""Bits up to which four numbers, half a byte in front of them, fit into a word."""

_MALFORMED = np.int64(-1)


@device
def packed(words: NDArray[np.uint64], bit: np.uint64, mask: np.uint64) -> np.int64:
    """Return the number whose lowest bit is the given one; two words are read, so one more must follow the last."""
    word = bit >> np.uint64(6)
    shift = bit & np.uint64(63)
    # In two steps: a shift by 64 has no meaning.
    upper = (words[word + np.uint64(1)] << np.uint64(1)) << (np.uint64(63) - shift)
    return np.int64(((words[word] >> shift) | upper) & mask)


@device
def _packed_at(base: Base, bit: np.uint64, mask: np.uint64) -> np.uint64:
    """Return the number of up to ``MAX_WIDTH`` bits whose lowest bit is the given one: eight bytes hold all of it."""
    return (load_64(base, bit >> np.uint64(3)) >> (bit & np.uint64(7))) & mask


@device
def _group_at(base: Base, place: int, step: np.uint64) -> tuple[np.uint64, np.uint64]:
    """Return two words whose lowest bits are four numbers each, of the eight of ``step`` bits that begin at a byte."""
    bit = step << np.uint64(2)
    upper = load_64(base, np.uint64(place) + (bit >> np.uint64(3)))
    return load_64(base, np.uint64(place)), upper >> (bit & np.uint64(7))


@device
def run_head(
    words: NDArray[np.uint64], content: NDArray[np.uint8], place: int, end: int, width: int
) -> tuple[int, int, int, int]:
    """Return what the next run holds.

    Parameters
    ----------
    words, content : ndarray of uint64, ndarray of uint8
        The same bytes; at least 16 follow ``end``.
    place, end : int
        Where the run begins, and where it ends at the latest.
    width : int
        Bits of a number, 0 to ``MAX_WIDTH``.

    Returns
    -------
    count : int
        How many numbers; -1 if the bytes are malformed, or end too early.
    value : int
        The number that is repeated; -1 if they are packed.
    first : int
        Where packed numbers begin.
    place : int
        Behind the run.
    """
    head, place = varint(content, place, end)
    if place < 0 or head > np.uint64(0xFFFF_FFFF):
        return -1, 0, 0, 0
    if head & np.uint64(1):
        n_groups = int(np.int64(head >> np.uint64(1)))
        if n_groups == 0 or n_groups * width > end - place:
            return -1, 0, 0, 0
        return 8 * n_groups, -1, place, place + n_groups * width
    count = int(np.int64(head >> np.uint64(1)))
    n_bytes = (width + 7) >> 3
    if count == 0 or n_bytes > end - place:
        return -1, 0, 0, 0
    whole = (np.uint64(1) << np.uint64(8 * n_bytes)) - np.uint64(1)
    value = int(packed(words, np.uint64(place) << np.uint64(3), whole))
    if value >> width:
        return -1, 0, 0, 0
    return count, value, place, place + n_bytes


@device
def unpack(
    words: NDArray[np.uint64],
    content: NDArray[np.uint8],
    place: int,
    end: int,
    width: int,
    out: NDArray[np.int32],
) -> np.int64:
    """Read as many numbers as ``out`` is long; return the largest, -1 if the bytes are malformed or too few.

    Parameters are those of ``run_head``.
    """
    base = base_of(content)
    n = len(out)
    done = 0
    largest = np.int64(0)
    step = np.uint64(width)
    mask = (np.uint64(1) << step) - np.uint64(1)
    while done < n:
        count, value, first, place = run_head(words, content, place, end, width)
        if count < 0:
            return _MALFORMED
        stop = min(n, done + count)
        if value >= 0:
            for i in range(np.uint64(done), np.uint64(stop)):
                out[i] = value
            largest = max(largest, np.int64(value))
        else:
            n_grouped = (stop - done) & -8 if width <= _GROUPED else 0
            for group in range(n_grouped >> 3):
                lower, upper = _group_at(base, first + group * width, step)
                row = np.uint64(done + 8 * group)
                for k in range(4):
                    number = np.int64(lower & mask)
                    out[row + np.uint64(k)] = number
                    largest = max(largest, number)
                    lower >>= step
                for k in range(4, 8):
                    number = np.int64(upper & mask)
                    out[row + np.uint64(k)] = number
                    largest = max(largest, number)
                    upper >>= step
            bit = (np.uint64(first) << np.uint64(3)) + np.uint64(n_grouped) * step
            for i in range(done + n_grouped, stop):
                number = np.int64(_packed_at(base, bit, mask))
                out[i] = number
                largest = max(largest, number)
                bit += step
        done = stop
    return largest


@device
def look_up(
    words: NDArray[np.uint64],
    content: NDArray[np.uint8],
    place: int,
    end: int,
    width: int,
    dictionary: NDArray[np.uint32],
    kept: np.uint32,
    out: NDArray[np.uint8] | NDArray[np.uint16] | NDArray[np.uint32],
) -> np.uint32:
    """Read as many codes as ``out`` is long, and write what their entries stand for.

    Parameters
    ----------
    words, content, place, end, width
        See ``run_head``.
    dictionary : ndarray of uint32, shape (D,)
        Has an entry for every number of ``width`` bits.
    kept : uint32
        The bits of an entry that are written: no more than ``out`` can hold.
    out : ndarray of uint8, uint16 or uint32
        Written.

    Returns
    -------
    uint32
        The bits of all entries together; ``BAD`` is among them if the bytes are malformed or too few.
    """
    base = base_of(content)
    n = len(out)
    done = 0
    seen = np.uint32(0)
    step = np.uint64(width)
    mask = (np.uint64(1) << step) - np.uint64(1)
    while done < n:
        count, value, first, place = run_head(words, content, place, end, width)
        if count < 0:
            return BAD
        stop = min(n, done + count)
        if value >= 0:
            value_of = dictionary[value]
            seen |= value_of
            repeated = value_of & kept
            for i in range(np.uint64(done), np.uint64(stop)):
                out[i] = repeated
        else:
            n_grouped = (stop - done) & -8 if width <= _GROUPED else 0
            for group in range(n_grouped >> 3):
                lower, upper = _group_at(base, first + group * width, step)
                row = np.uint64(done + 8 * group)
                for k in range(4):
                    value_of = dictionary[lower & mask]
                    out[row + np.uint64(k)] = value_of & kept
                    seen |= value_of
                    lower >>= step
                for k in range(4, 8):
                    value_of = dictionary[upper & mask]
                    out[row + np.uint64(k)] = value_of & kept
                    seen |= value_of
                    upper >>= step
            bit = (np.uint64(first) << np.uint64(3)) + np.uint64(n_grouped) * step
            for i in range(done + n_grouped, stop):
                value_of = dictionary[_packed_at(base, bit, mask)]
                out[i] = value_of & kept
                seen |= value_of
                bit += step
        done = stop
    return seen
