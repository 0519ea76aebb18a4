"""Memory of a thread that is used again and again, for what lives no longer than the decoding of one column.

The system clears memory that it gives anew, page by page: for a column that hardly compresses that took ten times as
long as to decompress it.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_KEPT = 16 << 20
"""Of each use; what is larger is the system's again."""


class Scratch(threading.local):
    """Memory of this thread, by what it is used for."""

    def __init__(self) -> None:
        self._rooms: dict[str, NDArray[np.uint8]] = {}

    def take(self, use: str, size: int) -> memoryview:
        """Return room for ``size`` bytes, which may hold anything; what was there for the same use is gone."""
        room = self._rooms.get(use)
        if room is None or len(room) < size:
            # The next power of two: few sizes follow each other until it fits all. Pages come as they are touched.
            room = np.empty(1 << max(size - 1, 1).bit_length(), np.uint8)
            if len(room) <= MOST_KEPT:
                self._rooms[use] = room
        return room.data[:size]


SCRATCH = Scratch()
