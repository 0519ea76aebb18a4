"""A broker that fails on demand: what passes by itself is waited for, what does not is said."""

from __future__ import annotations

import time

import pytest

from auditor.sources.kafka_messages import NO_TOPIC_ID, CommitRefusedError
from auditor.sources.kafka_settings import KafkaSettings
from tests.broker.mock import (
    API_VERSION,
    COORDINATOR_LOADING,
    FETCH,
    ILLEGAL_GENERATION,
    NOT_COORDINATOR,
    OFFSET_COMMIT,
    REBALANCE_IN_PROGRESS,
    UNKNOWN_MEMBER,
    MockCluster,
)
from tests.broker.producing import SECONDS, first_of, opened, place, produce, read_until, rows, started


@pytest.fixture
def mock():
    """Brokers of this process."""
    cluster = MockCluster()
    yield cluster
    cluster.close()


def settings_of(mock, topic, **changes):
    """Return settings for these brokers."""
    given = {"brokers": (mock.brokers,), "topics": (topic,), "group": "g", "partitions": (0,)}
    return KafkaSettings(**given | {"api_version": API_VERSION, "request_timeout_ms": 5_000} | changes)


def test_source__reads_from_another_broker(mock):
    """The same messages, from an old version of the protocol, whose topics have no identity."""
    topic = mock.create("flows")
    produce(mock.brokers, topic, [b"a", None, b"c"])
    source = opened(settings_of(mock, topic))
    assert [row for each in read_until(source, 3) for row in rows(each)] == [(0, b"a"), (1, None), (2, b"c")]
    assert source.topic_id(topic) == NO_TOPIC_ID
    assert source.bounds(first_of(topic)) == (0, 3)


def test_source__goes_on_after_errors_that_pass(mock):
    """Fetches that failed are tried again: nothing is lost, nothing comes twice."""
    topic = mock.create("flows")
    source = opened(settings_of(mock, topic))
    mock.fail(FETCH, 6, 3, -1, 7)
    produce(mock.brokers, topic, [b"a", b"b"])
    assert [row for each in read_until(source, 2) for row in rows(each)] == [(0, b"a"), (1, b"b")]


def test_source__waits_for_a_broker_that_is_away(mock):
    """It comes back, and what was sent meanwhile follows."""
    topic = mock.create("flows")
    produce(mock.brokers, topic, [b"a"])
    source = opened(settings_of(mock, topic))
    read_until(source, 1)
    with mock.away():
        assert source.poll(0.5) == []
    produce(mock.brokers, topic, [b"b"])
    assert [row for each in read_until(source, 2) for row in rows(each)] == [(1, b"b")]


def test_source__bears_a_slow_broker(mock):
    """Each answer takes longer than a poll waits: messages come later, once, and a commit arrives."""
    topic = mock.create("flows")
    produce(mock.brokers, topic, [b"a", b"b"])
    source = opened(settings_of(mock, topic))
    mock.delay(1_000)
    assert source.poll(0.2) == []
    assert [row for each in read_until(source, 2) for row in rows(each)] == [(0, b"a"), (1, b"b")]
    source.commit({first_of(topic): 2})
    assert source.committed(first_of(topic)) == 2


def test_commit__outlasts_a_coordinator_that_moves(mock):
    """The client finds the new one by itself."""
    topic = mock.create("flows")
    source = opened(settings_of(mock, topic))
    mock.fail(OFFSET_COMMIT, NOT_COORDINATOR, COORDINATOR_LOADING)
    source.commit({first_of(topic): 4})
    assert source.committed(first_of(topic)) == 4


@pytest.mark.parametrize("error", [ILLEGAL_GENERATION, REBALANCE_IN_PROGRESS, UNKNOWN_MEMBER])
def test_commit__is_refused_by_a_group_that_has_moved_on(mock, error):
    """The member learns that it is none any more."""
    topic = mock.create("flows")
    source = started(settings_of(mock, topic, partitions=None))
    until = time.monotonic() + SECONDS
    while not place(source):
        assert source.poll(0.2) == []
        assert time.monotonic() < until
    mock.fail(OFFSET_COMMIT, error)
    with pytest.raises(CommitRefusedError) as caught:
        source.commit({first_of(topic): 4})
    assert str(caught.value).startswith("expected to commit to `g`, which has moved on: ")
