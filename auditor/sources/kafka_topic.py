"""A topic that is there as long as it is needed, for measuring: made under a name of its own, filled, removed."""

from __future__ import annotations

import uuid
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from kafka import errors

from auditor.errors import SourceError
from auditor.sources.kafka_client import make_admin, make_producer, said, translated

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kafka.producer.future import FutureRecordMetadata

    from auditor.sources.kafka_settings import KafkaSettings

KEPT_MS = 3_600_000
"""How long a broker keeps the messages if nobody comes to remove the topic, because this program was killed."""
SEND_S = 120


@contextmanager
def own_topic(settings: KafkaSettings, prefix: str) -> Iterator[str]:
    """Make a topic of one partition, as often replicated as the brokers choose; give its name, and remove it.

    Parameters
    ----------
    settings : KafkaSettings
        Where; what it says of topics is no matter.
    prefix : str
        What the name begins with, before a random part: no topic of anybody else is touched.

    Raises
    ------
    SourceError
        It cannot be made, or not be removed, which is said with its name.
    """
    name = f"{prefix}{uuid.uuid4().hex}"
    admin = make_admin(settings)
    try:
        try:
            with translated(settings, f"make the topic `{name}`"):
                configs = {"retention.ms": str(KEPT_MS), "cleanup.policy": "delete"}
                admin.create_topics({name: {"num_partitions": 1, "configs": configs}}, wait_for_metadata=True)
            yield name
        finally:
            # Also what was not yet seen to be there when the patience ended.
            with (
                translated(settings, f"remove the topic `{name}`, which is to be removed by hand"),
                suppress(errors.UnknownTopicOrPartitionError),
            ):
                admin.delete_topics([name])
    finally:
        admin.close()


def fill(settings: KafkaSettings, topic: str, values: Iterable[bytes], codec: str) -> int:
    """Send messages to the first partition of a topic; return how many were sent, once all are there.

    Raises
    ------
    SourceError
        One of them was refused.
    """
    producer = make_producer(settings, codec)
    try:
        with translated(settings, f"take messages for `{topic}`"):
            sent: list[FutureRecordMetadata] = [producer.send(topic, value, partition=0) for value in values]
            producer.flush(SEND_S)
            for each in sent:
                if not each.succeeded():
                    reason = each.exception or errors.KafkaTimeoutError("not sent in time")
                    raise SourceError(f"expected `{topic}` to take a message: {said(reason)}")
    finally:
        producer.close(10)
    return len(sent)
