"""Python's collector of garbage, left out where there is none: it looks through all objects to find that."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def without_collection() -> Iterator[None]:
    """Leave the garbage collector off: what is read and compiled is all to stay, and it would look through it often.

    With it on, reading 10 000 pods takes twice as long (`bench/bench_reload.py`), and every other thread waits for it.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
