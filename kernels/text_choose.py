"""Texts that codes point to, without those that no code points to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kernels.appearance import renumber
from kernels.jit import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray


@kernel
def choose_texts(
    codes: NDArray[np.int32],
    offsets: NDArray[np.int32],
    letters: NDArray[np.uint8],
    dense: NDArray[np.int32],
) -> tuple[NDArray[np.int32], NDArray[np.uint8], int]:
    """Copy the texts that codes point to, each once, in order of first appearance.

    Parameters
    ----------
    codes : ndarray of int32, shape (F,), read-only
        In ``[-1, T)``; -1 is null.
    offsets : ndarray of int32, shape (T + 1,), read-only
        Text ``t`` stands in ``letters`` from ``offsets[t]`` to ``offsets[t + 1]``.
    letters : ndarray of uint8, read-only
        The texts.
    dense : ndarray of int32, shape (F,)
        Written: the place of each code among the chosen texts; -1 stays.

    Returns
    -------
    chosen_offsets : ndarray of int32, shape (U + 1,)
        As ``offsets``, of the chosen texts, from 0.
    chosen_letters : ndarray of uint8
        The chosen texts.
    n_null : int
        How many codes are -1.
    """
    used, n_null = renumber(codes, len(offsets) - 1, dense)
    chosen_offsets = np.empty(len(used) + 1, dtype=np.int32)
    chosen_offsets[0] = 0
    for place in range(np.uint64(len(used))):
        text = np.uint64(used[place])
        size = offsets[text + np.uint64(1)] - offsets[text]
        chosen_offsets[place + np.uint64(1)] = chosen_offsets[place] + size
    chosen_letters = np.empty(chosen_offsets[len(used)], dtype=np.uint8)
    for place in range(np.uint64(len(used))):
        start = np.uint64(chosen_offsets[place])
        source = np.uint64(offsets[np.uint64(used[place])])
        for step in range(np.uint64(chosen_offsets[place + np.uint64(1)]) - start):
            chosen_letters[start + step] = letters[source + step]
    return chosen_offsets, chosen_letters, n_null
