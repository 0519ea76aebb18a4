"""The service at a steady rate, and as fast as it can: how old records are when they are published, lag and memory.

::

    PYTHONPATH=. python bench/bench_service.py [--rate N] [--seconds S] [--stall S] [--share PERCENT]

With ``--rate 0`` the producer waits whenever the service is more than a few seconds behind: it then runs as fast as it
can for as long as wished, and its memory every ten seconds is printed.

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
from confluent_kafka import Consumer, Producer, TopicPartition
from kafka_topics import PRODUCER, broker
from machine import describe
from measuring import ROOT, environment

if TYPE_CHECKING:
    from tests.broker.node import Node

PARTITIONS = 2
BURST = 5_000
MOST_BEHIND = 300_000
"""Events that may be on their way where the service sets the pace: a few seconds' worth."""
TOPIC = "steady"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=20_000, help="events a second")
    parser.add_argument("--share", type=int, default=100, help="percent of the time that the service may run")
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
    node.create(TOPIC, PARTITIONS, retention_bytes="2000000000", segment_bytes="100000000")
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
    lag: list[tuple[float, int, int]] = []
    threads = [
        threading.Thread(target=produce, args=(node.brokers, values, chosen.rate, stop, sent, lag)),
        threading.Thread(target=follow, args=(node.brokers, stop, sent, lag)),
    ]
    for thread in threads:
        thread.start()
    memory: list[int] = []
    begin = time.time()
    stalled_at = begin + chosen.seconds / 2
    is_stalled = False
    while time.time() - begin < chosen.seconds:
        yield_to_others(service, chosen.share)
        memory.append(resident(service.pid))
        if len(memory) % 10 == 0:
            print(
                f"{time.time() - begin:4.0f} s: {memory[-1] / 1e6:.0f} MB, {sum(sent):,} events sent, "
                f"{lag[-1][1] if lag else 0:,} not committed yet",
                flush=True,
            )
        if not is_stalled and chosen.stall and time.time() > stalled_at:
            is_stalled = True
            service.send_signal(signal.SIGSTOP)
            time.sleep(chosen.stall)
            service.send_signal(signal.SIGCONT)
    loaded = list(lag)
    n_sent = sum(sent)
    resumed = stalled_at + chosen.stall
    stop.set()
    for thread in threads:
        thread.join()
    begun_to_drain = time.time()
    drained_s = drain(node.brokers, service, sum(sent), chosen.share) - begun_to_drain
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
    if len(loaded) > 1:
        (first_s, first, _), (last_s, last, _) = loaded[len(loaded) // 5], loaded[-1]
        seconds = last_s - first_s
        print(
            f"{n_sent / chosen.seconds:,.0f} events/s sent; lag {first:,} to {last:,} in {seconds:.0f} s "
            f"({(last - first) / seconds:+,.0f}/s); empty {drained_s:.1f} s after the last event"
        )


def yield_to_others(service: subprocess.Popen[bytes], share: int) -> None:
    """Let a second go by, in which the service runs for its share of each tenth."""
    for _ in range(10):
        if share < 100:
            service.send_signal(signal.SIGSTOP)
            time.sleep(0.1 - share / 1_000)
            service.send_signal(signal.SIGCONT)
        time.sleep(share / 1_000)


def committed(consumer: Consumer) -> int:
    """Return how many messages the group has been told of, all partitions together."""
    places = [TopicPartition(TOPIC, number) for number in range(PARTITIONS)]
    return sum(max(0, each.offset) for each in consumer.committed(places, timeout=10))


def follow(brokers: str, stop: threading.Event, sent: list[int], lag: list[tuple[float, int, int]]) -> None:
    """Note every second how many events were sent that the group does not know of."""
    consumer = Consumer({"bootstrap.servers": brokers, "group.id": "bench", "log_level": 0})
    while not stop.wait(1.0):
        done = committed(consumer)
        lag.append((time.time(), sum(sent) - done, done))
    consumer.close()


def drain(brokers: str, service: subprocess.Popen[bytes], n_sent: int, share: int) -> float:
    """Wait until the group knows of all; return when that was."""
    consumer = Consumer({"bootstrap.servers": brokers, "group.id": "bench", "log_level": 0})
    until = time.time() + 600
    while committed(consumer) < n_sent and time.time() < until:
        yield_to_others(service, share)
    consumer.close()
    return time.time()


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
    steady = [each / 1e6 for each in memory[len(memory) // 5 :]]
    low, middle, high = min(steady), statistics.median(steady), max(steady)
    print(
        f"resident memory after the first fifth: {low:.0f} to {high:.0f} MB, median {middle:.0f} "
        f"({low / middle - 1:+.1%}, {high / middle - 1:+.1%})"
    )


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


def produce(
    brokers: str,
    values: list[bytes],
    rate: int,
    stop: threading.Event,
    sent: list[int],
    lag: list[tuple[float, int, int]],
) -> None:
    """Send so many a second until told to stop, or as many as the service takes; ``sent`` gets how many each time."""
    producer = Producer(
        {"bootstrap.servers": brokers, "compression.type": "zstd", **PRODUCER, "linger.ms": 5}
    )
    at, due = 0, time.monotonic()
    n = rate // 10 or BURST
    while not stop.is_set():
        if not rate and sum(sent) - (lag[-1][2] if lag else 0) > MOST_BEHIND:
            time.sleep(0.02)
            continue
        for each in range(at, at + n):
            producer.produce(TOPIC, values[each % len(values)], partition=each % PARTITIONS)
        producer.poll(0)
        sent.append(n)
        at += n
        due = due + 0.1 if rate else time.monotonic()
        time.sleep(max(0.0, due - time.monotonic()))
    producer.flush(60)


def resident(pid: int) -> int:
    """Return the resident memory of a process, in bytes."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096


if __name__ == "__main__":
    main()
