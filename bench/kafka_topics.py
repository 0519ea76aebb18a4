"""A broker of its own for a benchmark, and topics full of messages in it."""

from __future__ import annotations

import io
import json
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
from confluent_kafka import Producer

from tests.broker.jars import MissingError
from tests.broker.node import Node

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ARROW_ROWS = 1_000
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


def arrow_values(n_messages: int) -> Iterator[bytes]:
    """Yield messages of flows in Arrow IPC, addresses as dictionaries."""
    for number in range(n_messages):
        sources = [f"10.0.{(number + row) % 40}.{row % 250}" for row in range(ARROW_ROWS)]
        targets = [f"10.1.{(number * 7 + row) % 40}.{row % 250}" for row in range(ARROW_ROWS)]
        batch = pa.record_batch(
            {
                "src_ip": pa.array(sources).dictionary_encode(),
                "dst_ip": pa.array(targets).dictionary_encode(),
                "protocol": pa.array([6] * ARROW_ROWS, pa.uint8()),
                "src_port": pa.array(range(30_000, 30_000 + ARROW_ROWS), pa.uint16()),
                "dst_port": pa.array([443 + row % 8 for row in range(ARROW_ROWS)], pa.uint16()),
            }
        )
        content = io.BytesIO()
        with pa.ipc.new_stream(content, batch.schema) as writer:
            writer.write_batch(batch)
        yield content.getvalue()
