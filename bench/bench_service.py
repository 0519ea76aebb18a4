"""The service at a steady rate, and as fast as it can: how old records are when they are published, lag and memory.

::

    PYTHONPATH=. python bench/bench_service.py [--rate N] [--seconds S] [--stall S]

A real broker, a producer and ``auditor stream`` as processes of their own share this machine, so the figures say what a
small machine does, not what the service alone could. The service is stopped (SIGSTOP) once, and how long it takes to be
level again is printed. Whatever it wrote is verified before a figure is printed.
"""

from __future__ import annotations

import argparse
import json
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import inputs
import pyarrow as pa
from confluent_kafka import Producer
from kafka_topics import PRODUCER, broker
from machine import describe
from measuring import ROOT, environment

if TYPE_CHECKING:
    from tests.broker.node import Node

PARTITIONS = 2
TOPIC = "steady"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=20_000, help="events a second")
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--stall", type=int, default=60, help="seconds that the service is stopped")
    chosen = parser.parse_args()
    print(describe())
    with broker() as node, tempfile.TemporaryDirectory() as folder:
        if node is not None:
            measure(node, Path(folder) / "segments", chosen)


def measure(node: Node, out: Path, chosen: argparse.Namespace) -> None:
    """Run the service beside a producer, and print what came of it."""
    cluster = inputs.cluster()
    values = inputs.log("hubble-json", 40_000).read_bytes().splitlines()
    node.create(TOPIC, PARTITIONS)
    command = [
        sys.executable,
        "-m",
        "auditor",
        "stream",
        "--brokers",
        node.brokers,
        "--topic",
        TOPIC,
        "--group",
        "bench",
    ]
    command += ["--policies", str(cluster / "policies"), "--inventory", str(cluster / "cluster.json")]
    command += ["--out", str(out), "--roll-seconds", "1", "--own-node", "judge", "--log-format", "text"]
    service = subprocess.Popen(command, cwd=ROOT, env=environment(), stderr=subprocess.DEVNULL)
    while not list(out.rglob("GENESIS")):
        time.sleep(0.2)
    stop = threading.Event()
    sent: list[int] = []
    producer = threading.Thread(target=produce, args=(node.brokers, values, chosen.rate, stop, sent))
    producer.start()
    memory: list[int] = []
    begin = time.time()
    stalled_at = begin + chosen.seconds / 2
    is_stalled = False
    while time.time() - begin < chosen.seconds:
        time.sleep(1)
        memory.append(resident(service.pid))
        if not is_stalled and chosen.stall and time.time() > stalled_at:
            is_stalled = True
            service.send_signal(signal.SIGSTOP)
            time.sleep(chosen.stall)
            service.send_signal(signal.SIGCONT)
    resumed = stalled_at + chosen.stall
    stop.set()
    producer.join()
    time.sleep(3)
    service.send_signal(signal.SIGTERM)
    code = service.wait(60)
    verified = subprocess.run(
        [sys.executable, "-m", "auditor", "verify", str(out), "-o", "json"],
        cwd=ROOT, env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    document = json.loads(verified.stdout)
    n_judged = sum(each["counts"]["messages"] for each in document["partitions"])
    if code or verified.returncode or n_judged != sum(sent):
        raise SystemExit(
            f"expected {sum(sent):,} messages judged once, came {n_judged:,}; codes {code}, {verified.returncode}"
        )
    report(segments(out), memory, chosen, stalled_at, resumed, n_judged)


def report(
    found: list[tuple[float, float, float]],
    memory: list[int],
    chosen: argparse.Namespace,
    stalled_at: float,
    resumed: float,
    n_judged: int,
) -> None:
    """Print ages of records, the time to be level again, and memory."""
    calm = (
        [(first, at) for first, _, at in found if at < stalled_at or first > resumed + 10]
        if chosen.stall
        else [(first, at) for first, _, at in found]
    )
    ages = sorted(at - first for first, at in calm)
    print(f"{n_judged:,} events at {chosen.rate:,}/s, each judged once (verified)")
    print(
        f"from produced to published, oldest record of each of {len(ages)} segments (they end after 1 s): "
        f"p50 {statistics.median(ages):.2f} s, p99 {ages[int(len(ages) * 0.99) - 1]:.2f} s, most {ages[-1]:.2f} s"
    )
    if chosen.stall:
        behind = [at for first, last, at in found if at > resumed and at - last > 2]
        print(
            f"stopped for {chosen.stall} s: level again {max(behind, default=resumed) - resumed:.1f} s after it went on"
        )
    steady = memory[len(memory) // 5 :]
    low, high = min(steady) / 1e6, max(steady) / 1e6
    print(f"resident memory after the first fifth: {low:.0f} to {high:.0f} MB ({(high / low - 1):+.0%})")


def segments(out: Path) -> list[tuple[float, float, float]]:
    """Return, of each segment, the times of its first and last message, and when it was published."""
    found = []
    for path in out.rglob("p=*/*.arrow"):
        if "rejected" in path.parts:
            continue
        facts = json.loads(pa.ipc.open_file(path).metadata[b"auditor.segment"])
        if facts["first_ms"] is not None:
            found.append((facts["first_ms"] / 1e3, facts["last_ms"] / 1e3, path.stat().st_mtime))
    return sorted(found, key=lambda each: each[2])


def produce(brokers: str, values: list[bytes], rate: int, stop: threading.Event, sent: list[int]) -> None:
    """Send so many a second until told to stop; ``sent`` gets how many went out each tenth of one."""
    producer = Producer(
        {"bootstrap.servers": brokers, "compression.type": "zstd", **PRODUCER, "linger.ms": 5}
    )
    at, due = 0, time.monotonic()
    while not stop.is_set():
        n = rate // 10
        for each in range(at, at + n):
            producer.produce(TOPIC, values[each % len(values)], partition=each % PARTITIONS)
        producer.poll(0)
        sent.append(n)
        at += n
        due += 0.1
        time.sleep(max(0.0, due - time.monotonic()))
    producer.flush(60)


def resident(pid: int) -> int:
    """Return the resident memory of a process, in bytes."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096


if __name__ == "__main__":
    main()
