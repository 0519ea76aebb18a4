"""Members of a group divide partitions, take over from each other, and change nothing silently."""

from __future__ import annotations

import threading
import time

import pytest

from auditor.errors import SourceError
from auditor.sources.kafka_messages import CommitRefusedError, Partition
from auditor.sources.kafka_settings import KafkaSettings
from tests.broker.producing import (
    SECONDS,
    first_of,
    produce,
    read_until,
    rows,
    started,
)


def member_settings(node, topic, group, **changes):
    """Return settings of a member that is soon given up if it is silent."""
    given = {"brokers": (node.brokers,), "topics": (topic,), "group": group, "session_timeout_ms": 3_000}
    return KafkaSettings(**given | changes)


class Team:
    """Members on threads of their own, what each holds, and what each was told and given."""

    def __init__(self):
        self.held = {}
        self.told = {}
        self.found = {}
        self._threads = {}
        self._gone = set()
        self._failures = []

    def join(self, source):
        """Take a member in."""
        self.held[source], self.told[source], self.found[source] = set(), [], []
        self._threads[source] = threading.Thread(target=self._work, args=[source], daemon=True)
        self._threads[source].start()
        return source

    def _work(self, source):
        """Poll, and go on with what was assigned at what was committed."""
        try:
            while source not in self._gone:
                self.found[source] += source.poll(0.1)
                change = source.take_changes()
                for partition in change.assigned:
                    source.seek(partition, source.committed(partition) or 0)
                source.resume(change.assigned)
                if change:
                    self.told[source].append(change)
                    self.held[source] = self.held[source] - {*change.revoked, *change.lost} | {
                        *change.assigned
                    }
        except SourceError as error:
            self._failures.append(error)

    def stop(self, *sources):
        """Leave members alone; return what the first one held."""
        for source in sources:
            self._gone.add(source)
            self._threads[source].join(SECONDS)
        return self.held.pop(sources[0])

    def __enter__(self):
        """Begin."""
        return self

    def __exit__(self, *_):
        """Leave all members alone: they are closed by the thread of the test."""
        self._gone |= set(self._threads)
        for thread in self._threads.values():
            thread.join(SECONDS)

    def until(self, is_enough):
        """Wait until something is so."""
        until = time.monotonic() + SECONDS
        while not is_enough():
            assert time.monotonic() < until, self.held
            time.sleep(0.02)
            if self._failures:
                raise self._failures[0]

    def settle(self, *counts):
        """Wait until each member has so many partitions."""
        self.until(lambda: [len(held) for held in self.held.values()] == list(counts))

    def count(self):
        """Return how many messages all members were given."""
        return sum(len(each) for found in self.found.values() for each in found)


def test_group__divides_and_takes_over(node):
    """A second member gets half, each message comes once, and when one leaves the other goes on where it was."""
    topic = node.create("divided", 4)
    for number in range(4):
        produce(node.brokers, topic, [b"%d" % number] * 3, partition=number)
    every = {Partition(topic, number) for number in range(4)}
    with Team() as team:
        one = team.join(started(member_settings(node, topic, "divided")))
        team.settle(4)
        assert team.held[one] == every
        team.until(lambda: team.count() == 12)
        team.stop(one)
        one.commit(dict.fromkeys(every, 3))
        rest = Team()
    with rest as team:
        team.join(one)
        team.held[one] = every
        two = team.join(started(member_settings(node, topic, "divided")))
        team.settle(2, 2)
        assert team.held[one] | team.held[two] == every
        assert team.held[two] == {partition for change in team.told[one] for partition in change.revoked}
        assert all(change.lost == () for change in team.told[one])
        for number in range(4):
            produce(node.brokers, topic, [b"more"], partition=number)
        team.until(lambda: team.count() == 4)
        gone = team.stop(one)
        one.commit(dict.fromkeys(gone, 4))
        one.close()
        team.settle(4)
        assert team.told[two][-1].assigned == tuple(sorted(gone))
        produce(node.brokers, topic, [b"last"], partition=min(gone).number)
        team.until(lambda: team.count() == 5)
        assert rows(team.found[two][-1]) == [(4, b"last")]


def test_group__keeps_what_does_not_move(node):
    """Of a cooperative rebalance a member is told only what changes; what it keeps goes on without a seek."""
    topic = node.create("cooperative", 2)
    with Team() as team:
        one = team.join(started(member_settings(node, topic, "cooperative")))
        team.settle(2)
        team.join(started(member_settings(node, topic, "cooperative")))
        team.settle(1, 1)
        first, second = team.told[one]
        assert len(first.assigned) == 2
        assert (len(second.revoked), second.assigned, second.lost) == (1, (), ())
        (kept,) = team.held[one]
        produce(node.brokers, topic, [b"kept"], partition=kept.number)
        team.until(lambda: team.found[one])
        assert [row for each in team.found[one] for row in rows(each)] == [(0, b"kept")]


def test_group__gives_messages_only_after_a_seek(node):
    """A new partition is paused, whatever the group knows of it."""
    topic = node.create("parked")
    produce(node.brokers, topic, [b"a", b"b", b"c"])
    source = started(member_settings(node, topic, "parked"))
    until = time.monotonic() + SECONDS
    while not (changes := source.take_changes()):
        assert source.poll(0.2) == []
        assert time.monotonic() < until
    assert changes.assigned == (first_of(topic),)
    assert source.poll(0.5) == []
    with pytest.raises(AssertionError, match="was not sought"):
        source.resume(changes.assigned)
    source.seek(first_of(topic), 1)
    source.resume(changes.assigned)
    assert [row for each in read_until(source, 3) for row in rows(each)] == [(1, b"b"), (2, b"c")]
    source.close()


def test_group__refuses_the_commit_of_one_that_was_away(node):
    """Another member owns the partition now: the commit is refused, and the loss is told."""
    topic = node.create("away")
    place = first_of(topic)
    with Team() as team:
        one = team.join(started(member_settings(node, topic, "away", poll_interval_ms=3_500)))
        team.settle(1)
        team.stop(one)
    with Team() as team:
        two = team.join(started(member_settings(node, topic, "away")))
        team.settle(1)
        with pytest.raises(
            CommitRefusedError, match=r"^expected to commit to `away`, which has moved on: \w+"
        ):
            one.commit({place: 1})
        until = time.monotonic() + SECONDS
        while not (change := one.take_changes()):
            assert one.poll(0.1) == []
            assert time.monotonic() < until
        assert place in {*change.lost, *change.revoked}
        team.stop(two)
        two.commit({place: 2})
    # What comes too late is passed over.
    one.seek(place, 5)
    one.resume([place])
    one.pause([place])


def test_group__keeps_the_place_of_a_static_member(node):
    """It comes back to its partitions without anybody being told; one that leaves gives them up."""
    topic = node.create("static", 2)
    settings = [
        member_settings(node, topic, "static", member=name, session_timeout_ms=10_000) for name in ("a", "b")
    ]
    with Team() as team:
        one, two = (team.join(started(each)) for each in settings)
        team.settle(1, 1)
        n_told = len(team.told[two])
        first = team.stop(one)
        one.close(leave=False)
        one = team.join(started(settings[0]))
        team.until(lambda: team.held[one])
        assert team.held[one] == first
        assert len(team.told[two]) == n_told
        team.stop(one)
        begun = time.monotonic()
        one.close()
        team.settle(2)
        assert team.told[two][-1].assigned == tuple(first)
        assert time.monotonic() - begun < 9


def test_group__tells_a_name_that_two_members_have(node):
    """The first one is fenced off, and learns it when it commits."""
    topic = node.create("fenced")
    settings = member_settings(node, topic, "fenced", member="a")
    with Team() as team:
        one = team.join(started(settings))
        team.settle(1)
        team.stop(one)
        team.join(started(settings))
        team.settle(1)
        with pytest.raises(SourceError, match=r"^another member of `fenced` goes by the name `a`$"):
            one.commit({first_of(topic): 0})
