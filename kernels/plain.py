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
def narrow(wide: NDArray[np.uint16], hints: NDArray[np.uint8], columns: NDArray[np.uint8]) -> None:
    """Write protocols, observed actions and what TCP flags say of the opener as bytes.

    Parameters
    ----------
    wide : ndarray of uint16, shape (3, F)
        Protocols, observed, and TCP flags below 256; odd rows may hold anything.
    hints : ndarray of uint8, shape (2, 256)
        The hint of each set of flags, of other protocols and of TCP.
    columns : ndarray of uint8, shape (3, F)
        Written: protocols, observed, hints.
    """
    protocols, observed, flags = wide[0], wide[1], wide[2]
    protocol_out, observed_out, hint_out = columns[0], columns[1], columns[2]
    others, tcp = hints[0], hints[1]
    for i in range(len(protocols)):
        protocol_out[i] = np.uint8(protocols[i] & np.uint16(255))
    for i in range(len(protocols)):
        observed_out[i] = np.uint8(observed[i] & np.uint16(255))
    for i in range(len(protocols)):
        flag = np.uint64(flags[i] & np.uint16(255))
        hint_out[i] = tcp[flag] if protocols[i] == np.uint16(6) else others[flag]


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
