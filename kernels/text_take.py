"""Pieces of a text that lie in the cache, put into a block that does not, and looked at on their way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kernels.copying import copy_64_around, settle
from kernels.jit import device, lean_kernel
from kernels.memory import NO_BITS, ONE, WIDTH, base_of, count_bits, mask_below, mask_equal

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kernels.memory import Base

_LAST = np.uint64(63)


@device
def _look(text: Base, at: np.uint64, counting: np.uint64, begins: np.uint64) -> tuple[np.uint64, np.uint64]:
    """Return where line feeds are among 64 bytes, and lines that begin with anything but a digit."""
    feeds = mask_equal(text, at, 10)
    others = mask_below(text, at, 48) | ~mask_below(text, at, 58)
    return feeds & counting, (feeds << ONE | begins) & others & counting


@lean_kernel
def take_lines(
    piece: NDArray[np.uint8], content: NDArray[np.uint8], place: np.uint64, begins: np.uint64
) -> tuple[np.uint64, np.uint64]:
    """Copy a piece of a text, and count as ``text_index.count_lines`` does.

    Read back after it was written elsewhere it would come from memory once more: that is what costs most of reading.

    Parameters
    ----------
    piece : ndarray of uint8, shape (P,)
        The piece.
    content : ndarray of uint8, shape (N,)
        Out: ``piece`` from ``place`` on. It begins at a multiple of 64 in memory, and P and ``PADDING`` bytes follow
        ``place``.
    place : uint64
        Where.
    begins : uint64
        1 if the first byte begins a line, else 0.

    Returns
    -------
    n_feeds, n_others : uint64
        How many line feeds there are, and whether lines begin in the piece with anything but a digit: 0 if none does.
    """
    source, target = base_of(piece), base_of(content)
    size = np.uint64(len(piece))
    n_feeds = NO_BITS
    n_others = NO_BITS
    at = NO_BITS
    while at < size:
        to = place + at
        count = min(size - at, WIDTH - (to & _LAST))
        if count == WIDTH:
            last = size - WIDTH
            while at <= last:
                copy_64_around(target, place + at, source, at)
                feeds, others = _look(source, at, ~NO_BITS, begins)
                n_feeds += count_bits(feeds)
                n_others |= others
                begins = feeds >> _LAST
                at += WIDTH
            continue
        for step in range(count):
            content[to + np.uint64(step)] = piece[at + np.uint64(step)]
        feeds, others = _look(target, to, (ONE << count) - ONE, begins)
        n_feeds += count_bits(feeds)
        n_others |= others
        begins = feeds >> (count - ONE)
        at += count
    settle()
    return n_feeds, n_others
