"""Frames of Zstandard, as far as their borders: whether pages can be decompressed all at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kernels.jit import device, kernel
from kernels.pages import IS_COMPRESSED, LEVELS, PLACE, PLAIN_SIZE, STORED

if TYPE_CHECKING:
    from numpy.typing import NDArray

_REPEATED, _RESERVED = 1, 3


@device
def _number(content: NDArray[np.uint8], place: int, size: int) -> np.uint64:
    """Return a number of up to eight bytes."""
    number = np.uint64(0)
    for k in range(size):
        number |= np.uint64(content[place + k]) << np.uint64(8 * k)
    return number


@device
def _fits(content: NDArray[np.uint8], place: int, end: int, size: int) -> bool:
    """Return whether the bytes are one frame that says it holds ``size`` bytes."""
    if end - place < 18 or _number(content, place, 4) != np.uint64(0xFD2FB528):
        return False
    head = int(np.int64(content[place + 4]))
    is_single = head >> 5 & 1
    width = 1 << (head >> 6)
    if width == 1 and is_single == 0:
        return False
    # A dictionary from elsewhere, or a bit that has no meaning yet.
    if head & 3 or head & 8:
        return False
    place += 6 - is_single
    said = _number(content, place, width)
    if width == 2:
        said += np.uint64(256)
    if said != np.uint64(size):
        return False
    place += width
    while True:
        if end - place < 3:
            return False
        block = int(np.int64(_number(content, place, 3)))
        place += 3
        kind = block >> 1 & 3
        if kind == _REPEATED:
            place += 1
        elif kind != _RESERVED:
            place += block >> 3
        else:
            return False
        if block & 1:
            break
    return bool(place + 4 * (head >> 2 & 1) == end)


@kernel
def frames_fit(content: NDArray[np.uint8], pages: NDArray[np.int64]) -> bool:
    """Return whether every page is compressed as a whole, is one frame, and says that it holds what it should.

    Parameters
    ----------
    content : ndarray of uint8
        The chunk.
    pages : ndarray of int64, shape (P, PAGE)
        See ``kernels.pages``; every body lies inside the chunk.
    """
    for page in range(len(pages)):
        if pages[page, LEVELS] > 0 or pages[page, IS_COMPRESSED] == 0:
            return False
        place = pages[page, PLACE]
        if not _fits(content, place, place + pages[page, STORED], pages[page, PLAIN_SIZE]):
            return False
    return True
