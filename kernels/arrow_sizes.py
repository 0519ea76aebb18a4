"""How many bytes an Arrow IPC stream says that it inflates to: a walk over the heads of its messages.

Where what lies is in the flatbuffers of the format: a table begins with the distance back to the places of its fields.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kernels.jit import device, kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

GOOD, TOO_SHORT, NEGATIVE_MESSAGE, NEGATIVE_BODY, IN_FRONT = range(5)
"""What is wrong: nothing; it ends too early; a size below zero, of a message or of a body; a buffer before its body."""

_OUTSIDE = -(1 << 60)  # far in front of any content, so that a place reckoned from it is outside too
_MOST = 1 << 40  # bytes that anything may say: what is more counts as this
_DICTIONARY_BATCH, _RECORD_BATCH = 2, 3
_WORD = 8
_BYTES_A_BUFFER = 16


@device
def _unsigned(content: NDArray[np.uint8], place: int, size: int) -> int:
    """Return a number of up to four bytes."""
    if place < 0 or place > len(content) - size:
        return _OUTSIDE
    number = 0
    for k in range(size):
        number |= int(np.int64(content[place + k])) << (8 * k)
    return number


@device
def _signed_32(content: NDArray[np.uint8], place: int) -> int:
    """Return a number of four bytes, what ``_unsigned`` returns outside of the content."""
    number = _unsigned(content, place, 4)
    return number - (1 << 32) if number >= 1 << 31 else number


@device
def _signed_64(content: NDArray[np.uint8], place: int) -> int:
    """Return a number of eight bytes, ``_MOST`` or ``-1`` for those that are far from zero."""
    low, high = _unsigned(content, place, 4), _signed_32(content, place + 4)
    if low < 0 or high == _OUTSIDE:
        return _OUTSIDE
    if high < 0:
        return -1
    return min(high << 32 | low, _MOST)


@device
def _field(content: NDArray[np.uint8], table: int, number: int) -> int:
    """Return where a field of a table lies, 0 if it is absent."""
    back = _signed_32(content, table)
    fields = _OUTSIDE if back == _OUTSIDE else table - back
    n_bytes = _unsigned(content, fields, 2)
    at = 4 + 2 * number
    if n_bytes < 0 or at + 2 > n_bytes:
        return _OUTSIDE if n_bytes < 0 else 0
    offset = _unsigned(content, fields + at, 2)
    return table + offset if offset > 0 else offset


@device
def _target(content: NDArray[np.uint8], table: int, number: int) -> int:
    """Return where what a field points to lies, 0 if it is absent."""
    place = _field(content, table, number)
    if place == 0:
        return 0
    ahead = _unsigned(content, place, 4)
    return _OUTSIDE if ahead < 0 else place + ahead


@device
def _buffers(
    content: NDArray[np.uint8], batch: int, body: int, n_body: int, most: int
) -> tuple[int, int, int]:
    """Return what the buffers of a record batch say that they inflate to, what is wrong, and how many they are.

    Each has bytes of its own in the head of its message, so ``most`` that a stream has room for bounds the walk: no
    messages may share the same ones again and again.
    """
    at_compression = _field(content, batch, 3)
    at_buffers = _target(content, batch, 2)
    if at_compression < 0:
        return 0, TOO_SHORT, 0
    if at_compression == 0:
        return n_body, GOOD, 0
    if at_buffers <= 0:
        return 0, TOO_SHORT if at_buffers < 0 else GOOD, 0
    n_buffers = _unsigned(content, at_buffers, 4)
    if n_buffers < 0 or n_buffers > most:
        return 0, TOO_SHORT, 0
    total = 0
    for number in range(n_buffers):
        offset = _signed_64(content, at_buffers + 4 + 16 * number)
        length = _signed_64(content, at_buffers + 12 + 16 * number)
        if offset == _OUTSIDE or length == _OUTSIDE:
            return total, TOO_SHORT, n_buffers
        if length < _WORD:
            continue
        if offset < 0:
            return total, IN_FRONT, n_buffers
        said = _signed_64(content, body + offset)
        if said == _OUTSIDE:
            return total, TOO_SHORT, n_buffers
        total = min(total + (said if said >= 0 else length), _MOST)
    return total, GOOD, n_buffers


@kernel
def inflated_bytes(content: NDArray[np.uint8]) -> tuple[int, int]:
    """Say how many bytes the buffers of a stream say that they are, those that are not compressed included.

    Parameters
    ----------
    content : ndarray of uint8
        The stream.

    Returns
    -------
    total : int
        The bytes, as far as the walk came; a TiB for all that is more.
    code : int
        What is wrong, ``GOOD`` if nothing.
    """
    total = place = 0
    n_left = len(content) // _BYTES_A_BUFFER
    while place <= len(content) - 4:
        size = _signed_32(content, place)
        place += 4
        if size == -1:
            size = _signed_32(content, place)
            place += 4
            if size == _OUTSIDE:
                return total, TOO_SHORT
        if size == 0:
            break
        if size < 0:
            return total, NEGATIVE_MESSAGE
        root = _unsigned(content, place, 4)
        message = _OUTSIDE if root < 0 else place + root
        at_size, at_kind = _field(content, message, 3), _field(content, message, 1)
        at_head = _target(content, message, 2)
        n_body = _signed_64(content, at_size) if at_size else 0
        if at_kind < 0 or at_head < 0 or n_body == _OUTSIDE:
            return total, TOO_SHORT
        if n_body < 0:
            return total, NEGATIVE_BODY
        kind = content[at_kind] if 0 < at_kind < len(content) else 0
        if at_head and (kind == _DICTIONARY_BATCH or kind == _RECORD_BATCH):
            if kind == _DICTIONARY_BATCH:
                at_head = _target(content, at_head, 1)
            if at_head:
                said, code, n_buffers = _buffers(content, at_head, place + size, n_body, n_left)
                if code != GOOD:
                    return total, code
                total = min(total + said, _MOST)
                n_left -= n_buffers
        place += size + n_body
    return total, GOOD
