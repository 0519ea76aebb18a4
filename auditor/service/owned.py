"""A partition that this member owns: where it is, and what it does when it is given, lost or overtaken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.errors import Position, StateError
from auditor.service.chain import Chain, Lost
from auditor.service.counting import count_published
from auditor.service.gaps import REMOVED, RETENTION, publish_gap
from auditor.service.logs import Log
from auditor.service.member import Gap
from auditor.service.opened import Opened
from auditor.service.position import start_at
from auditor.service.writing import Prepared, prepare

if TYPE_CHECKING:
    from auditor.service.member import Member
    from auditor.sources.kafka_messages import OutOfRange, Partition
    from auditor.tables.tableset import TableSet

_LOG = Log("service")


class Owned:
    """One partition while it is this member's.

    Parameters
    ----------
    partition : Partition
        Which.
    member : Member
        Whose.

    Attributes
    ----------
    opened : Opened
        The segment that is being filled.
    last : int
        Where the log ended when the partition was begun.
    """

    def __init__(self, partition: Partition, member: Member) -> None:
        self.partition = partition
        self._member = member
        self._chain = self._chain_now()
        self._prepared: Prepared | None = None
        self.opened: Opened
        self.last = 0

    def _chain_now(self) -> Chain:
        """Return the chain of the topic as it is now: one that was created anew has another."""
        topic = self.partition.topic
        topic_id = self._member.source.topic_id(topic)
        return Chain(self._member.storage, topic, topic_id, self.partition.number)

    @property
    def topic_id(self) -> str:
        """The topic that its chain is of."""
        return self._chain.name.topic_id

    @property
    def chain_end(self) -> int:
        """The end of the newest segment: what the group may be told."""
        return self.opened.start

    def state(self, *, is_waiting: bool) -> dict[str, object]:
        """Return what is shown of it."""
        return {
            "chain_end": self.chain_end,
            "position": self.opened.end,
            "open_rows": self.opened.n_rows,
            "is_waiting": is_waiting,
        }

    def begin(self, tables: TableSet, now_s: float, *, is_new: bool = False) -> None:
        """Find out where to go on, write down what can no longer be read, and read from there.

        Of a topic that is new, while this member was there, everything is read, wherever else one begins.

        Raises
        ------
        StateError
            If the folder and the group, or the folder and the log, contradict each other.
        SinkError, SourceError
            If the folder cannot be read or written, or the broker does not answer.
        """
        first, self.last = self._member.source.bounds(self.partition)
        committed = self._member.source.committed(self.partition, self.topic_id)
        is_at_first = is_new or self._member.options.start == "earliest"
        configured = first if is_at_first else self.last
        found = start_at(
            self._chain,
            committed,
            configured if committed is None else committed,
            self._member.writer,
            self._member.clock.now_ms(),
            self._member.options.on_state_mismatch,  # type: ignore[arg-type]  # checked by the options
        )
        position = found.offset
        if found.read_from > position:
            position = self._leave_gap(position, found.read_from, REMOVED)
        self._go_on(position, (first, self.last), tables, now_s)

    def _go_on(self, position: int, bounds: tuple[int, int], tables: TableSet, now_s: float) -> None:
        """Read from ``position``, behind a gap if the log begins later."""
        first, last = bounds
        if position < first:
            position = self._leave_gap(position, first, RETENTION)
        if position > last:
            # Others may have written on, and others read that, since the log was looked at.
            last = self._member.source.bounds(self.partition)[1]
        if position > last:
            raise StateError(
                f"expected a log that reaches offset `{position}`, where the folder ends, found one that ends at "
                f"`{last}`: it was cut back, or this folder is another cluster's",
                Position(str(self.partition)),
            )
        self.opened = Opened.at(tables, position, now_s)
        self._prepared = None
        self._member.source.seek(self.partition, position)
        self._member.source.resume([self.partition])
        self._show()

    def _leave_gap(self, start: int, end: int, reason: str) -> int:
        """Write a gap down; return where the chain ends then, which another member may have written further."""
        result = publish_gap(
            self._chain, start, end, reason, self._member.writer, self._member.clock.now_ms()
        )
        if isinstance(result, Lost):
            self._member.metrics.publish_conflicts.inc()
        else:
            self._member.gaps.append(Gap(self.partition, start, end, reason))
            self._member.metrics.gap_records.labels(reason).inc(end - start)
            self._member.metrics.published_files.inc()
            _LOG.fail(
                "records are missing and were written down as a gap",
                topic=self.partition.topic,
                partition=self.partition.number,
                start=start,
                end=end,
                reason=reason,
            )
        return result.end

    def overtaken(self, found: OutOfRange, tables: TableSet, now_s: float) -> None:
        """Deal with a position that the log does not have; fails as ``begin`` does."""
        if self._is_of_a_topic_that_is_gone():
            self.begin(tables, now_s, is_new=True)
            return
        if not self.opened.is_empty:
            self.publish(now_s)
        position = max(found.position, self.opened.start)
        self._go_on(position, self._member.source.bounds(self.partition), tables, now_s)

    def _is_of_a_topic_that_is_gone(self) -> bool:
        """Return whether there is another topic of the same name, and if so turn to its chain.

        A client that fetches by name notices nothing where the new log is longer than the old one was. An id that
        is still the same after messages were read is that of the topic they came from: ids do not come back.
        """
        chain = self._chain_now()
        if chain.name == self._chain.name:
            return False
        self._chain = chain
        _LOG.alert("the topic was created anew", topic=chain.name.topic, topic_id=chain.name.topic_id)
        return True

    def publish(self, now_s: float) -> None:
        """Put the open segment into the chain and open the next one; where another was first, go on behind it.

        If the topic was created anew since, what is open is of nobody knows which of the two: it is dropped, and the
        new one is read from its beginning.

        Raises
        ------
        SinkError
            If it could not be written: nothing is lost, and the same call may be made again.
        SourceError
            If the broker does not say which topic it is; the same holds.
        StateError
            If the chain is not what it was: to try again does not help.
        """
        opened = self.opened
        assert not opened.is_empty
        if self._is_of_a_topic_that_is_gone():
            self.begin(opened.tables, now_s, is_new=True)
            return
        with self._member.metrics.stage("write"):
            if self._prepared is None:
                self._prepared = prepare(self._member, self._chain.name, opened)
        with self._member.metrics.stage("publish"):
            result = self._chain.publish(*self._prepared)
        prepared, self._prepared = self._prepared, None
        self.opened = Opened.at(opened.tables, result.end, now_s)
        if isinstance(result, Lost):
            self._member.metrics.publish_conflicts.inc()
            _LOG.alert(
                "another member was first, its segment counts",
                topic=self.partition.topic,
                partition=self.partition.number,
                start=opened.start,
                end=result.end,
            )
            self._member.source.seek(self.partition, result.end)
        else:
            count_published(self._member.metrics, self.partition, prepared, self._member.clock.now_ms())
        self._show()

    def _show(self) -> None:
        labels = (self.partition.topic, str(self.partition.number))
        self._member.metrics.chain_end.labels(*labels).set(self.chain_end)
