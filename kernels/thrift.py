"""Structs of Thrift's compact protocol as rows of numbers: what Parquet keeps its footer and page headers in."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kernels.jit import device, kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

TOKEN = 5
"""Columns of a token: level, id, kind, value, size."""

LEVEL, ID, KIND, VALUE, SIZE = range(TOKEN)

TRUE, FALSE, INT8, INT16, INT32, INT64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = range(1, 13)
"""Kinds of values."""

MAX_DEPTH = 16
"""Structs and lists inside each other; Parquet needs eight."""

_MALFORMED = -1


class Nest(NamedTuple):
    """What is open while reading, one entry a level.

    Attributes
    ----------
    left : ndarray of int64, shape (MAX_DEPTH,)
        Elements to come of a list; -1 for a struct.
    last : ndarray of int64, shape (MAX_DEPTH,)
        Id of the last field of a struct; kind of the elements of a list.
    done : ndarray of int64, shape (MAX_DEPTH,)
        Elements read of a list.
    """

    left: NDArray[np.int64]
    last: NDArray[np.int64]
    done: NDArray[np.int64]


@device
def varint(content: NDArray[np.uint8], place: int, end: int) -> tuple[np.uint64, int]:
    """Return an unsigned number and the place behind it; -1 if it does not end."""
    value = np.uint64(0)
    shift = np.uint64(0)
    while place < end and shift < np.uint64(64):
        byte = np.uint64(content[place])
        place += 1
        value |= (byte & np.uint64(127)) << shift
        if byte < np.uint64(128):
            return value, place
        shift += np.uint64(7)
    return value, -1


@device
def signed(value: np.uint64) -> np.int64:
    """Return the signed number that is written as this unsigned one, small in size where small in magnitude."""
    half = np.int64(value >> np.uint64(1))
    if value & np.uint64(1):
        return np.int64(-1) - half
    return half


@device
def flatten(
    content: NDArray[np.uint8], start: int, end: int, tokens: NDArray[np.int64], nest: Nest
) -> tuple[int, int]:
    """Write the fields of a struct, and everything inside them, one token each.

    Parameters
    ----------
    content : ndarray of uint8
        The bytes.
    start, end : int
        Where the struct begins, and where it ends at the latest.
    tokens : ndarray of int64, shape (T, TOKEN)
        Written in the order of the bytes. Level 0 are the fields of the struct, level 1 those of a struct, and the
        elements of a list, among them. The id of an element is its place. Of a list, value is the number and size the
        kind of its elements; of bytes, their place and number. More than T are counted, not written.
    nest : Nest
        Scratch.

    Returns
    -------
    n : int
        How many tokens there are; -1 if the bytes are malformed.
    place : int
        Behind the struct.
    """
    left, last, done = nest.left, nest.last, nest.done
    n = 0
    level = 0
    place = start
    left[0] = -1
    last[0] = 0
    while level >= 0:
        identity = np.int64(0)
        if left[level] < 0:
            if place >= end:
                return _MALFORMED, place
            head = np.int64(content[place])
            place += 1
            if head == 0:
                level -= 1
                continue
            kind = head & 15
            identity = last[level] + (head >> 4)
            if head < 16:
                raw, place = varint(content, place, end)
                if place < 0:
                    return _MALFORMED, place
                identity = signed(raw)
            last[level] = identity
        elif done[level] == left[level]:
            level -= 1
            continue
        else:
            kind = last[level]
            identity = done[level]
            done[level] += 1
        own = level
        value = np.int64(0)
        size = np.int64(0)
        if kind == STRUCT:
            level += 1
            if level == MAX_DEPTH:
                return _MALFORMED, place
            left[level] = -1
            last[level] = 0
        elif LIST <= kind <= SET:
            if place >= end:
                return _MALFORMED, place
            head = np.int64(content[place])
            place += 1
            size = head & 15
            value = head >> 4
            if value == 15:
                raw, place = varint(content, place, end)
                # An element takes a byte at least.
                if place < 0 or raw > np.uint64(end - place):
                    return _MALFORMED, place
                value = np.int64(raw)
            level += 1
            if level == MAX_DEPTH:
                return _MALFORMED, place
            left[level] = value
            last[level] = size
            done[level] = 0
        elif kind == BINARY:
            raw, place = varint(content, place, end)
            if place < 0 or raw > np.uint64(end - place):
                return _MALFORMED, place
            value = np.int64(place)
            size = np.int64(raw)
            place += int(size)
        elif INT16 <= kind <= INT64:
            raw, place = varint(content, place, end)
            if place < 0:
                return _MALFORMED, place
            value = signed(raw)
        elif TRUE <= kind <= FALSE:
            value = np.int64(kind == TRUE)
            if left[own] >= 0:
                if place >= end:
                    return _MALFORMED, place
                value = np.int64(content[place] == 1)
                place += 1
        elif kind == INT8:
            if place >= end:
                return _MALFORMED, place
            value = np.int64(content[place])
            place += 1
        elif kind == DOUBLE:
            place += 8
            if place > end:
                return _MALFORMED, place
        else:
            return _MALFORMED, place
        if n < len(tokens):
            tokens[n, LEVEL] = own
            tokens[n, ID] = identity
            tokens[n, KIND] = kind
            tokens[n, VALUE] = value
            tokens[n, SIZE] = size
        n += 1
    return n, place


@device
def new_nest() -> Nest:
    """Return scratch for ``flatten``."""
    return Nest(
        np.zeros(MAX_DEPTH, dtype=np.int64),
        np.zeros(MAX_DEPTH, dtype=np.int64),
        np.zeros(MAX_DEPTH, dtype=np.int64),
    )


@kernel
def read_struct(content: NDArray[np.uint8], tokens: NDArray[np.int64]) -> int:
    """Write the tokens of the struct that the bytes begin with (see ``flatten``); return their number or -1."""
    n, _ = flatten(content, 0, len(content), tokens, new_nest())
    return n
