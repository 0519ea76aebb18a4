"""A log that changes under its reader: retention, a topic made anew, a broker that goes away."""

from __future__ import annotations

import time

import pytest
from confluent_kafka import TopicPartition

from auditor.errors import SourceError
from auditor.sources.kafka_messages import NO_TOPIC_ID, Partition
from tests.broker.producing import SECONDS, first_of, opened, place, produce, read_until, rows, settings_for


@pytest.mark.parametrize("use_batches", [True, False], ids=["batches", "records"])
def test_source__tells_that_retention_was_faster(node, use_batches):
    """The position is gone: the partition is paused, nothing is skipped silently, and the rest goes on."""
    topic = node.create(f"overtaken-{use_batches}", 2)
    for number in range(2):
        produce(node.brokers, topic, [b"%d" % k for k in range(10)], partition=number)
    settings = settings_for(node, topic, partitions=(0, 1))
    source = opened(settings, use_batches=use_batches)
    source.seek(first_of(topic), 3)
    source.pause([Partition(topic, 1)])
    delete_before(node, first_of(topic), 6)
    until = time.monotonic() + SECONDS
    while not (changes := source.take_changes()).out_of_range:
        assert source.poll(0.2) == []
        assert time.monotonic() < until
    (found,) = changes.out_of_range
    assert (found.partition, found.position) == (first_of(topic), 3)
    assert found.reason == "the log has it no more, or not yet"
    assert source.bounds(first_of(topic)) == (6, 10)
    source.resume([Partition(topic, 1)])
    other = read_until(source, 10, Partition(topic, 1))
    assert sum(len(each) for each in other) == 10
    source.seek(first_of(topic), 6)
    source.resume([first_of(topic)])
    assert [row[0] for each in read_until(source, 10, first_of(topic)) for row in rows(each)] == [6, 7, 8, 9]
    source.close()


def delete_before(node, partition, offset):
    """Let the log of a partition begin later."""
    admin = node.admin
    place = TopicPartition(partition.topic, partition.number, offset)
    for future in admin.delete_records([place]).values():
        future.result(20)


def test_source__tells_a_topic_from_a_later_one_of_its_name(node):
    """A topic that was deleted and made anew has another id, and its log begins at 0 again."""
    topic = node.create("again")
    source = opened(settings_for(node, topic))
    first = source.topic_id(topic)
    assert first == source.topic_id(topic) != NO_TOPIC_ID
    node.delete(topic)
    with pytest.raises(SourceError) as caught:
        source.topic_id(topic)
    assert str(caught.value) == "expected the topic `again` to be there: UnknownTopicOrPartitionError"
    node.create(topic)
    second = source.topic_id(topic)
    assert second not in {first, NO_TOPIC_ID}
    produce(node.brokers, topic, [b"new"])
    assert source.bounds(first_of(topic)) == (0, 1)
    source.close()


@pytest.mark.slow
def test_source__waits_for_a_broker_that_is_away(node):
    """Down and up again: nothing is lost, nothing comes twice."""
    topic = node.create("restarted")
    produce(node.brokers, topic, [b"a", b"b"])
    source = opened(settings_for(node, topic, request_timeout_ms=5_000))
    before = read_until(source, 2)
    node.kill()
    assert source.poll(1.0) == []
    node.start()
    produce(node.brokers, topic, [b"c"])
    after = read_until(source, 3)
    assert [row for each in (*before, *after) for row in rows(each)] == [(0, b"a"), (1, b"b"), (2, b"c")]
    assert place(source) == ()
    source.close()
