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
    OPENER_DESTINATION,
    OPENER_SOURCE,
)
from kernels.jit import device

if TYPE_CHECKING:
    from numpy.typing import NDArray

FIRST_EPHEMERAL = np.uint16(32768)
"""Linux picks client ports from 32768 up (``net.ipv4.ip_local_port_range``)."""

LAST_SYSTEM = np.uint16(1023)
"""Ports up to here are never picked for a client (RFC 6335)."""


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


def infer(src_listens: int, dst_listens: int, src_rank: int, dst_rank: int) -> int:
    """Return opener and basis of a flow whose record does not say who opened it.

    A port that something in the cluster listens on, if only one of the two is such a port, is the server's. Else a
    client port facing a port that no client uses tells. Else the source is taken, as recorded. Without both ports
    nothing can be inferred.

    Parameters
    ----------
    src_listens, dst_listens : int
        1 if something in the cluster listens on that port.
    src_rank, dst_rank : int
        0 no port, 1 a system port, 2 a port in between, 3 a client port.

    Returns
    -------
    int
        ``opener + 2 * basis``.
    """
    if src_rank and dst_rank:
        if src_listens != dst_listens:
            return (OPENER_SOURCE if dst_listens else OPENER_DESTINATION) + 2 * BASIS_INFERRED
        if src_rank != dst_rank:
            return (OPENER_SOURCE if dst_rank < src_rank else OPENER_DESTINATION) + 2 * BASIS_INFERRED
    return OPENER_SOURCE + 2 * BASIS_RECORDED


_INFERRED = np.array([infer(n >> 5, n >> 4 & 1, n >> 2 & 3, n & 3) for n in range(64)], dtype=np.uint8)
"""``infer`` for all its arguments: half of a log are replies in no order, so branches would be mispredicted."""


@device
def _rank(port: np.uint16) -> np.uint64:
    """Return 0 for no port, 1 for a system port, 2 for one in between, 3 for a client port."""
    return np.uint64(port > np.uint16(0)) + np.uint64(port > LAST_SYSTEM) + np.uint64(port >= FIRST_EPHEMERAL)


@device
def opener_of(
    hint: np.uint8, row: np.uint64, src_port: np.uint16, dst_port: np.uint16, listening: NDArray[np.uint8]
) -> np.uint8:
    """Return opener and basis of one flow, packed as ``opener + 2 * basis``; what the record says wins."""
    src_listens = np.uint64(listening[row + np.uint64(src_port)])
    dst_listens = np.uint64(listening[row + np.uint64(dst_port)])
    place = (src_listens << np.uint64(5)) | (dst_listens << np.uint64(4))
    place |= (_rank(src_port) << np.uint64(2)) | _rank(dst_port)
    found: np.uint8 = _INFERRED[place] if hint == np.uint8(HINT_NONE) else _FROM_HINT[hint]
    return found
