"""The heap of this process: one for all threads, so that memory does not grow with who happens to need it when."""

from __future__ import annotations

import ctypes
import os

_M_ARENA_MAX = -8
"""Of the GNU C library (``malloc.h``)."""

ARROW_POOL = {"ARROW_DEFAULT_MEMORY_POOL": "system"}
"""Has Arrow take memory from the same heap, if it is in the environment when Arrow is imported.

Its own allocator takes two megabytes at a time from the system, in large pages that are cleared when they are touched
first: a tenth of an audit of ten million flows, and 60 MB more at its peak.
"""


def share_heap() -> bool:
    """Have all threads take memory from one heap from now on; return whether the system can.

    Else each keeps what it has needed once, and threads need much at different times: an audit of 20 GB took a tenth
    more. Threads that read and judge ask for few, large pieces, so they do not wait for each other. Arrow, not
    imported yet, is told to do so too, unless the user has chosen otherwise.
    """
    for name, pool in ARROW_POOL.items():
        os.environ.setdefault(name, pool)
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    return set_option is not None and bool(set_option(_M_ARENA_MAX, 1))
