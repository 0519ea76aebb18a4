"""What a real broker keeps is what the source gives: codecs, headers, transactions, compaction."""

from __future__ import annotations

import time

import pytest
from confluent_kafka import Producer

from auditor.sources.kafka_messages import FORMAT_HEADER
from auditor.sources.kafka_properties import read_settings
from tests.broker.producing import (
    all_of,
    first_of,
    opened,
    place,
    produce,
    read_until,
    rows,
    settings_for,
    transactional,
)

WAYS = pytest.mark.parametrize("use_batches", [True, False], ids=["batches", "records"])
VALUES = [b'{"flow": %d, "pad": "%s"}' % (k, b"x" * (k % 300)) for k in range(5_000)]


@WAYS
@pytest.mark.parametrize("codec", ["none", "gzip", "snappy", "lz4", "zstd"])
def test_source__reads_what_was_produced(node, codec, use_batches):
    """Each codec of librdkafka, each message once and in order."""
    topic = node.create(f"codec-{codec}-{use_batches}")
    produce(node.brokers, topic, VALUES, headers={FORMAT_HEADER: b"hubble"}, compression_type=codec)
    found, groups = all_of(node, topic, len(VALUES), use_batches=use_batches)
    assert found == list(enumerate(VALUES))
    assert (groups[0].start, groups[-1].end) == (0, len(VALUES))
    assert {each.formats for each in groups} == {("hubble",)}
    now_ms = time.time() * 1_000
    assert all(now_ms - 600_000 < int(each.timestamps_ms.min()) <= now_ms for each in groups)


@WAYS
def test_source__begins_in_the_middle_of_a_batch(node, use_batches):
    """Nothing before the offset that was sought."""
    topic = node.create(f"middle-{use_batches}")
    produce(node.brokers, topic, VALUES[:1_000])
    source = opened(settings_for(node, topic), offset=700, use_batches=use_batches)
    groups = read_until(source, 1_000)
    assert [row for each in groups for row in rows(each)] == list(enumerate(VALUES))[700:1_000]
    assert groups[0].start == 700
    source.seek(groups[0].place, 990)
    again = read_until(source, 1_000)
    assert [row for each in again for row in rows(each)] == list(enumerate(VALUES))[990:1_000]
    source.close()


@WAYS
def test_source__reads_null_and_empty_values(node, use_batches):
    """A tombstone is no empty message."""
    topic = node.create(f"null-{use_batches}")
    produce(node.brokers, topic, [b"a", None, b"", b"b"])
    found, _ = all_of(node, topic, 4, use_batches=use_batches)
    assert found == [(0, b"a"), (1, None), (2, b""), (3, b"b")]


@WAYS
def test_source__never_sees_an_aborted_transaction(node, use_batches):
    """The offsets of the aborted ones, and of the marks, are stepped over, also at the end."""
    topic = node.create(f"transactions-{use_batches}")
    producer = transactional(node.brokers)
    expected = []
    offset = 0
    for turn, is_kept in enumerate([True, False, True, False]):
        producer.begin_transaction()
        for k in range(3):
            producer.produce(topic, b"%d-%d" % (turn, k), partition=0)
            if is_kept:
                expected.append((offset + k, b"%d-%d" % (turn, k)))
        producer.flush(30)
        if is_kept:
            producer.commit_transaction(30)
        else:
            producer.abort_transaction(30)
        offset += 4
    found, groups = all_of(node, topic, offset, use_batches=use_batches)
    assert found == expected
    assert groups[-1].end == offset == 16


@WAYS
def test_source__stops_at_an_open_transaction(node, use_batches):
    """What may still be aborted is not delivered."""
    topic = node.create(f"open-{use_batches}")
    produce(node.brokers, topic, [b"before"])
    producer = transactional(node.brokers)
    producer.begin_transaction()
    producer.produce(topic, b"open", partition=0)
    producer.flush(30)
    source = opened(settings_for(node, topic), use_batches=use_batches)
    partition = read_until(source, 1)[-1].place
    assert source.poll(0.5) == []
    assert source.bounds(partition) == (0, 1)
    producer.abort_transaction(30)
    after = read_until(source, 3)
    assert [row for each in after for row in rows(each)] == []
    source.close()


@WAYS
def test_source__steps_over_gaps_of_compaction(node, use_batches):
    """The last value of each key stays, at its own offset."""
    topic = node.create(
        f"compacted-{use_batches}",
        cleanup_policy="compact",
        segment_ms="50",
        min_cleanable_dirty_ratio="0.01",
        min_compaction_lag_ms="0",
        max_compaction_lag_ms="100",
    )
    producer = Producer({"bootstrap.servers": node.brokers, "linger.ms": 1})
    for turn in range(4):
        for k in range(5):
            producer.produce(topic, b"%d" % turn, key=b"%d" % k, partition=0)
        producer.flush(30)
        time.sleep(0.1)
    producer.produce(topic, b"end", key=b"end", partition=0)
    producer.flush(30)
    until = time.monotonic() + 20
    while True:
        found, groups = all_of(node, topic, 21, use_batches=use_batches)
        if len(found) < 15 or time.monotonic() > until:
            break
        time.sleep(0.3)
    assert len(found) < 15
    assert [value for _, value in found][-6:] == [b"3"] * 5 + [b"end"]
    assert (groups[0].start, groups[-1].end) == (0, 21)


def test_source__reads_what_a_whole_batch_larger_than_a_fetch_holds(node):
    """A broker sends a batch that is larger than asked for all the same."""
    topic = node.create("large")
    produce(node.brokers, topic, [b"x" * 500_000, b"y"])
    source = opened(settings_for(node, topic, partition_fetch_bytes=1_000, fetch_bytes=2_000))
    assert [len(value) for each in read_until(source, 2) for _, value in rows(each)] == [500_000, 1]
    source.close()


def test_source__reports_a_bomb_as_damage(node):
    """A message that inflates to more than allowed is named, and those behind it are read."""
    topic = node.create("bomb", max_message_bytes="10000000")
    large = {"message_max_bytes": 50_000_000, "compression_type": "zstd"}
    produce(node.brokers, topic, [bytes(40_000_000)], **large)
    produce(node.brokers, topic, [b"behind"])
    source = opened(settings_for(node, topic, batch_bytes=1 << 20))
    groups = read_until(source, 2)
    damaged = [each for group in groups for each in group.damaged]
    assert [(each.first, each.last, each.reason) for each in damaged] == [
        (0, 0, "it inflates to more than 1048576 bytes")
    ]
    assert [row for each in groups for row in rows(each)] == [(1, b"behind")]
    source.close()


def test_source__pauses_and_resumes(node):
    """A paused partition gives nothing, and goes on where it was."""
    topic = node.create("paused")
    produce(node.brokers, topic, VALUES[:10])
    source = opened(settings_for(node, topic))
    partition = read_until(source, 10)[0].place
    source.pause([partition])
    produce(node.brokers, topic, VALUES[10:20])
    assert source.poll(0.7) == []
    source.resume([partition])
    assert [row for each in read_until(source, 20) for row in rows(each)] == list(enumerate(VALUES))[10:20]
    source.close()


def test_source__commits_without_being_divided_by_the_group(node):
    """Partitions of one's own, and a group that keeps what was committed."""
    topic = node.create("committed")
    environment = {"AUDITOR_BROKERS": node.brokers, "AUDITOR_GROUP": "keeper", "AUDITOR_PARTITIONS": "0"}
    settings = read_settings({"topic": topic}, environment)
    source = opened(settings)
    partition = first_of(topic)
    assert source.committed(partition) is None
    source.commit({partition: 7})
    assert source.committed(partition) == source.committed(partition, "this topic") == 7
    source.commit({partition: 7}, {partition: "this topic"})
    assert source.committed(partition) == source.committed(partition, "this topic") == 7
    assert source.committed(partition, "a later topic of its name") is None
    source.commit({})
    source.close()
    again = opened(settings)
    assert again.committed(partition) == 7
    again.close()
    alone = opened(settings_for(node, topic))
    alone.commit({partition: 9})
    assert alone.committed(partition) is None
    assert place(alone) == ()
    alone.close()
