"""Record batches that become one ``Messages``."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from auditor.sources.kafka_messages import FORMAT_HEADER, UNNAMED_FORMAT, Damage, Messages, Partition
from kernels.kafka import MAX_FORMATS, Records, walk
from kernels.kafka_heads import (
    BASE,
    BATCH,
    CODE,
    COUNT,
    COUNT_WRONG,
    FEWEST_BYTES,
    FLOOR,
    LAST,
    LENGTH_WRONG,
    OFFSETS_WRONG,
    ORDER_WRONG,
    PLACE,
    RECORD_WRONG,
    REST_WRONG,
    SIZE,
)
from kernels.memory import PADDING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from auditor.sources.kafka_rooms import Room, Rooms

REASONS = {
    LENGTH_WRONG: "the length of its batch is too small",
    OFFSETS_WRONG: "the offsets of its batch are out of range",
    COUNT_WRONG: "its batch counts more records than it has bytes for",
    RECORD_WRONG: "its record does not fill its length",
    ORDER_WRONG: "its offset is out of order",
    REST_WRONG: "bytes follow the last record of its batch",
}

_LONGEST_NAME = 64
_KEY = np.frombuffer(FORMAT_HEADER.encode(), np.uint8)


class Group:
    """Batches of one fetch, put together.

    Parameters
    ----------
    start : int
        The position before them.
    rooms : Rooms
        Where what is inflated is put.

    Attributes
    ----------
    n_bytes : int
        Bytes of their records, inflated.
    damaged : list of Damage
        What could not be read among them.
    """

    def __init__(self, start: int, rooms: Rooms) -> None:
        self.start = start
        self.n_bytes = 0
        self.damaged: list[Damage] = []
        self._rooms = rooms
        self._begin_s = time.perf_counter()
        self._batches: list[list[int]] = []
        # What is not compressed stays where it is until something that is comes along.
        self._pieces: list[memoryview] = []
        self._room: Room | None = None
        # Where the records of the first batch begin in what was fetched, where those of the last one end, and how far
        # those of each lie behind their place in the pieces.
        self._begin = self._end = 0
        self._shifts: list[int] = []

    def room(self) -> Room:
        """Return the room of all records; what was added so far is in it."""
        if self._room is None:
            self._room = self._rooms.take()
            for piece in self._pieces:
                self._room.add(piece)
            self._pieces.clear()
        return self._room

    def add_plain(self, batch: list[int], begin: int, body: memoryview) -> None:
        """Add a batch that is not compressed, of which the records begin at a place of what was fetched."""
        if self._room is None:
            self._pieces.append(body)
        else:
            self._room.add(body)
        self._add(batch, begin, begin + len(body), len(body))

    def add_inflated(self, batch: list[int]) -> None:
        """Add a batch whose records were just put into the room."""
        self._add(batch, 0, 0, self.room().size - self.n_bytes)

    def _add(self, batch: list[int], begin: int, end: int, size: int) -> None:
        if not self._batches:
            self._begin = begin
        self._end = end
        self._shifts.append(begin - self.n_bytes)
        batch[PLACE] = self.n_bytes
        batch[SIZE] = size
        self._batches.append(batch)
        self.n_bytes += size

    def messages(self, place: Partition, content: NDArray[np.uint8], end: int) -> Messages:
        """Find the records; nothing can be added afterwards.

        Parameters
        ----------
        place : Partition
            Where they are from.
        content : ndarray of uint8
            What was fetched.
        end : int
            The position behind them.
        """
        batches = np.array(self._batches, np.int64).reshape(-1, BATCH)
        if self._room is None and self._batches and self._end + PADDING <= len(content):
            # They stay where they are, with the heads of batches between them.
            batches[:, PLACE] += np.array(self._shifts, np.int64) - self._begin
            values = content[self._begin : self._end + PADDING]
        else:
            values = self.room().values()
        # Whoever keeps the group keeps no room: only messages do.
        self._room = None
        most = int(np.clip(batches[:, COUNT], 0, batches[:, SIZE] // FEWEST_BYTES).sum())
        records = Records(
            np.empty(most, np.int64),
            np.empty(most, np.int64),
            np.empty(most, np.int64),
            np.empty(most, np.int64),
            np.empty(most, np.int8),
            np.empty((MAX_FORMATS, 2), np.int64),
        )
        n, n_distinct = walk(values, batches, _KEY, records)
        damaged = sorted(
            (*self.damaged, *_found_damage(batches, records.offsets)), key=lambda each: each.first
        )
        return Messages(
            topic=place.topic,
            partition=place.number,
            values=values,
            starts=records.starts[:n],
            lengths=records.lengths[:n],
            offsets=records.offsets[:n],
            timestamps_ms=records.times[:n],
            formats=_names(values, records.distinct, n_distinct),
            format_codes=records.formats[:n],
            start=self.start,
            end=end,
            damaged=tuple(damaged),
            decode_s=time.perf_counter() - self._begin_s,
        )


def _found_damage(batches: NDArray[np.int64], offsets: NDArray[np.int64]) -> Iterator[Damage]:
    """Yield what could not be read of each batch: all behind its last good record."""
    behind = np.cumsum(batches[:, COUNT])
    for at in np.nonzero(batches[:, CODE])[0].tolist():
        batch = batches[at]
        first = max(int(batch[BASE]), int(batch[FLOOR]))
        if batch[COUNT] > 0:
            first = int(offsets[behind[at] - 1]) + 1
        yield Damage(first, int(batch[LAST]), REASONS[int(batch[CODE])])


def _names(values: NDArray[np.uint8], distinct: NDArray[np.int64], n: int) -> tuple[str, ...]:
    """Return the distinct formats as text, cut where no name is so long."""
    names = [
        values[place : place + min(length, _LONGEST_NAME)].tobytes().decode(errors="replace")
        for place, length in distinct[:n].tolist()
    ]
    return (*names, UNNAMED_FORMAT) if n == MAX_FORMATS - 1 else tuple(names)
