"""Texts of Parquet pages, and the last step from small numbers to the columns of a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kernels.jit import kernel
from kernels.pages import MALFORMED
from kernels.parquet import length_at

if TYPE_CHECKING:
    from numpy.typing import NDArray


@kernel
def hint(protocols: NDArray[np.uint8], hints: NDArray[np.uint8], flags: NDArray[np.uint8]) -> None:
    """Write what TCP flags say of the opener in place of them.

    Parameters
    ----------
    protocols : ndarray of uint8, shape (F,)
        IANA numbers.
    hints : ndarray of uint8, shape (2, 256)
        The hint of each set of flags, of other protocols and of TCP.
    flags : ndarray of uint8, shape (F,)
        Of odd rows anything; the hints are written.
    """
    others, tcp = hints[0], hints[1]
    for i in range(len(protocols)):
        place = np.uint64(flags[i])
        flags[i] = tcp[place] if protocols[i] == np.uint8(6) else others[place]


@kernel
def read_texts(
    content: NDArray[np.uint8],
    start: int,
    end: int,
    offsets: NDArray[np.int32],
    letters: NDArray[np.uint8],
) -> int:
    """Write texts that stand one behind the other, each behind its length.

    Parameters
    ----------
    content : ndarray of uint8
        The bytes.
    start, end : int
        Where the texts begin and end.
    offsets : ndarray of int32, shape (T + 1,)
        Where each text begins among the letters; the first is given, those behind are written.
    letters : ndarray of uint8
        Written; at least ``end - start`` from the first offset on.

    Returns
    -------
    int
        0; ``MALFORMED`` if there are fewer than T.
    """
    place = start
    at = int(np.int64(offsets[0]))
    for text in range(len(offsets) - 1):
        if end - place < 4:
            return MALFORMED
        size = length_at(content, place)
        place += 4
        if size > end - place:
            return MALFORMED
        for k in range(size):
            letters[at + k] = content[place + k]
        place += size
        at += size
        offsets[text + 1] = at
    return 0
