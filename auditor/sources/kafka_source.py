"""The messages of topics, as a member of a consumer group or of partitions of its own."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

from kafka import errors
from kafka.admin import MemberToRemove
from kafka.coordinator.base import MemberState
from kafka.structs import OffsetAndMetadata, TopicPartition

from auditor.errors import SourceError
from auditor.sources.kafka_batches import MAY_BE_TRANSPORT, Limits
from auditor.sources.kafka_client import make_admin, make_consumer, numbers_of, said, topic_id_of, translated
from auditor.sources.kafka_fetch import check_client, check_codecs, install, public_messages
from auditor.sources.kafka_messages import Changes, Messages, OutOfRange, Partition
from auditor.sources.kafka_rebalance import Rebalances
from auditor.sources.kafka_views import view_records

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kafka import KafkaAdminClient

    from auditor.sources.kafka_settings import KafkaSettings

_LOG = logging.getLogger(__name__)

_MOST_GROUPS = 4
"""Groups of messages a poll returns at most: 32 MiB, and four times the limit of a batch if all were hostile."""
_MOST_RECORDS = 10_000
"""The same of single records, the way round."""
_JOIN_S = 10.0
"""How much longer a poll may take while the group is being divided: others notice at their next heartbeat."""
_TOPIC_S = 5.0
"""How long a topic may be unknown: a new one is not known to all brokers at once."""
_PAUSE_S = 0.1
"""How long nothing is tried after an error that passes by itself."""
_OVERTAKEN = "the log has it no more, or not yet"
_CUT = "the log was cut back and written anew behind it"


class KafkaSource:
    """A ``MessageSource`` on kafka-python.

    Parameters
    ----------
    settings : KafkaSettings
        What to read.
    use_batches : bool
        Whether batches are read as arrays where this client allows it. Tests turn it off.

    Raises
    ------
    SourceError
        If no broker answers, a topic is not there, or a codec does not work.
    """

    def __init__(self, settings: KafkaSettings, *, use_batches: bool = True) -> None:
        check_codecs()
        self._settings = settings
        self._consumer = make_consumer(settings)
        self._admin: KafkaAdminClient | None = None
        self._is_closed = False
        self._changes = Rebalances(self._consumer)
        self._next: dict[Partition, int] = {}
        self._retried: dict[Partition, int] = {}
        problem = check_client() if use_batches else "it was told to"
        self.has_batches = problem is None
        if problem is None:
            install(self._consumer, Limits(batch_bytes=settings.batch_bytes))
            if (slow := view_records()) is not None:
                _LOG.info("the Kafka client copies what it has fetched: %s", slow)
        else:
            _LOG.warning(
                "the Kafka client is read record by record, without a limit on inflated bytes: %s", problem
            )
        try:
            self._find_topics()
        except SourceError:
            self.close()
            raise
        if not settings.is_static:
            self._consumer.subscribe(topics=list(settings.topics), listener=self._changes)
        else:
            own = [
                TopicPartition(topic, number)
                for topic in settings.topics
                for number in numbers_of(self._consumer, settings, topic)
            ]
            self._consumer.assign(own)
            self._changes.on_partitions_assigned(own)

    def _find_topics(self) -> None:
        """Wait until the topics are known.

        A group that is joined before would divide no partitions, and the client would not always notice later.
        """
        until = time.monotonic() + _TOPIC_S
        for topic in self._settings.topics:
            with translated(self._settings, "say what topics there are"):
                while not self._consumer.partitions_for_topic(topic):
                    if time.monotonic() > until:
                        raise SourceError(
                            f"expected the topic `{topic}` to be there, the brokers do not know it"
                        )
                    time.sleep(_PAUSE_S)

    def poll(self, timeout_s: float) -> list[Messages]:
        """Return what has arrived, waiting so long at most, save while the group is being divided.

        Raises
        ------
        SourceError
            If the client gave up. What is only late, or being moved, is waited for.
        """
        most = _MOST_GROUPS if self.has_batches else _MOST_RECORDS
        with translated(self._settings, "send messages"):
            try:
                found = self._poll_through_joining(int(timeout_s * 1_000), most)
            except errors.OffsetOutOfRangeError as error:
                for place, offset in error.args[0].items():
                    self._stop(Partition(*place), offset, _OVERTAKEN)
                return []
            except errors.LogTruncationError as error:
                for place in error.divergent_offsets:
                    self._stop(Partition(*place), self._next.get(Partition(*place), 0), _CUT)
                return []
            except errors.RetriableError as error:
                _LOG.info("the Kafka client will try again: %s", said(error))
                time.sleep(min(timeout_s, _PAUSE_S))
                return []
            if self.has_batches:
                return self._accepted(found)
            return self._from_records(found)

    def _poll_through_joining(self, timeout_ms: int, most: int) -> Mapping[TopicPartition, list[Any]]:
        """Poll, and go on while the group is being divided.

        The client forgets that it has joined if nobody polls at that moment, and joins again; if it is the leader of
        the group, all others do too, and so on.
        """
        found: Mapping[TopicPartition, list[Any]] = self._consumer.poll(
            timeout_ms=timeout_ms, max_records=most
        )
        until = time.monotonic() + _JOIN_S
        while not found and self._is_joining() and time.monotonic() < until:
            found = self._consumer.poll(timeout_ms=500, max_records=most)
        return found

    def _is_joining(self) -> bool:
        if self._settings.partitions is not None:
            return False
        return bool(self._consumer.group_metadata().state is MemberState.REBALANCING)

    def _stop(self, partition: Partition, position: int, reason: str) -> None:
        """Pause a partition until somebody decides where to go on."""
        self._consumer.pause(TopicPartition(*partition))
        self._changes.note_out_of_range(OutOfRange(partition, position, reason))

    def _accepted(self, found: Mapping[TopicPartition, list[Messages]]) -> list[Messages]:
        """Return messages that adjoin those before; what may have broken on its way is fetched a second time."""
        accepted = []
        for place, groups in found.items():
            partition = Partition(*place)
            if self._changes.is_noted(partition):
                continue  # of a time before, or of a place where nobody has sought
            for messages in groups:
                broken = [each.first for each in messages.damaged if each.reason in MAY_BE_TRANSPORT]
                if broken and self._retried.get(partition) != broken[0]:
                    self._retried[partition] = broken[0]
                    _LOG.warning("offset %d of %s arrived broken, it is fetched again", broken[0], partition)
                    self._consumer.seek(place, messages.start)
                    break
                assert messages.start == self._next[partition]
                self._next[partition] = messages.end
                accepted.append(messages)
        for groups in found.values():
            groups.clear()  # the client's errors keep callers' frames for a while, and so would keep all this memory
        return accepted

    def _from_records(self, found: Mapping[TopicPartition, list[Any]]) -> list[Messages]:
        """Return records as messages, and positions that moved without one."""
        moved = []
        for place in sorted(self._consumer.assignment() - self._consumer.paused()):
            partition = Partition(*place)
            start, end = self._next.get(partition), self._consumer.position(place)
            if self._changes.is_noted(partition) or start is None or end is None:
                continue
            if end > start:
                moved.append(public_messages(partition, found.get(place, ()), start, end))
                self._next[partition] = end
        return moved

    def take_changes(self) -> Changes:
        """Return what changed since the last call."""
        changes = self._changes.take()
        for partition in (*changes.revoked, *changes.lost, *changes.assigned):
            self._next.pop(partition, None)
            self._retried.pop(partition, None)
        return changes

    def seek(self, partition: Partition, offset: int) -> None:
        """Go on at an offset; a partition that is not this member's any more is passed over."""
        place = TopicPartition(*partition)
        if place in self._consumer.assignment():
            self._consumer.seek(place, offset)
            self._next[partition] = offset

    def pause(self, partitions: Iterable[Partition]) -> None:
        """Deliver nothing of these until they are resumed; those of others are passed over."""
        own = self._consumer.assignment()
        self._consumer.pause(*(place for each in partitions if (place := TopicPartition(*each)) in own))

    def resume(self, partitions: Iterable[Partition]) -> None:
        """Deliver these; those of others are passed over, and those that went and came back since they were sought."""
        own = self._consumer.assignment()
        for each in partitions:
            if TopicPartition(*each) in own and not self._changes.is_noted(each):
                # Without this it would be read from 0, where the listener has parked it.
                assert each in self._next, f"{each} was not sought"
                self._consumer.resume(TopicPartition(*each))

    def commit(
        self, offsets: Mapping[Partition, int], topic_ids: Mapping[Partition, str] | None = None
    ) -> None:
        """Tell the group how far this member is, and in which topic; nothing without a group.

        Raises
        ------
        CommitRefusedError
            If the group is being divided anew, or has moved on without this member.
        FencedError
            If another member has the name of this one.
        SourceError
            If it cannot be told.
        """
        if self._settings.group is None or not offsets:
            return
        notes = topic_ids or {}
        told = {
            TopicPartition(*each): OffsetAndMetadata(offset, notes.get(each, ""), -1)
            for each, offset in offsets.items()
        }
        with translated(self._settings, "commit to"):
            self._consumer.commit(told, timeout_ms=self._settings.request_timeout_ms)

    def committed(self, partition: Partition, topic_id: str | None = None) -> int | None:
        """Return what the group was told last, None if nothing, or of another topic than ``topic_id``."""
        if self._settings.group is None:
            return None
        with translated(self._settings, "say what was committed"):
            place = TopicPartition(*partition)
            found = self._consumer.committed(place, True, self._settings.request_timeout_ms)  # noqa: FBT003  metadata
        if found is None or found.offset < 0:
            return None
        # Others who commit, to begin somewhere else, leave no note.
        is_known = topic_id is None or found.metadata in {"", None, topic_id}
        return int(found.offset) if is_known else None

    def bounds(self, partition: Partition) -> tuple[int, int]:
        """Return the first offset of the log, and the one behind the last that a reader may see."""
        place = TopicPartition(*partition)
        with translated(self._settings, "say where the log begins and ends"):
            timeout_ms = self._settings.request_timeout_ms
            first = self._consumer.beginning_offsets([place], timeout_ms=timeout_ms)[place]
            return int(first), int(self._consumer.end_offsets([place], timeout_ms=timeout_ms)[place])

    def topic_id(self, topic: str) -> str:
        """Return what tells a topic from a later one of the same name."""
        with translated(self._settings, "say what the topic is"):
            return topic_id_of(self._administration(), topic)

    def _administration(self) -> KafkaAdminClient:
        if self._admin is None:
            self._admin = make_admin(self._settings)
        return self._admin

    def close(self, *, leave: bool = True) -> None:
        """Let go of everything.

        A member without a name of its own leaves the group in any case; a static one only if it is to ``leave``.
        Nothing is raised: what cannot be closed in order is left to the broker's patience.
        """
        settings = self._settings
        if self._is_closed:
            return
        self._is_closed = True
        try:
            self._consumer.close(autocommit=False, timeout_ms=min(5_000, settings.request_timeout_ms))
            if leave and settings.member is not None:
                member = MemberToRemove(group_instance_id=settings.member)
                self._administration().remove_group_members(settings.group, [member])
            if self._admin is not None:
                self._admin.close()
        except (errors.KafkaError, SourceError, OSError) as error:
            _LOG.warning("the Kafka client did not close in order: %s", said(error))
