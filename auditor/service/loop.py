"""The whole story of the service: poll, judge, fill segments, publish, commit; and what happens in between.

::

    source.poll -> Messages -> [ judge ] -> Owned.opened -> when due: dead letters, chain -> commit
    one thread                 a pool       one thread

Changes of the assignment are dealt with before messages that came with them are used, and messages that do not adjoin
what is open are dropped: they are of a time before. Whatever is dropped is read again by whoever owns the partition,
from the end of its chain; nothing else decides what was judged.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from auditor.errors import SinkError, SourceError, StateError
from auditor.service.counting import count_rejected
from auditor.service.failpoints import hit
from auditor.service.health import ASSIGNMENT, SINK
from auditor.service.judging import judge_taken
from auditor.service.logs import Log
from auditor.service.member import UnwrittenError
from auditor.service.opened import Opened
from auditor.service.owned import Owned
from auditor.sources.kafka_messages import FencedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from auditor.service.health import Health
    from auditor.service.member import Member, Newer
    from auditor.sources.kafka_messages import Changes, Messages, OutOfRange, Partition
    from auditor.tables.tableset import TableSet

_LOG = Log("service")

_LAG_S = 30.0
"""Between two questions how far the logs reach."""

_MAX_WARNINGS = 1000


class Service:
    """One member.

    Parameters
    ----------
    member : Member
        What it works with.
    tables : TableSet
        What is judged by at first.
    newer : Newer
        Where later ones come from.
    health : Health
        What probes are told.

    Attributes
    ----------
    owned : dict of Partition to Owned
        The partitions of this member that are being read.
    """

    def __init__(self, member: Member, tables: TableSet, newer: Newer, health: Health) -> None:
        self._member = member
        self._source = member.source
        self._options = member.options
        self._metrics = member.metrics
        self._clock = member.clock
        self._tables = tables
        self._newer = newer
        self._health = health
        self._pool = ThreadPoolExecutor(member.options.threads, thread_name_prefix="judge")
        self._stop = threading.Event()
        self._next: TableSet | None = None
        self._undone: dict[Partition, Callable[[], object]] = {}
        self._warned: set[tuple[str, str]] = set()
        self._try_s = 0.0
        self._lag_s = 0.0
        self.owned: dict[Partition, Owned] = {}
        self._metrics.use_policies(tables.fingerprint)

    def stop(self) -> None:
        """Ask to end: what is complete is published first. May be called from a handler of signals."""
        self._stop.set()
        self._health.stop()

    def run(self, *, leave: bool = True) -> None:
        """Go on until somebody asks to stop, or until the end of the logs if the options say so.

        Parameters
        ----------
        leave : bool
            Whether the group is told; a static member that comes back soon does not.

        Raises
        ------
        StateError
            If folder, group and log contradict each other.
        SourceError
            If the client gave up, or another member has the name of this one.
        UnwrittenError
            If what was complete could not be written before the time to stop was over.
        """
        try:
            while not self._stop.is_set() and not self._is_at_end():
                self.turn()
            self._drain()
        finally:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._source.close(leave=leave)

    def turn(self) -> None:
        """Do what there is to do, once."""
        self._health.tick()
        with self._metrics.stage("fetch"):
            found = self._source.poll(self._options.poll_s)
        hit("loop.after-poll")
        self._deal_with(self._source.take_changes())
        if self._undone and self._clock.now_s() >= self._try_s:
            for partition, act in list(self._undone.items()):
                self._attempt(partition, act)
        hit("loop.before-judge")
        self._judge(found)
        self._take_newer()
        now_s = self._clock.now_s()
        self._publish(each for each in self.owned if self.owned[each].opened.is_due(self._options, now_s))
        self._describe(now_s)

    def _is_at_end(self) -> bool:
        is_idle = bool(self.owned) and not self._undone
        return (
            self._options.is_ending
            and is_idle
            and all(each.opened.end >= each.last for each in self.owned.values())
        )

    def _deal_with(self, changes: Changes) -> None:
        if not changes:
            return
        for partition in (*changes.revoked, *changes.lost):
            self._undone.pop(partition, None)
            if self.owned.pop(partition, None) is not None:
                self._metrics.forget(partition.topic, partition.number)
        if changes.revoked or changes.lost or changes.assigned:
            self._metrics.rebalances.inc()
            self._health.meet(ASSIGNMENT)
        for partition in changes.assigned:
            self._attempt(partition, partial(self._begin, partition))
        for out in changes.out_of_range:
            if out.partition in self.owned and out.partition not in changes.assigned:
                self._attempt(out.partition, partial(self._overtaken, out))
        self._metrics.assigned_partitions.set(len(self.owned))

    def _attempt(self, partition: Partition, act: Callable[[], object]) -> None:
        """Do what a partition needs before it can be read on; if it fails, later again, and it waits meanwhile."""
        try:
            act()
        except (StateError, FencedError):
            raise
        except (SinkError, SourceError) as error:
            self._source.pause([partition])
            if partition not in self._undone:
                _LOG.fail(
                    "a partition waits", topic=partition.topic, partition=partition.number, reason=str(error)
                )
            self._undone[partition] = act
            self._try_s = self._clock.now_s() + self._options.retry_s
            self._health.miss(SINK, str(error))
            return
        if self._undone.pop(partition, None) is not None:
            _LOG.note("a partition goes on", topic=partition.topic, partition=partition.number)
        if not self._undone:
            self._health.meet(SINK)

    def _begin(self, partition: Partition) -> None:
        owned = Owned(partition, self._member)
        owned.begin(self._tables, self._clock.now_s())
        self.owned[partition] = owned
        _LOG.note(
            "partition begun", topic=partition.topic, partition=partition.number, offset=owned.opened.start
        )

    def _overtaken(self, out: OutOfRange) -> None:
        self.owned[out.partition].overtaken(out, self._tables, self._clock.now_s())

    def _judge(self, found: list[Messages]) -> None:
        """Judge messages side by side, and add them in order; those of a time before are dropped."""
        wanted = [each for each in found if each.place in self.owned and each.place not in self._undone]
        found.clear()  # a frame that an error keeps would keep their memory
        work = [self._pool.submit(judge_taken, self._tables, [each], self._options) for each in wanted]
        for messages, each in zip(wanted, work, strict=True):
            judged = each.result()
            self._metrics.batch_duration.labels("decode").observe(messages.decode_s)
            self._metrics.batch_duration.labels("parse").observe(judged.parse_s)
            self._metrics.batch_duration.labels("classify").observe(judged.classify_s)
            opened = self.owned[messages.place].opened
            if judged.start != opened.end:
                continue
            opened.add(judged, self._clock.now_s())
            count_rejected(self._metrics, judged.tally.finish())
            for warning in judged.warnings:
                self._warn(messages.topic, warning)

    def _warn(self, topic: str, warning: str) -> None:
        """Say what a user must know of the messages of a topic, once."""
        if (topic, warning) not in self._warned and len(self._warned) < _MAX_WARNINGS:
            self._warned.add((topic, warning))
            _LOG.alert(warning, topic=topic)

    def _take_newer(self) -> None:
        """Go on by newer tables once every open segment is in its chain: a segment has one set of policies."""
        self._next = self._newer.take() or self._next
        if self._next is None:
            return
        hit("loop.before-cut")
        self._publish(each for each, owned in self.owned.items() if not owned.opened.is_empty)
        if any(not owned.opened.is_empty for owned in self.owned.values()):
            return
        hit("loop.after-cut")
        self._tables, self._next = self._next, None
        for owned in self.owned.values():
            owned.opened = Opened.at(self._tables, owned.opened.start, self._clock.now_s())
        self._metrics.use_policies(self._tables.fingerprint)
        _LOG.note("newer policies or inventory in force", fingerprint=self._tables.fingerprint)

    def _publish(self, partitions: Iterable[Partition]) -> None:
        """Publish open segments, and tell the group; those that cannot be written wait."""
        chosen = [each for each in partitions if each not in self._undone]
        for partition in chosen:
            self._attempt(partition, partial(self._publish_one, partition))
        done = {each: self.owned[each].chain_end for each in chosen if each not in self._undone}
        self._commit(done)

    def _publish_one(self, partition: Partition) -> None:
        """Publish one segment; after a failure the partition is read from its end on."""
        owned = self.owned[partition]
        owned.publish(self._clock.now_s())
        if partition in self._undone:
            self._source.seek(partition, owned.opened.end)
            self._source.resume([partition])

    def _commit(self, ends: dict[Partition, int]) -> None:
        """Tell the group how far the chains are; only who looks at lag needs it, so a refusal changes nothing."""
        if not ends:
            return
        hit("loop.before-commit")
        try:
            with self._metrics.stage("commit"):
                topic_ids = {each: self.owned[each].topic_id for each in ends}
                self._source.commit(ends, topic_ids)
        except FencedError:
            raise
        except SourceError as error:
            _LOG.alert("the group was not told", reason=str(error))
            return
        hit("loop.after-commit")
        for partition, offset in ends.items():
            self._metrics.committed.labels(partition.topic, str(partition.number)).set(offset)

    def _drain(self) -> None:
        """Publish what is complete, as long as there is time for it."""
        deadline_s = self._clock.now_s() + self._options.grace_s
        while open_ones := [each for each, owned in self.owned.items() if not owned.opened.is_empty]:
            self._undone.clear()
            self._publish(open_ones)
            if not self._undone:
                return
            self._health.tick()
            if self._clock.now_s() + self._options.retry_s > deadline_s:
                raise UnwrittenError(
                    f"expected to write {len(self._undone)} open segments within {self._options.grace_s:g} s, could "
                    "not; they are read again at the next start"
                )
            self._clock.sleep(self._options.retry_s)

    def _describe(self, now_s: float) -> None:
        """Say where everything is, and now and then how far the logs reach."""
        if now_s >= self._lag_s:
            self._lag_s = now_s + _LAG_S
            for partition, owned in self.owned.items():
                with suppress(SourceError):
                    lag = max(0, self._source.bounds(partition)[1] - owned.opened.end)
                    self._metrics.consumer_lag.labels(partition.topic, str(partition.number)).set(lag)
        self._health.describe(
            {
                "writer": self._member.writer,
                "fingerprint": self._tables.fingerprint,
                "partitions": {
                    str(partition): owned.state(is_waiting=partition in self._undone)
                    for partition, owned in self.owned.items()
                },
            }
        )
