"""Values of messages: what each begins with, and chosen ones put behind one another as the lines of a text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kernels.copying import copy_64
from kernels.jit import kernel
from kernels.memory import ONE, PADDING, WIDTH, base_of, count_bits, mask_equal, prefetch

if TYPE_CHECKING:
    from numpy.typing import NDArray

KIND_EMPTY = 0
KIND_OBJECT = 1
KIND_DOCUMENTS = 2
KIND_ARROW = 3
KIND_GZIP = 4
KIND_BASE64 = 5
KIND_AGENT_LOG = 6
KIND_TEXT = 7

_ROWS_AHEAD = 16
_NONE = np.uint64(0)
_EIGHT = np.uint64(8)
_REGISTERED = np.uint64(5)
_MARK = np.uint64(3)
_TWO_BYTES = np.uint64(0xFFFF)
_THREE_BYTES = np.uint64(0xFF_FFFF)
_FOUR_BYTES = np.uint64(0xFFFF_FFFF)
_SIX_BYTES = np.uint64(0xFFFF_FFFF_FFFF)
_ORDER_MARK = np.uint64(0xBF_BBEF)
_GZIP = np.uint64(0x8B1F)
_STREAM = np.uint64(0xFFFF_FFFF)
_FILE = np.uint64(0x31_574F_5252_41)  # ARROW1
_BASE64 = np.uint64(0x4973_3448)  # H4sI: the marks of gzip in base64
_LEVEL = np.uint64(0x3D6C_6576_656C)  # level=
_MESSAGE = np.uint64(0x3D67_736D)  # msg=
_SHORT_TIME = np.uint64(0x3D_7374)  # ts=
_TIME = np.uint64(0x3D_656D_6974)  # time=
_FIVE_BYTES = np.uint64(0xFF_FFFF_FFFF)


@kernel
def look(
    values: NDArray[np.uint8],
    starts: NDArray[np.int64],
    lengths: NDArray[np.int64],
    begins: NDArray[np.int64],
) -> NDArray[np.uint8]:
    """Say what each value begins with.

    A byte order mark, and the five bytes that a schema registry's serializer puts before JSON, are no part of it.

    Parameters
    ----------
    values : ndarray of uint8
        Holds all of them.
    starts, lengths : ndarray of int64, shape (N,)
        Where each lies, negative lengths for null.
    begins : ndarray of int64, shape (N,)
        Out: where each begins behind such marks.

    Returns
    -------
    ndarray of uint8, shape (N,)
        ``KIND_*``.
    """
    kinds = np.empty(len(starts), np.uint8)
    source = base_of(values)
    for row in range(len(starts)):
        # Each lies where the processor does not expect it: waiting for memory is most of this.
        if row + _ROWS_AHEAD < len(starts):
            prefetch(source, np.uint64(starts[row + _ROWS_AHEAD]))
        begins[row] = starts[row]
        kinds[row] = KIND_EMPTY
        if lengths[row] <= 0:
            continue
        at = np.uint64(starts[row])
        end = at + np.uint64(lengths[row])
        if end - at > _REGISTERED and values[at] == 0 and values[at + _REGISTERED] == 123:
            at += _REGISTERED
        elif (
            end - at >= _MARK
            and values[at] == 0xEF
            and values[at + ONE] == 0xBB
            and values[at + ONE + ONE] == 0xBF
        ):
            at += _MARK
        begins[row] = np.int64(at)
        while at < end and (values[at] == 32 or (values[at] >= 9 and values[at] <= 13)):
            at += ONE
        if at == end:
            continue
        word = _NONE
        for step in range(8):
            place = at + np.uint64(step)
            if place < end:
                word |= np.uint64(values[place]) << (_EIGHT * np.uint64(step))
        first = values[at]
        kind = KIND_TEXT
        if first == 123:
            kind = KIND_OBJECT
            # Nothing behind the bracket on its line: an object over several lines.
            place = at + ONE
            while place < end and (values[place] == 32 or values[place] == 9 or values[place] == 13):
                place += ONE
            if place < end and values[place] == 10:
                kind = KIND_DOCUMENTS
        elif first == 91:
            kind = KIND_DOCUMENTS
        elif word & _FOUR_BYTES == _STREAM or word & _SIX_BYTES == _FILE:
            kind = KIND_ARROW
        elif word & _TWO_BYTES == _GZIP:
            kind = KIND_GZIP
        else:
            if word & np.uint64(0xFF) == np.uint64(34):
                word >>= _EIGHT
            if word & _FOUR_BYTES == _BASE64:
                kind = KIND_BASE64
            elif (
                word & _SIX_BYTES == _LEVEL
                or word & _FIVE_BYTES == _TIME
                or word & _FOUR_BYTES == _MESSAGE
                or word & _THREE_BYTES == _SHORT_TIME
            ):
                kind = KIND_AGENT_LOG
        kinds[row] = kind
    return kinds


@kernel
def gather(
    values: NDArray[np.uint8], spans: NDArray[np.int64], text: NDArray[np.uint8], firsts: NDArray[np.int64]
) -> tuple[np.uint64, np.uint64]:
    """Put values behind one another, each ended by one line feed, whether it has one at its end or not.

    Parameters
    ----------
    values : ndarray of uint8
        Holds them.
    spans : ndarray of int64, shape (M, 2)
        Where each begins and ends.
    text : ndarray of uint8
        Out: the lines and ``PADDING`` bytes; as long as all values, a byte more for each, and the padding.
    firsts : ndarray of int64, shape (M, 2)
        Out: the first line of each value, from 0, and where it begins.

    Returns
    -------
    size : uint64
        Bytes of the lines.
    n_lines : uint64
        How many lines.
    """
    size = _NONE
    n_lines = _NONE
    target = base_of(text)
    source = base_of(values)
    n_values = np.uint64(len(values))
    for row in range(len(spans)):
        at = np.uint64(spans[row, 0])
        end = np.uint64(spans[row, 1])
        if end > at and values[end - ONE] == 10:
            end -= ONE
        firsts[row, 0] = np.int64(n_lines)
        firsts[row, 1] = np.int64(size)
        # Behind the value 63 bytes too many may be written: those of the next one, or the padding.
        while at < end and n_values - at >= WIDTH:
            copy_64(target, size, source, at)
            feeds = mask_equal(target, size, 10)
            if end - at < WIDTH:
                feeds &= (ONE << (end - at)) - ONE
                size += end - at
                at = end
            else:
                size += WIDTH
                at += WIDTH
            n_lines += count_bits(feeds)
        while at < end:
            text[size] = values[at]
            n_lines += np.uint64(values[at] == 10)
            size += ONE
            at += ONE
        text[size] = 10
        size += ONE
        n_lines += ONE
    for step in range(PADDING):
        text[size + np.uint64(step)] = 0
    return size, n_lines
