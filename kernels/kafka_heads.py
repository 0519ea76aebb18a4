"""Heads of Kafka's record batches (format 2) as rows of numbers.

The bytes come from a network: a length may lie, and no byte outside of the content is looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kernels.jit import device, kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

BATCH = 14
"""Columns of a batch."""

(
    PLACE,
    SIZE,
    BASE,
    LAST,
    EPOCH,
    MAGIC,
    CHECKSUM,
    ATTRIBUTES,
    FIRST_TIME,
    LAST_TIME,
    PRODUCER,
    COUNT,
    FLOOR,
    CODE,
) = range(BATCH)
"""Place and size of the bytes; offset of the first and of the last record; epoch of the leader; version of the format;
CRC-32C; attributes; times of the first and of the latest record in ms; producer; number of records; offset below which
records are passed over; what came of it."""

HEAD = 61
"""Bytes of a batch before its records."""

CHECKED = 21
"""Place in a batch of the first byte that its checksum covers."""

CODECS, IS_APPEND_TIME, IS_TRANSACTIONAL, IS_CONTROL = 7, 8, 16, 32
"""Bits of the attributes."""

FEWEST_BYTES = 7
"""Bytes of a record at least: its length, attributes, two deltas, and three lengths of nothing."""

GOOD, LENGTH_WRONG, OFFSETS_WRONG, COUNT_WRONG, RECORD_WRONG, ORDER_WRONG, REST_WRONG = range(7)
"""What can come of a batch: a length that leaves no room for a head; offsets that do not exist; more records than bytes
allow; a record whose parts do not fill its length; an offset out of order or behind the last; bytes left over."""

_LAST_OFFSET = (1 << 63) - 1


@device
def _big_endian(content: NDArray[np.uint8], place: int, size: int) -> np.int64:
    """Return a number of up to eight bytes; eight make it signed."""
    number = np.uint64(0)
    for k in range(size):
        number = (number << np.uint64(8)) | np.uint64(content[place + k])
    return np.int64(number)


@device
def _big_endian_32(content: NDArray[np.uint8], place: int) -> np.int64:
    """Return a signed number of four bytes."""
    number = _big_endian(content, place, 4)
    if number >= 1 << 31:
        number -= 1 << 32
    return number


@kernel
def read_heads(content: NDArray[np.uint8], batches: NDArray[np.int64]) -> int:
    """Write a row for each batch that is complete.

    Parameters
    ----------
    content : ndarray of uint8
        Batches one behind another, the last one cut off perhaps.
    batches : ndarray of int64, shape (B, BATCH)
        PLACE is that of the batch, SIZE that of all its bytes. Behind a length that leaves no room for a head nothing
        can be found: its row, with the code, is the last. Of the older formats only PLACE, SIZE, BASE and MAGIC are
        written, and LAST as BASE.

    Returns
    -------
    int
        How many rows were written, at most B.
    """
    end = len(content)
    place = 0
    n = 0
    while n < len(batches) and end - place >= 17:
        length = _big_endian_32(content, place + 8)
        base = _big_endian(content, place, 8)
        magic = np.int64(content[place + 16])
        for column in range(BATCH):
            batches[n, column] = 0
        batches[n, PLACE] = place
        batches[n, BASE] = base
        batches[n, LAST] = base
        batches[n, MAGIC] = magic
        # The formats before the second have a head of 14 bytes behind the length.
        fewest = HEAD - 12 if magic >= 2 else 14
        if length < fewest:
            batches[n, CODE] = LENGTH_WRONG
            batches[n, SIZE] = end - place
            return n + 1
        if length > end - place - 12:
            break
        batches[n, SIZE] = 12 + length
        if magic >= 2:
            delta = _big_endian_32(content, place + 23)
            batches[n, EPOCH] = _big_endian_32(content, place + 12)
            batches[n, CHECKSUM] = _big_endian(content, place + 17, 4)
            batches[n, ATTRIBUTES] = _big_endian(content, place + 21, 2)
            batches[n, FIRST_TIME] = _big_endian(content, place + 27, 8)
            batches[n, LAST_TIME] = _big_endian(content, place + 35, 8)
            batches[n, PRODUCER] = _big_endian(content, place + 43, 8)
            batches[n, COUNT] = _big_endian_32(content, place + 57)
            if delta < 0 or base < 0 or base > _LAST_OFFSET - (1 << 32):
                batches[n, CODE] = OFFSETS_WRONG
            else:
                batches[n, LAST] = base + delta
        place += 12 + int(length)
        n += 1
    return n
