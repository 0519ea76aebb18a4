"""From messages of a topic to what a segment keeps of them, without a network: by shape of the message."""

from __future__ import annotations

import gzip
import json
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from auditor.capacity.compiled import compiled
from auditor.capacity.stopwatch import Stopwatch, slowed
from auditor.flows.messages_options import MessageOptions
from auditor.service.judging import judge
from auditor.service.options import StreamOptions
from auditor.sources.files import find_files
from auditor.sources.kafka_messages import Messages

if TYPE_CHECKING:
    from collections.abc import Iterator

JUNK = bytes(9)
"""Stands between values: about what a record batch has there."""
POLL = 4_000
"""Messages that a poll hands on at most here; the service takes what has come."""
LOG_EVENTS = 100
ARROW_ROWS = 1_000
SHAPES = {
    "Hubble event a message": "one JSON event each",
    "100 Hubble events a message": "JSON lines",
    "VPC record a message": "one line each, fields named by --vpc-format",
    "100 VPC records, CloudWatch": "a batch of CloudWatch Logs",
    "100 VPC records, CloudWatch, gzip": "the same, compressed by the sender",
    "1,000 rows, Arrow": "an Arrow IPC stream each, addresses as dictionaries",
}
"""What a message holds, by the name of its shape."""


def run(settings: dict[str, Any]) -> dict[str, Any]:
    """Measure.

    Parameters
    ----------
    settings : dict
        ``policies``, ``inventory``, ``pod_cidrs`` (lists of str), ``hubble``, ``vpc_text`` (paths of logs),
        ``rounds``, ``own_node``.

    Returns
    -------
    dict
        By shape: ``seconds`` (CPU, of each run), ``n_flows``, ``n_rows``, ``n_messages``, ``n_bytes``.
    """
    tables, _ = compiled(settings)
    shapes = list(_shapes(settings["hubble"], settings["vpc_text"]))
    polls = {name: list(polled(values)) for name, values, _ in shapes}
    found: dict[str, dict[str, Any]] = {}
    slow = slowed()
    for turn in range(settings["rounds"] + 1):
        for name, values, vpc_format in shapes:
            options = StreamOptions(threads=1, messages=MessageOptions(vpc_format=vpc_format))
            watch = Stopwatch(time.process_time, slow)
            judged = [judge(tables, each, options) for each in polls[name]]
            watch.lap("messages")
            if turn:
                found[name]["seconds"].append(watch.seconds["messages"])
                continue
            totals = [each.tally.finish() for each in judged]
            assert not any(each.n_rejected for each in totals), f"{name}: rows were rejected"
            found[name] = {
                "seconds": [],
                "n_flows": sum(each.n_flows for each in totals),
                "n_rows": sum(each.n_rows for each in totals),
                "n_messages": len(values),
                "n_bytes": sum(map(len, values)),
            }
    return found


def messages_of(values: list[bytes], start: int = 0) -> Messages:
    """Return messages of these values, as a poll would hand them on."""
    n = len(values)
    lengths = np.array([len(value) for value in values], np.int64)
    return Messages(
        topic="flows",
        partition=0,
        values=np.frombuffer(JUNK.join(values), np.uint8),
        starts=np.cumsum(lengths + len(JUNK)) - lengths - len(JUNK),
        lengths=lengths,
        offsets=np.arange(start, start + n),
        timestamps_ms=np.full(n, -1, np.int64),
        formats=(),
        format_codes=np.full(n, -1, np.int8),
        start=start,
        end=start + n,
        damaged=(),
    )


def polled(values: list[bytes]) -> Iterator[Messages]:
    """Yield messages as polls would hand them on."""
    for first in range(0, len(values), POLL):
        yield messages_of(values[first : first + POLL], first)


def _shapes(hubble: str, vpc_text: str) -> Iterator[tuple[str, list[bytes], str | None]]:
    names = iter(SHAPES)
    (file,) = find_files([hubble])
    events = file.read_bytes().splitlines()
    yield next(names), events, None
    yield (
        next(names),
        [b"\n".join(events[first : first + LOG_EVENTS]) for first in range(0, len(events), LOG_EVENTS)],
        None,
    )
    (file,) = find_files([vpc_text])
    header, *records = file.read_bytes().splitlines()
    fields = header.decode()
    yield next(names), records[: len(records) // 2], fields
    batches = log_batches(records[: len(records) // 2])
    yield next(names), batches, fields
    yield next(names), [gzip.compress(batch, 6, mtime=0) for batch in batches], fields
    yield next(names), list(arrow_values(max(20, len(records) // ARROW_ROWS))), None


def log_batches(lines: list[bytes]) -> list[bytes]:
    """Return batches of CloudWatch Logs."""
    return [
        json.dumps(
            {
                "messageType": "DATA_MESSAGE",
                "logEvents": [
                    {"id": "1", "timestamp": 0, "message": line.decode()}
                    for line in lines[first:][:LOG_EVENTS]
                ],
            }
        ).encode()
        for first in range(0, len(lines), LOG_EVENTS)
    ]


def arrow_values(n_messages: int) -> Iterator[bytes]:
    """Yield messages of ``ARROW_ROWS`` flows in Arrow IPC, addresses as dictionaries."""
    for number in range(n_messages):
        rows = np.arange(ARROW_ROWS)
        sources = [f"10.0.{(number + row) % 40}.{row % 250}" for row in range(ARROW_ROWS)]
        targets = [f"10.1.{(number * 7 + row) % 40}.{row % 250}" for row in range(ARROW_ROWS)]
        batch = pa.record_batch(
            {
                "src_ip": pa.array(sources).dictionary_encode(),
                "dst_ip": pa.array(targets).dictionary_encode(),
                "protocol": pa.array(np.full(ARROW_ROWS, 6, np.uint8)),
                "src_port": pa.array((30_000 + rows).astype(np.uint16)),
                "dst_port": pa.array((443 + rows % 8).astype(np.uint16)),
            }
        )
        content = pa.BufferOutputStream()
        with pa.ipc.new_stream(content, batch.schema) as writer:
            writer.write_batch(batch)
        yield content.getvalue().to_pybytes()
