"""Records of Kafka's batches (format 2) as places and lengths.

The bytes come from a network. A length may lie, a number may not end, a count may be absurd: each gets a code, and no
byte outside of the batch that is being read is looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kernels.jit import device, kernel
from kernels.kafka_heads import (
    ATTRIBUTES,
    BASE,
    CODE,
    COUNT,
    COUNT_WRONG,
    FEWEST_BYTES,
    FIRST_TIME,
    FLOOR,
    GOOD,
    IS_APPEND_TIME,
    LAST,
    LAST_TIME,
    ORDER_WRONG,
    PLACE,
    RECORD_WRONG,
    REST_WRONG,
    SIZE,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_FORMATS = 32
"""Distinct values of the header; all from the last place on stand together there."""

_MOST = np.int64(1) << np.int64(62)


class Records(NamedTuple):
    """Where the parts of records are, N of them at most.

    Attributes
    ----------
    offsets : ndarray of int64, shape (N,)
        Ascending.
    starts : ndarray of int64, shape (N,)
        Place of the value in the content.
    lengths : ndarray of int64, shape (N,)
        Its bytes; -1 for null.
    times : ndarray of int64, shape (N,)
        Milliseconds since 1970; -1 if not known.
    formats : ndarray of int8, shape (N,)
        Place of the header's value among ``distinct``; -1 for none.
    distinct : ndarray of int64, shape (MAX_FORMATS, 2)
        Place and length of each value of the header that was found.
    """

    offsets: NDArray[np.int64]
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]
    times: NDArray[np.int64]
    formats: NDArray[np.int8]
    distinct: NDArray[np.int64]


@device
def _number(content: NDArray[np.uint8], place: int, end: int) -> tuple[np.int64, int]:
    """Return a signed number of variable length and the place behind it; -1 as the place if it does not end."""
    if place >= end:
        return np.int64(0), -1
    byte = np.uint64(content[place])
    raw = byte & np.uint64(127)
    place += 1
    shift = np.uint64(7)
    while byte >= np.uint64(128):
        if place >= end or shift > np.uint64(63):
            return np.int64(0), -1
        byte = np.uint64(content[place])
        raw |= (byte & np.uint64(127)) << shift
        place += 1
        shift += np.uint64(7)
    half = np.int64(raw >> np.uint64(1))
    if raw & np.uint64(1):
        return np.int64(-1) - half, place
    return half, place


@device
def _is_same(content: NDArray[np.uint8], first: int, second: int, length: int) -> bool:
    """Return whether two stretches of the content are equal."""
    for k in range(length):
        if content[first + k] != content[second + k]:
            return False
    return True


@device
def _is_key(content: NDArray[np.uint8], place: int, key: NDArray[np.uint8]) -> bool:
    """Return whether the content holds ``key`` at a place; that many bytes are there."""
    for k in range(len(key)):
        if content[place + k] != key[k]:
            return False
    return True


@device
def _format_code(
    content: NDArray[np.uint8], place: int, length: int, distinct: NDArray[np.int64], n: int
) -> int:
    """Return the place of a value among the ``n`` distinct ones, ``n`` if it is none of them."""
    for code in range(n):
        if distinct[code, 1] == length and _is_same(content, place, int(distinct[code, 0]), length):
            return code
    return n


@device
def _skip_bytes(content: NDArray[np.uint8], place: int, end: int) -> tuple[int, np.int64, int]:
    """Return where bytes with a length before them begin, that length (below 0: null), and the place behind them.

    The place behind is -1 if the length does not end or the bytes do.
    """
    length, place = _number(content, place, end)
    if place < 0 or length > end - place:
        return 0, length, -1
    if length <= 0:
        return place, length, place
    return place, length, place + int(length)


@kernel
def walk(
    content: NDArray[np.uint8], batches: NDArray[np.int64], key: NDArray[np.uint8], records: Records
) -> tuple[int, int]:
    """Write where the records of batches are.

    Parameters
    ----------
    content : ndarray of uint8
        The records of all batches, inflated.
    batches : ndarray of int64, shape (B, BATCH)
        PLACE and SIZE are those of the records in the content, and inside of it. COUNT becomes the number of records
        that were written, CODE what went wrong behind them: the records before a wrong one count, unless they take up
        all the offsets.
    key : ndarray of uint8
        Name of the header to look for. If a record has it twice, the last one holds, as in Kafka itself.
    records : Records
        Written; N is at least the sum of COUNT, or of ``SIZE // FEWEST_BYTES`` where that is less.

    Returns
    -------
    n : int
        How many records were written.
    n_distinct : int
        How many distinct values of the header there are.
    """
    n = 0
    n_distinct = 0
    for batch in range(len(batches)):
        place = int(batches[batch, PLACE])
        end = place + int(batches[batch, SIZE])
        base = batches[batch, BASE]
        last = batches[batch, LAST]
        floor = batches[batch, FLOOR]
        count = batches[batch, COUNT]
        first_time = batches[batch, FIRST_TIME]
        is_append_time = (batches[batch, ATTRIBUTES] & IS_APPEND_TIME) != 0
        before = n
        former = base - 1
        code = GOOD
        if count < 0 or count > (end - place) // FEWEST_BYTES:
            code = COUNT_WRONG
            count = np.int64(0)
        for _ in range(count):
            code = RECORD_WRONG
            length, place = _number(content, place, end)
            if place < 0 or length < 0 or length > end - place:
                break
            stop = place + int(length)
            # One byte of attributes, of which none has a meaning yet.
            time_delta, place = _number(content, place + 1, stop)
            if place < 0:
                break
            delta, place = _number(content, place, stop)
            if place < 0:
                break
            _, _, place = _skip_bytes(content, place, stop)
            if place < 0:
                break
            value, value_length, place = _skip_bytes(content, place, stop)
            if place < 0:
                break
            n_headers, place = _number(content, place, stop)
            # A header has two lengths at least.
            if place < 0 or n_headers < 0 or n_headers > (stop - place) // 2:
                break
            format_place = 0
            format_length = np.int64(-1)
            for _header in range(n_headers):
                name, name_length, place = _skip_bytes(content, place, stop)
                if place < 0 or name_length < 0:
                    place = -1
                    break
                text, text_length, place = _skip_bytes(content, place, stop)
                if place < 0:
                    break
                if name_length == len(key) and _is_key(content, name, key):
                    format_place = text
                    format_length = text_length
            if place != stop:
                break
            if delta < 0 or delta > last - base or base + delta <= former:
                code = ORDER_WRONG
                break
            code = GOOD
            former = base + delta
            if former < floor:
                continue
            records.offsets[n] = former
            records.starts[n] = value
            records.lengths[n] = max(value_length, np.int64(-1))
            time = np.int64(-1)
            if is_append_time:
                time = batches[batch, LAST_TIME]
            elif -_MOST < time_delta < _MOST and -_MOST < first_time < _MOST:
                time = first_time + time_delta
            records.times[n] = max(time, np.int64(-1))
            found = -1
            if format_length >= 0:
                found = _format_code(content, format_place, int(format_length), records.distinct, n_distinct)
                if found == n_distinct and n_distinct < MAX_FORMATS - 1:
                    records.distinct[found, 0] = format_place
                    records.distinct[found, 1] = format_length
                    n_distinct += 1
                found = min(found, MAX_FORMATS - 1)
            records.formats[n] = found
            n += 1
        if code == GOOD and place != end:
            code = REST_WRONG
        if code != GOOD and former >= last:
            # What is wrong stands for some offset, the last one at the latest.
            n = max(before, n - 1)
        batches[batch, COUNT] = n - before
        batches[batch, CODE] = code
    return n, n_distinct


@kernel
def is_abort(content: NDArray[np.uint8]) -> bool:
    """Return whether the records of a control batch, which are the content, begin with the mark of an abort."""
    end = len(content)
    length, place = _number(content, 0, end)
    if place < 0 or length < 0 or length > end - place:
        return False
    stop = place + int(length)
    _, place = _number(content, place + 1, stop)
    if place < 0:
        return False
    _, place = _number(content, place, stop)
    if place < 0:
        return False
    key, key_length, place = _skip_bytes(content, place, stop)
    # A version of two bytes, then the type: 0 aborts, 1 commits.
    return bool(place >= 0 and key_length >= 4 and content[key + 2] == 0 and content[key + 3] == 0)
