"""Messages of a topic, by shape: what senders of flows put into one, made of the lines of logs."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from auditor.errors import SourceError
from auditor.sources.files import find_files
from auditor.sources.kafka_messages import Messages
from kernels.memory import PADDING

if TYPE_CHECKING:
    from collections.abc import Iterator

JUNK = bytes(9)
"""Stands between values: about what a record batch has there."""
NO_FLOWS = "no flow is in the messages made of these logs"
"""Why a shape has no figure."""
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


def messages_of(values: list[bytes], start: int = 0) -> Messages:
    """Return messages of these values, as a poll would hand them on."""
    n = len(values)
    lengths = np.array([len(value) for value in values], np.int64)
    return Messages(
        topic="flows",
        partition=0,
        values=np.frombuffer(JUNK.join((*values, bytes(PADDING))), np.uint8),
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


def shapes_of(hubble: str, vpc_text: str) -> Iterator[tuple[str, list[bytes], str | None]]:
    """Yield the name of each shape, the values of its messages, and the fields of VPC records.

    Parameters
    ----------
    hubble, vpc_text : str
        The logs.
    """
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


def refuse_rejected(n_rejected: int, what: str) -> None:
    """Refuse to measure messages with rejected rows, which cost something else.

    Raises
    ------
    SourceError
        There are some.
    """
    if n_rejected:
        raise SourceError(
            f"expected logs without rejected rows to measure messages by, {n_rejected} in {what}"
        )
