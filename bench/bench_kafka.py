"""Messages a second from the bytes of record batches, beside the client's own reader.

::

    PYTHONPATH=. python bench/bench_kafka.py

No network: what the fetcher of the client is given is read by its own class and by ours, on one core; CPU seconds,
medians, after a run that is not counted. Values are flows of about 480 bytes, 8 000 of them, each with a header.
"""

from __future__ import annotations

import json
import platform
import random
import statistics
import time
from importlib.metadata import version

from kafka.consumer.fetcher import Fetcher
from kafka.record import MemoryRecords
from kafka.record.memory_records import MemoryRecordsBuilder
from kafka.structs import TopicPartition

from auditor.sources.kafka_codecs import NAMES, PLAIN
from auditor.sources.kafka_fetch import BatchRecords
from auditor.sources.kafka_messages import FORMAT_HEADER

SEED = 20_261_126
N_MESSAGES = 8_000
TOPIC = TopicPartition("flows", 0)
FORMS = [(codec, 1_000) for codec in (PLAIN, *NAMES)] + [(PLAIN, 10), (PLAIN, 1)]
"""Codec, and messages a batch: producers that do not wait send one at a time."""


def flow(rng: random.Random) -> bytes:
    """Return a value."""
    source, destination = (f"10.{rng.randrange(256)}.{rng.randrange(256)}.7" for _ in range(2))
    labels = [f"k8s:app=service-{rng.randrange(300)}" for _ in range(14)]
    return json.dumps({"source": source, "destination": destination, "labels": labels}).encode()


def batches(codec: int, n_each: int) -> bytes:
    """Return all messages in batches of so many."""
    rng = random.Random(SEED)
    content = bytearray()
    for first in range(0, N_MESSAGES, n_each):
        builder = MemoryRecordsBuilder(magic=2, compression_type=codec, batch_size=1 << 24)
        for k in range(n_each):
            builder.append(1_700_000_000_000 + k, None, flow(rng), [(FORMAT_HEADER, b"hubble")])
        builder.close()
        batch = bytearray(builder.buffer())
        batch[:8] = first.to_bytes(8, "big")
        content += batch
    return bytes(content)


def rate(kind: type, content: bytes, runs: int) -> float:
    """Return millions of messages a CPU second."""
    seconds = []
    for _ in range(runs + 1):
        begun = time.process_time()
        found = kind(0, TOPIC, MemoryRecords(content)).take()
        seconds.append(time.process_time() - begun)
        n = sum(map(len, found)) if kind is BatchRecords else len(found)
        assert n == N_MESSAGES, n
    return N_MESSAGES / statistics.median(seconds[1:]) / 1e6


def main() -> None:
    """Measure and print."""
    print(f"{platform.processor() or platform.machine()}, kafka-python {version('kafka-python')}")
    print(f"{'codec':8}{'a batch':>9}{'KiB':>8}{'this, M/s':>12}{'client, M/s':>13}{'times':>7}")
    for codec, n_each in FORMS:
        content = batches(codec, n_each)
        own, theirs = rate(BatchRecords, content, 21), rate(Fetcher.PartitionRecords, content, 5)
        name = NAMES.get(codec, "none")
        print(f"{name:8}{n_each:9}{len(content) >> 10:8}{own:12.2f}{theirs:13.3f}{own / theirs:7.0f}")


if __name__ == "__main__":
    main()
