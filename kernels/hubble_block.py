"""A block of Hubble lines: its pieces are indexed and read one after the other, each while it is in the cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kernels.hubble import Events, read_lines
from kernels.jit import kernel
from kernels.json_index import index_lines
from kernels.memory import NO_BITS, ONE, WIDTH, base_of, mask_equal, trailing_zeros

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kernels.json_program import Found, Program

START, N_LINES, N_FLOWS = 0, 1, 2
N_PROGRESS = 3


@kernel
def read_block(
    text: NDArray[np.uint8],
    sizes: tuple[int, int, int],
    places: tuple[NDArray[np.uint32], NDArray[np.uint32]],
    meaning: tuple[Program, NDArray[np.uint8]],
    found: Found,
    events: Events,
    progress: NDArray[np.int64],
) -> int:
    """Say what each line of a text is, and note the flows.

    One call for all pieces: each return to Python is a wait for its lock where other threads are at work.

    Parameters
    ----------
    text : ndarray of uint8, shape (N + PADDING,)
        Lines, less than 4 GiB, then padding.
    sizes : tuple of int
        N, bytes of a piece, and of the longest line that is read.
    places : tuple of ndarray
        Scratch for the quotes of a piece, and out: the lines, as of ``json_index.index_lines``.
    meaning, found, events
        As ``hubble.read_lines`` takes them.
    progress : ndarray of int64, shape (N_PROGRESS,)
        All 0 at first: the bytes, lines and flows that were read.

    Returns
    -------
    int
        0; or the bytes of a piece that has more quotes than there is room for: call again with more.
    """
    size, piece_bytes, longest = sizes
    quotes, lines = places
    source = base_of(text)
    numbers = np.empty(4, np.int64)
    numbers[0] = longest
    room = np.uint64(len(quotes)) - WIDTH
    while progress[START] < size:
        start = progress[START]
        end = min(start + piece_bytes, size)
        if end < size:
            at = np.uint64(end)
            feeds = mask_equal(source, at, 10)
            while feeds == NO_BITS and at + WIDTH < np.uint64(size):
                at += WIDTH
                feeds = mask_equal(source, at, 10)
            end = size if feeds == NO_BITS else min(size, int(np.int64(at + trailing_zeros(feeds) + ONE)))
        first = progress[N_LINES]
        piece = text[start:]
        n_quotes, n_found = index_lines(piece, np.uint64(end - start), quotes, lines[first:])
        if n_quotes > room:
            return int(end - start)
        n_lines = int(np.int64(n_found))
        here = lines[first : first + n_lines]
        numbers[1] = progress[N_FLOWS]
        numbers[2] = first
        numbers[3] = start
        progress[N_FLOWS] = read_lines(piece, (quotes, here), numbers, meaning, found, events)
        for line in range(n_lines):
            here[line, 0] += np.uint32(start)
            here[line, 3] += np.uint32(start)
        progress[N_LINES] = first + n_lines
        progress[START] = end
    return 0
