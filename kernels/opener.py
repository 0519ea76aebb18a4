"""Which end of a flow opened the connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kernels.codes import (
    BASIS_INFERRED,
    BASIS_RECORDED,
    BASIS_REPLY_FLAG,
    BASIS_TCP_FLAGS,
    HINT_NONE,
    MARK_LISTENING,
    N_MARKS,
    OPENER_DESTINATION,
    OPENER_SOURCE,
)
from kernels.jit import device

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FROM_HINT = np.array(
    [
        OPENER_SOURCE + 2 * BASIS_RECORDED,
        OPENER_SOURCE + 2 * BASIS_TCP_FLAGS,
        OPENER_DESTINATION + 2 * BASIS_TCP_FLAGS,
        OPENER_SOURCE + 2 * BASIS_REPLY_FLAG,
        OPENER_DESTINATION + 2 * BASIS_REPLY_FLAG,
        OPENER_SOURCE + 2 * BASIS_RECORDED,
    ],
    dtype=np.uint8,
)
"""Opener and basis by ``codes.HINT_*``."""


def infer(src_mark: int, dst_mark: int) -> int:
    """Return opener and basis of a flow whose record does not say who opened it.

    A port that something in the cluster listens on, if only one of the two is such a port, is the server's. Else
    the lower of two ranges tells the server: system ports, then those in between, then client ports. Else the
    source is taken, as recorded. Without both ports nothing can be inferred.

    Parameters
    ----------
    src_mark, dst_mark : int
        ``codes.MARK_*`` of either port.

    Returns
    -------
    int
        ``opener + 2 * basis``.
    """
    ranks = src_mark & 3, dst_mark & 3
    if all(ranks):
        listens = src_mark & MARK_LISTENING, dst_mark & MARK_LISTENING
        if listens[0] != listens[1]:
            return (OPENER_SOURCE if listens[1] else OPENER_DESTINATION) + 2 * BASIS_INFERRED
        if ranks[0] != ranks[1]:
            return (OPENER_SOURCE if ranks[1] < ranks[0] else OPENER_DESTINATION) + 2 * BASIS_INFERRED
    return OPENER_SOURCE + 2 * BASIS_RECORDED


def _known() -> NDArray[np.uint8]:
    """Return opener and basis by hint and both marks, what the record says winning over what can be inferred."""
    inferred = np.array([infer(n // N_MARKS, n % N_MARKS) for n in range(N_MARKS * N_MARKS)], dtype=np.uint8)
    known = np.repeat(_FROM_HINT, N_MARKS * N_MARKS).reshape(-1, N_MARKS * N_MARKS)
    known[HINT_NONE] = inferred
    return known.reshape(-1)


_OPENER = _known()
"""A table instead of branches: half of a log are replies in no order, and each would be mispredicted."""


@device
def opener_of(hint: np.uint8, src_mark: np.uint8, dst_mark: np.uint8) -> np.uint8:
    """Return opener and basis of one flow, packed as ``opener + 2 * basis``; what the record says wins."""
    place = (np.uint64(hint) * np.uint64(N_MARKS) + np.uint64(src_mark)) * np.uint64(N_MARKS)
    found: np.uint8 = _OPENER[place + np.uint64(dst_mark)]
    return found
