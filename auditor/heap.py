"""The heap of this process: one for all threads, so that memory does not grow with who happens to need it when."""

from __future__ import annotations

import ctypes

_M_ARENA_MAX = -8
"""Of the GNU C library (``malloc.h``)."""


def share_heap() -> bool:
    """Have all threads take memory from one heap from now on; return whether the system can.

    Else each keeps what it has needed once, and threads need much at different times: an audit of 20 GB took a tenth
    more. Threads that read and judge ask for few, large pieces, so they do not wait for each other.
    """
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    return set_option is not None and bool(set_option(_M_ARENA_MAX, 1))
