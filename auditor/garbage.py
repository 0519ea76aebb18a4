"""Python's collector of garbage, left out where there is none: it looks through all objects to find that."""

from __future__ import annotations

import gc
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Off:
    """How many leave the collector off at the moment, and whether it was on before the first of them."""

    lock = threading.Lock()
    n = 0
    was_on = False


@contextmanager
def without_collection() -> Iterator[None]:
    """Leave the garbage collector off: what is read and compiled is all to stay, and it would look through it often.

    With it on, reading 10 000 pods takes twice as long (`bench/bench_reload.py`), and every other thread waits for it.
    """
    with _Off.lock:
        if not _Off.n:
            _Off.was_on = gc.isenabled()
            gc.disable()
        _Off.n += 1
    try:
        yield
    finally:
        with _Off.lock:
            _Off.n -= 1
            if not _Off.n and _Off.was_on:
                gc.enable()
