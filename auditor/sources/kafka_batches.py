"""Record batches of Kafka (format 2) to ``Messages``: checksums, codecs, transactions and gaps, a batch at a time."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from crc32c import crc32c

from auditor.sources.kafka_codecs import InflateError, inflate
from auditor.sources.kafka_messages import FORMAT_HEADER, UNNAMED_FORMAT, Damage, Messages
from kernels.kafka import MAX_FORMATS, Records, is_abort, walk
from kernels.kafka_heads import (
    ATTRIBUTES,
    BASE,
    BATCH,
    CHECKED,
    CHECKSUM,
    CODE,
    CODECS,
    COUNT,
    COUNT_WRONG,
    EPOCH,
    FEWEST_BYTES,
    FLOOR,
    GOOD,
    HEAD,
    IS_CONTROL,
    IS_TRANSACTIONAL,
    LAST,
    LENGTH_WRONG,
    MAGIC,
    OFFSETS_WRONG,
    ORDER_WRONG,
    PLACE,
    PRODUCER,
    RECORD_WRONG,
    REST_WRONG,
    SIZE,
    read_heads,
)
from kernels.memory import PADDING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

CHECKSUM_REASON = "its checksum is wrong"
REASONS = {
    LENGTH_WRONG: "the length of its batch is too small",
    OFFSETS_WRONG: "the offsets of its batch are out of range",
    COUNT_WRONG: "its batch counts more records than it has bytes for",
    RECORD_WRONG: "its record does not fill its length",
    ORDER_WRONG: "its offset is out of order",
    REST_WRONG: "bytes follow the last record of its batch",
}
MAY_BE_TRANSPORT = (CHECKSUM_REASON, REASONS[LENGTH_WRONG])
"""Reasons that bytes changed on their way may have: worth another try."""

NEWEST_MAGIC = 2
"""The format of batches since Kafka 0.11."""

_MOST_LOST = 1 << 20
"""Offsets that a batch which cannot be read is believed to hold at most."""
_LONGEST_NAME = 64
_KEY = np.frombuffer(FORMAT_HEADER.encode(), np.uint8)


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what a batch may make of itself.

    Attributes
    ----------
    batch_bytes : int
        How much one batch may inflate to: 64 MiB. Producers' largest request is 1 MiB by default.
    group_bytes : int
        Batches are put together until they hold so much: enough that what is done once a group, some hundred calls
        and a look at each distinct address, costs little. Text is scanned in smaller pieces that stay in the cache.
    """

    batch_bytes: int = 64 << 20
    group_bytes: int = 8 << 20


class BatchReader:
    """The messages of one fetch of one partition.

    Parameters
    ----------
    topic : str
        Name of the topic.
    partition : int
        Number of the partition.
    content : buffer
        What the broker sent: batches, the last one cut off perhaps.
    position : int
        First offset that is wanted; the first batch may begin before it.
    aborted : iterable of (int, int)
        Producer and first offset of each transaction in there that was aborted.
    limits : Limits
        Bounds on memory.

    Attributes
    ----------
    position : int
        Offset behind what was delivered; control batches, aborted transactions and gaps count as delivered.
    epoch : int
        Epoch of the leader that wrote the last of these; -1 if not known.
    n_bytes : int
        Bytes of the batches that were delivered.
    """

    def __init__(
        self,
        topic: str,
        partition: int,
        content: bytes | bytearray | memoryview,
        position: int,
        aborted: Iterable[tuple[int, int]] = (),
        limits: Limits | None = None,
    ) -> None:
        self.position = position
        self.epoch = -1
        self.n_bytes = 0
        self._topic = topic
        self._partition = partition
        self._view = memoryview(content)
        self._content = np.frombuffer(content, np.uint8)
        self._content.flags.writeable = False
        self._limits = limits or Limits()
        self._to_abort = sorted(aborted, key=lambda entry: entry[1], reverse=True)
        self._aborting: set[int] = set()

    def __iter__(self) -> Iterator[Messages]:
        """Yield the messages in groups, none if there is no batch that goes beyond the position.

        What follows a batch with a wrong checksum is left to the next fetch: it may have been the end of a transaction.
        """
        table = np.empty((len(self._content) // 17 + 1, BATCH), np.int64)
        # Single numbers of lists cost a third of those of arrays, and most batches of slow topics hold one record.
        batches = table[: read_heads(self._content, table)].tolist()
        bases = [batch[BASE] for batch in batches[1:]] + [-1]
        group = _Group(self.position)
        for batch, next_base in zip(batches, bases, strict=False):
            is_known = self._add(group, batch, next_base)
            if group.n_bytes >= self._limits.group_bytes:
                yield self._close(group)
                group = _Group(self.position)
            if not is_known:
                break
        if self.position > group.start:
            yield self._close(group)

    def _add(self, group: _Group, batch: list[int], next_base: int) -> bool:
        """Add one batch to a group, as messages, damage or offsets that hold nothing; return whether to go on."""
        first, last = self.position, batch[LAST]
        body = self._view[batch[PLACE] : batch[PLACE] + batch[SIZE]]
        reason = self._fault(batch, body)
        if reason is not None:
            # What its head says of the end is no more to be trusted than the rest of it.
            behind = next_base if next_base > first else last + 1
            self.position = min(max(behind, first + 1), first + _MOST_LOST)
            group.damaged.append(Damage(first, self.position - 1, reason))
            return batch[CODE] == GOOD and batch[MAGIC] != NEWEST_MAGIC
        if last >= first:
            self.n_bytes += len(body)
            self.epoch = batch[EPOCH]
            self.position = last + 1
            if not self._is_skipped(batch, body):
                batch[FLOOR] = first
                self._add_records(group, batch, max(first, batch[BASE]))
        return True

    @staticmethod
    def _fault(batch: list[int], body: memoryview) -> str | None:
        """Return why a batch cannot be read, before its records are looked at."""
        if batch[CODE] != GOOD:
            return REASONS[batch[CODE]]
        if batch[MAGIC] != NEWEST_MAGIC:
            return f"format {batch[MAGIC]} of its batch is not read here"
        if crc32c(body[CHECKED:]) != batch[CHECKSUM]:
            return CHECKSUM_REASON
        return None

    def _is_skipped(self, batch: list[int], body: memoryview) -> bool:
        """Return whether a batch holds nothing for a reader: a mark of a transaction, or a part of an aborted one."""
        producer = batch[PRODUCER]
        is_control = bool(batch[ATTRIBUTES] & IS_CONTROL)
        if producer >= 0:
            while self._to_abort and self._to_abort[-1][1] <= batch[LAST]:
                self._aborting.add(self._to_abort.pop()[0])
            if is_control:
                if is_abort(np.frombuffer(body[HEAD:].toreadonly(), np.uint8)):
                    self._aborting.discard(producer)
            elif batch[ATTRIBUTES] & IS_TRANSACTIONAL and producer in self._aborting:
                return True
        return is_control

    def _add_records(self, group: _Group, batch: list[int], first: int) -> None:
        """Add the records of a batch, inflated."""
        codec = batch[ATTRIBUTES] & CODECS
        begin, end = batch[PLACE] + HEAD, batch[PLACE] + batch[SIZE]
        body = self._view[begin:end]
        plain: memoryview | bytes | bytearray = body
        if codec:
            group.is_plain = False
            try:
                plain = inflate(codec, body, self._limits.batch_bytes)
            except InflateError as error:
                group.damaged.append(Damage(first, batch[LAST], str(error)))
                return
        if not group.batches:
            group.begin = begin
        group.end = end
        group.shifts.append(begin - group.n_bytes)
        batch[PLACE] = group.n_bytes
        batch[SIZE] = len(plain)
        group.batches.append(batch)
        group.pieces.append(plain)
        group.n_bytes += len(plain)

    def _close(self, group: _Group) -> Messages:
        """Find the records of a group."""
        batches = np.array(group.batches, np.int64).reshape(-1, BATCH)
        if group.is_plain and group.batches and group.end + PADDING <= len(self._content):
            # They stay where they are, with the heads of batches between them.
            batches[:, PLACE] += np.array(group.shifts, np.int64) - group.begin
            values = self._content[group.begin : group.end + PADDING]
        else:
            values = np.frombuffer(b"".join((*group.pieces, bytes(PADDING))), np.uint8)
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
            (*group.damaged, *_found_damage(batches, records.offsets)), key=lambda each: each.first
        )
        return Messages(
            topic=self._topic,
            partition=self._partition,
            values=values,
            starts=records.starts[:n],
            lengths=records.lengths[:n],
            offsets=records.offsets[:n],
            timestamps_ms=records.times[:n],
            formats=_names(values, records.distinct, n_distinct),
            format_codes=records.formats[:n],
            start=group.start,
            end=self.position,
            damaged=tuple(damaged),
            decode_s=time.perf_counter() - group.begin_s,
        )


class _Group:
    """Batches that become one ``Messages``."""

    def __init__(self, start: int) -> None:
        self.start = start
        self.begin_s = time.perf_counter()
        self.batches: list[list[int]] = []
        self.pieces: list[memoryview | bytes | bytearray] = []
        self.n_bytes = 0
        # Where the records of the first batch begin in what was fetched, where those of the last one end, and how far
        # those of each lie behind their place in the pieces.
        self.begin = self.end = 0
        self.shifts: list[int] = []
        self.is_plain = True
        self.damaged: list[Damage] = []


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
