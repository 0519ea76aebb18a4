"""A broker of its own for a benchmark, and topics full of messages in it."""

from __future__ import annotations

import json
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from confluent_kafka import Producer

from auditor.capacity.message_shapes import ARROW_ROWS, arrow_values
from tests.broker.jars import MissingError
from tests.broker.node import Node

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["ARROW_ROWS", "PRODUCER", "arrow_values", "broker", "fill"]

PRODUCER = {
    "linger.ms": 50,
    "batch.size": 1_000_000,
    "queue.buffering.max.messages": 1_000_000,
    "log_level": 0,
}


@contextmanager
def broker() -> Iterator[Node | None]:
    """Give a broker that runs, None on a machine that cannot have one, which is said."""
    with tempfile.TemporaryDirectory(prefix="auditor-bench-", ignore_cleanup_errors=True) as folder:
        try:
            node = Node(Path(folder))
        except MissingError as error:
            print(f"kafka: not measured: {error}", flush=True)
            yield None
            return
        node.start()
        try:
            yield node
        finally:
            node.stop()


def fill(node: Node, topic: str, values: Iterable[bytes], codec: str) -> Path:
    """Create a topic of one partition with these messages; return a file that says where they are."""
    node.create(topic)
    options = {"bootstrap.servers": node.brokers, "compression.type": codec, **PRODUCER}
    producer = Producer(options)
    n_sent = n_bytes = 0
    for value in values:
        producer.produce(topic, value, partition=0)
        n_sent += 1
        n_bytes += len(value)
        if n_sent % 1_000 == 0:
            producer.poll(0)
    assert producer.flush(120) == 0
    path = node.folder / f"{topic}.json"
    path.write_text(json.dumps({"brokers": node.brokers, "topic": topic, "n": n_sent, "n_bytes": n_bytes}))
    return path
