"""Memory of blocks of text, used again when nobody holds the block any more."""

from __future__ import annotations

from mmap import MAP_ANONYMOUS, MAP_PRIVATE, mmap
from typing import TYPE_CHECKING, Protocol

from auditor.arrays import ask_for_large_pages

if TYPE_CHECKING:
    from collections import deque


class Memory(Protocol):
    """What holds the text of blocks."""

    content: mmap


class Buffer:
    """Memory of one block; when nobody holds it any more, it is used again.

    Parameters
    ----------
    size : int
        Bytes of memory that is new.
    free : deque of mmap
        Memory that nobody uses.
    """

    def __init__(self, size: int, free: deque[mmap]) -> None:
        try:
            self.content = free.pop()  # the one that the caches may still hold
        except IndexError:
            # Pages come as they are touched.
            self.content = mmap(-1, size, MAP_PRIVATE | MAP_ANONYMOUS)
            ask_for_large_pages(self.content)
        self._free = free

    def __del__(self) -> None:
        """Let others have the memory."""
        self._free.append(self.content)
