"""What a group does to the partitions of a member, noted on the client's own thread for the thread that works."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from kafka import ConsumerRebalanceListener

from auditor.sources.kafka_messages import Changes, OutOfRange, Partition

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kafka import KafkaConsumer
    from kafka.structs import TopicPartition


class Rebalances(ConsumerRebalanceListener):  # type: ignore[misc]  # the client has no types
    """Notes changes, and keeps new partitions from being read before somebody knows where.

    Its methods run on the thread that sends heartbeats, so they wait for nothing: a new partition is paused and given
    the position 0, lest the client asks the group for one, or complains that there is none.
    """

    def __init__(self, consumer: KafkaConsumer) -> None:
        self._consumer = consumer
        self._lock = threading.Lock()
        self._revoked: dict[Partition, None] = {}
        self._lost: dict[Partition, None] = {}
        self._assigned: dict[Partition, None] = {}
        self._out_of_range: dict[Partition, OutOfRange] = {}

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Note partitions that this member has now, and park them."""
        for each in sorted(assigned):
            self._consumer.pause(each)
            self._consumer.seek(each, 0)
            with self._lock:
                self._assigned[Partition(*each)] = None

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Note partitions that another member will have."""
        self._note_gone(revoked, self._revoked)

    def on_partitions_lost(self, lost: Iterable[TopicPartition]) -> None:
        """Note partitions that another member may have already."""
        self._note_gone(lost, self._lost)

    def _note_gone(self, gone: Iterable[TopicPartition], places: dict[Partition, None]) -> None:
        with self._lock:
            for each in sorted(gone):
                partition = Partition(*each)
                places[partition] = None
                self._assigned.pop(partition, None)
                self._out_of_range.pop(partition, None)

    def note_out_of_range(self, found: OutOfRange) -> None:
        """Note a position that cannot be read; the partition has been paused."""
        with self._lock:
            self._out_of_range[found.partition] = found

    def is_noted(self, partition: Partition) -> bool:
        """Return whether something happened to a partition that nobody has taken yet."""
        with self._lock:
            return partition in self._revoked or partition in self._lost or partition in self._assigned

    def take(self) -> Changes:
        """Return what was noted since the last call."""
        with self._lock:
            changes = Changes(
                tuple(self._revoked),
                tuple(self._lost),
                tuple(self._assigned),
                tuple(self._out_of_range.values()),
            )
            for places in (self._revoked, self._lost, self._assigned, self._out_of_range):
                places.clear()
        return changes
