"""Memory for messages that were inflated, used again when nobody holds them any more.

Groups of messages come and go many times a second, some MiB each. To ask for new memory for each costs a sixth of what
it costs to inflate them, for the system clears every page of it; and what is given back lies in between of what is
kept, so that the memory of the process would rise and fall by itself.
"""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from mmap import MAP_ANONYMOUS, MAP_PRIVATE, mmap
from typing import TYPE_CHECKING, Any

import numpy as np

from auditor.arrays import ask_for_large_pages
from kernels.memory import PADDING

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROOM_BYTES = 16 << 20
"""Of a room at first: a group and its last batch fit in. Memory that is never written to is none."""

MOST_FREE = 8
"""Rooms that are kept while nobody uses them."""


class _Memory:
    """Memory that goes back to where it came from; arrays of it hold this object."""

    def __init__(self, size: int, free: deque[mmap]) -> None:
        self.size = size
        self._free = free
        self._content = self._found() or mmap(-1, size, MAP_PRIVATE | MAP_ANONYMOUS)
        ask_for_large_pages(self._content)

    def _found(self) -> mmap | None:
        with suppress(IndexError):
            # The one that came last, which the caches may hold still.
            return self._free.pop() if self.size == ROOM_BYTES else None
        return None

    @property
    def __array_interface__(self) -> dict[str, Any]:
        """Where it lies, for numpy."""
        place = np.frombuffer(self._content, np.uint8).ctypes.data
        return {"version": 3, "shape": (self.size,), "typestr": "|u1", "data": (place, False)}

    def __del__(self) -> None:
        if self.size == ROOM_BYTES and len(self._free) < MOST_FREE:
            self._free.append(self._content)


class Room:
    """Bytes that grow at their end.

    Parameters
    ----------
    free : deque of mmap
        Memory that nobody uses.

    Attributes
    ----------
    size : int
        How many bytes are in it; to set it to less takes away from the end.
    """

    def __init__(self, free: deque[mmap]) -> None:
        self._free = free
        self._array: NDArray[np.uint8] = np.asarray(_Memory(ROOM_BYTES, free))
        self.size = 0

    def space(self, n_bytes: int) -> memoryview:
        """Return memory behind the end, ``n_bytes`` of it or more; what is written there counts once ``size`` does."""
        if self.size + n_bytes + PADDING > len(self._array):
            needed = 1 << (self.size + n_bytes + PADDING).bit_length()
            larger = np.asarray(_Memory(max(needed, ROOM_BYTES), self._free))
            larger[: self.size] = self._array[: self.size]
            self._array = larger
        return self._array[self.size : -PADDING].data

    def add(self, content: bytes | bytearray | memoryview) -> None:
        """Put bytes at the end."""
        self.space(len(content))[: len(content)] = content
        self.size += len(content)

    def values(self) -> NDArray[np.uint8]:
        """Return the bytes and ``PADDING`` zeros, not to be written to; the memory is theirs while anyone has them."""
        end = self.size + PADDING
        self._array[self.size : end] = 0
        values = self._array[:end]
        values.flags.writeable = False
        return values


class Rooms:
    """Where rooms come from."""

    def __init__(self) -> None:
        self._free: deque[mmap] = deque()

    def take(self) -> Room:
        """Return an empty room."""
        return Room(self._free)
