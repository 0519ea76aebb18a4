"""Arrays as kernels take them, and the memory under them."""

from __future__ import annotations

import mmap as memory_map
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from mmap import mmap

    from numpy.typing import NDArray

T = TypeVar("T", bound=np.generic)


MADV_HUGEPAGE: int | None = getattr(memory_map, "MADV_HUGEPAGE", None)
"""Asks Linux for large pages; other systems have no such word."""


def ask_for_large_pages(memory: mmap) -> None:
    """Have memory come in large pages where the system has them: one fault where small ones cost five hundred."""
    if MADV_HUGEPAGE is not None:
        # Linux may have been built without them.
        with suppress(OSError):
            memory.madvise(MADV_HUGEPAGE)


def frozen(array: NDArray[T]) -> NDArray[T]:
    """Return a contiguous read-only view: inputs of one kind keep one compiled version of each kernel."""
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view
