"""A broker on this machine to try the service on: ``make broker``.

Writes the demonstration's cluster if it is not there, starts the broker of the tests, sends the demonstration's Hubble
events to the topic ``flows``, and waits for Ctrl-C.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from confluent_kafka import Producer

from auditor.demo.write import write_demo
from tests.broker.jars import MissingError
from tests.broker.node import Node

TOPIC, PARTITIONS = "flows", 3


def main() -> int:
    """Start, fill, wait."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--demo", type=Path, default=Path("demo"), help="folder of the demonstration's cluster"
    )
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if not (chosen.demo / "cluster.json").exists():
        print(f"writing a cluster and its flow logs to {chosen.demo}/", flush=True)
        write_demo(chosen.demo)
    folder = Path(tempfile.mkdtemp(prefix="auditor-broker-"))
    try:
        print("starting Kafka; the first time, Maven fetches it", flush=True)
        node = Node(folder)
    except MissingError as error:
        print(f"expected Java 17 and Maven for a broker: {error}", file=sys.stderr)
        shutil.rmtree(folder, ignore_errors=True)
        return 2
    try:
        node.start()
        node.create(TOPIC, PARTITIONS)
        n_events = send(node.brokers, chosen.demo / "flows")
        print(
            f"{n_events:,} Hubble events are in the topic `{TOPIC}` of {node.brokers}. In another terminal:\n"
        )
        print(
            f"  .venv/bin/auditor stream --policies {chosen.demo}/policies --inventory {chosen.demo}/cluster.json "
            f"--brokers {node.brokers} --topic {TOPIC} --group demo --out segments --until-end"
        )
        print(
            "  .venv/bin/auditor verify segments\n\nCtrl-C ends the broker and removes what it wrote.",
            flush=True,
        )
        signal.pause()
    except KeyboardInterrupt:
        pass
    finally:
        node.stop()
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def send(brokers: str, flows: Path) -> int:
    """Send every line of the Hubble logs of a folder; return how many."""
    options = {"bootstrap.servers": brokers, "compression.type": "zstd", "linger.ms": 50}
    producer = Producer(options | {"queue.buffering.max.messages": 1_000_000, "log_level": 0})
    n_sent = 0
    for path in sorted(flows.glob("*.jsonl")):
        with path.open("rb") as lines:
            for line in lines:
                producer.produce(TOPIC, line.rstrip(), partition=n_sent % PARTITIONS)
                n_sent += 1
                if n_sent % 10_000 == 0:
                    producer.poll(0)
    producer.flush(60)
    return n_sent


if __name__ == "__main__":
    sys.exit(main())
