"""Messages into a real broker by librdkafka, and all of a partition out of it by the source under test."""

from __future__ import annotations

import itertools
import time
import uuid

from confluent_kafka import Producer

from auditor.sources.kafka_messages import Partition
from auditor.sources.kafka_settings import KafkaSettings
from auditor.sources.kafka_source import KafkaSource

SECONDS = 30
STARTED = []
"""Sources that the fixture of each test closes."""


def started(settings, **options):
    """Return a source."""
    source = KafkaSource(settings, **options)
    STARTED.append(source)
    return source


def produce(brokers, topic, values, *, partition=0, headers=None, **config):
    """Send values in order, in batches as large as librdkafka makes them; underscores of options are dots."""
    options = {"bootstrap.servers": brokers, "linger.ms": 50, "enable.idempotence": True, "log_level": 0}
    producer = Producer(options | {key.replace("_", "."): value for key, value in config.items()})
    for value in values:
        producer.produce(topic, value, partition=partition, headers=headers)
        producer.poll(0)
    assert producer.flush(SECONDS) == 0


def transactional(brokers, **config):
    """Return a producer of transactions."""
    options = {
        "bootstrap.servers": brokers,
        "transactional.id": f"t-{uuid.uuid4()}",
        "linger.ms": 5,
        "log_level": 0,
    }
    producer = Producer(options | {key.replace("_", "."): value for key, value in config.items()})
    producer.init_transactions(SECONDS)
    return producer


def settings_for(node, *topics, **changes):
    """Return settings of a reader of partition 0 that asks no group."""
    return KafkaSettings(**{"brokers": (node.brokers,), "topics": topics, "partitions": (0,)} | changes)


def opened(settings, offset=0, **options):
    """Return a source whose partitions go on at an offset."""
    source = started(settings, **options)
    place(source, offset)
    return source


def place(source, offset=0):
    """Go on with what was assigned since the last call; return it."""
    assigned = source.take_changes().assigned
    for partition in assigned:
        source.seek(partition, offset)
    source.resume(assigned)
    return assigned


def rows(messages):
    """Return offset and value of each message."""
    values = messages.values
    return [
        (int(offset), None if length < 0 else values[start : start + length].tobytes())
        for offset, start, length in zip(messages.offsets, messages.starts, messages.lengths, strict=True)
    ]


def read_until(source, end, partition=None):
    """Return all messages of a partition up to an offset."""
    found = []
    until = time.monotonic() + SECONDS
    while not found or found[-1].end < end:
        assert time.monotonic() < until, [(each.start, each.end) for each in found]
        found += [each for each in source.poll(0.5) if partition in {None, each.place}]
    assert all(one.end == other.start for one, other in itertools.pairwise(found))
    return found


def all_of(node, topic, end, **options):
    """Return offset and value of each message of partition 0, and where each group begins and ends."""
    source = opened(settings_for(node, topic), **options)
    groups = read_until(source, end)
    source.close()
    return [row for each in groups for row in rows(each)], groups


def first_of(topic):
    """Return the first partition of a topic."""
    return Partition(topic, 0)
