"""Record batches of Kafka (format 2) to ``Messages``: checksums, codecs, transactions and gaps, a batch at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from crc32c import crc32c

from auditor.sources.kafka_codecs import InflateError, inflate
from auditor.sources.kafka_groups import REASONS, Group
from auditor.sources.kafka_messages import Damage, Messages, Partition
from auditor.sources.kafka_rooms import Rooms
from kernels.kafka import is_abort
from kernels.kafka_heads import (
    ATTRIBUTES,
    BASE,
    BATCH,
    CHECKED,
    CHECKSUM,
    CODE,
    CODECS,
    EPOCH,
    FLOOR,
    GOOD,
    HEAD,
    IS_CONTROL,
    IS_TRANSACTIONAL,
    LAST,
    LENGTH_WRONG,
    MAGIC,
    PLACE,
    PRODUCER,
    SIZE,
    read_heads,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CHECKSUM_REASON = "its checksum is wrong"
MAY_BE_TRANSPORT = (CHECKSUM_REASON, REASONS[LENGTH_WRONG])
"""Reasons that bytes changed on their way may have: worth another try."""

NEWEST_MAGIC = 2
"""The format of batches since Kafka 0.11."""

_MOST_LOST = 1 << 20
"""Offsets that a batch which cannot be read is believed to hold at most."""
_HEADS_AT_ONCE = 1 << 10


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
    rooms : Rooms
        Where what is inflated is put.

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
        rooms: Rooms | None = None,
    ) -> None:
        self.position = position
        self.epoch = -1
        self.n_bytes = 0
        self._place = Partition(topic, partition)
        self._view = memoryview(content)
        self._content = np.frombuffer(content, np.uint8)
        self._content.flags.writeable = False
        self._limits = limits or Limits()
        self._rooms = rooms or Rooms()
        self._to_abort = sorted(aborted, key=lambda entry: entry[1], reverse=True)
        self._aborting: set[int] = set()

    def __iter__(self) -> Iterator[Messages]:
        """Yield the messages in groups, none if there is no batch that goes beyond the position.

        What follows a batch with a wrong checksum is left to the next fetch: it may have been the end of a transaction.
        """
        batches = self._heads()
        bases = [batch[BASE] for batch in batches[1:]] + [-1]
        group = Group(self.position, self._rooms)
        for batch, next_base in zip(batches, bases, strict=False):
            is_known = self._add(group, batch, next_base)
            if group.n_bytes >= self._limits.group_bytes:
                yield group.messages(self._place, self._content, self.position)
                group = Group(self.position, self._rooms)
            if not is_known:
                break
        if self.position > group.start:
            yield group.messages(self._place, self._content, self.position)

    def _add(self, group: Group, batch: list[int], next_base: int) -> bool:
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

    def _add_records(self, group: Group, batch: list[int], first: int) -> None:
        """Add the records of a batch, inflated."""
        codec = batch[ATTRIBUTES] & CODECS
        begin, end = batch[PLACE] + HEAD, batch[PLACE] + batch[SIZE]
        body = self._view[begin:end]
        if not codec:
            group.add_plain(batch, begin, body)
            return
        try:
            inflate(codec, body, self._limits.batch_bytes, group.room())
        except InflateError as error:
            group.damaged.append(Damage(first, batch[LAST], str(error)))
            return
        group.add_inflated(batch)

    def _heads(self) -> list[list[int]]:
        """Return what the head of each batch says.

        A few at a time: room for as many as there could be would be seven times what was fetched.
        """
        table = np.empty((_HEADS_AT_ONCE, BATCH), np.int64)
        found: list[list[int]] = []
        start, n = 0, _HEADS_AT_ONCE
        while n == _HEADS_AT_ONCE:
            n = read_heads(self._content[start:], table)
            table[:n, PLACE] += start
            # Single numbers of lists cost a third of those of arrays, and most batches of slow topics hold one record.
            found += table[:n].tolist()
            start = found[-1][PLACE] + found[-1][SIZE] if found else 0
        return found
