"""Messages of a topic to flows, one core, beside the reader of files on the same lines.

Run from the top of the project: ``PYTHONPATH=. python bench/bench_messages.py``.
"""

from __future__ import annotations

import gzip
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import inputs
import numpy as np
import pyarrow as pa
from machine import describe

from auditor.capacity.message_shapes import ARROW_ROWS, LOG_EVENTS, log_batches, messages_of
from auditor.flows.messages import MessageOptions, decode_messages
from auditor.flows.options import FlowOptions
from auditor.flows.sniff import open_flow_log
from auditor.sources.files import find_files

if TYPE_CHECKING:
    from collections.abc import Callable

    from auditor.sources.kafka_messages import Messages

HUBBLE_ROWS, VPC_ROWS = 40_000, 200_000
RUNS = 7


def median_seconds(act: Callable[[], int]) -> tuple[float, int]:
    """Return CPU seconds of this thread, the median of some runs after a first one, and what is counted."""
    found = act()
    taken = []
    for _ in range(RUNS):
        before = time.thread_time()
        assert act() == found
        taken.append(time.thread_time() - before)
    return statistics.median(taken), found


def print_row(what: str, n_bytes: int, act: Callable[[], int]) -> None:
    """Measure and print: flows and skipped rows a second, bytes a second."""
    seconds, n_rows = median_seconds(act)
    print(
        f"{what:<46} {n_rows / seconds / 1e6:8.2f} M rows/s {n_bytes / seconds / 1e9:6.2f} GB/s", flush=True
    )


def decoded(messages: Messages, options: MessageOptions) -> int:
    """Decode messages; return how many rows, none of them rejected."""
    accounts = [each.flows.account for each in decode_messages(messages, options)]
    assert not any(account.rejected for account in accounts)
    return sum(account.n_rows for account in accounts)


def read(path: Path, vpc_format: str | None) -> int:
    """Decode a file; return how many rows."""
    (file,) = find_files([str(path)])
    return sum(
        part().account.n_rows for part in open_flow_log(file, FlowOptions(vpc_format=vpc_format)).parts()
    )


def beside(name: str, lines: list[bytes], vpc_format: str | None = None) -> None:
    """Measure lines, one a message, beside a file of them."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "flows"
        path.write_bytes(b"\n".join(lines) + b"\n")
        n_bytes = path.stat().st_size
        print_row(f"{name}, a file", n_bytes, lambda: read(path, vpc_format))
    options = MessageOptions(vpc_format=vpc_format)
    messages = messages_of(lines)
    print_row(f"{name}, one a message", n_bytes, lambda: decoded(messages, options))


def carried(name: str, values: list[bytes], vpc_format: str | None = None) -> None:
    """Measure messages that carry lines."""
    messages, options = messages_of(values), MessageOptions(vpc_format=vpc_format)
    print_row(name, sum(map(len, values)), lambda: decoded(messages, options))


def arrow_messages(n: int, *, has_dictionaries: bool) -> list[bytes]:
    """Return streams of rows."""
    random = np.random.default_rng(1)
    addresses = np.array([f"10.{a}.{b}.{c}" for a, b, c in random.integers(0, 50, (300, 3))])
    values = []
    for _ in range(n):
        columns = {
            "src_ip": pa.array(random.choice(addresses, ARROW_ROWS)),
            "dst_ip": pa.array(random.choice(addresses, ARROW_ROWS)),
            "protocol": pa.array(np.full(ARROW_ROWS, 6, np.uint8)),
            "src_port": pa.array(random.integers(0, 65_535, ARROW_ROWS).astype(np.uint16)),
            "dst_port": pa.array(random.integers(0, 65_535, ARROW_ROWS).astype(np.uint16)),
            "observed": pa.array(["forwarded"] * ARROW_ROWS),
            "time_start": pa.array(random.integers(0, 10**18, ARROW_ROWS), pa.timestamp("ns", "UTC")),
            "bytes": pa.array(random.integers(0, 10**6, ARROW_ROWS)),
            "packets": pa.array(random.integers(0, 10**3, ARROW_ROWS)),
        }
        if has_dictionaries:
            for name in ("src_ip", "dst_ip", "observed"):
                columns[name] = columns[name].dictionary_encode()
        table = pa.table(columns)
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        values.append(sink.getvalue().to_pybytes())
    return values


def main() -> None:
    """Measure and print."""
    print(describe())
    events = inputs.log("hubble-json", HUBBLE_ROWS).read_bytes().splitlines()
    beside("Hubble events", events)
    carried(
        "Hubble events, as text under `log`", [json.dumps({"log": line.decode()}).encode() for line in events]
    )
    header, *records = inputs.log("vpc-text", VPC_ROWS).read_bytes().splitlines()
    names = header.decode()
    beside("VPC records", records, names)
    batches = log_batches(records[: VPC_ROWS // 4])
    carried(f"VPC records, {LOG_EVENTS} in a CloudWatch batch", batches, names)
    carried("the same in gzip", [gzip.compress(batch, 6) for batch in batches], names)
    for has_dictionaries in (False, True):
        kind = "dictionaries" if has_dictionaries else "plain text"
        carried(f"Arrow, {ARROW_ROWS} rows, {kind}", arrow_messages(200, has_dictionaries=has_dictionaries))


if __name__ == "__main__":
    main()
