"""Flow logs written and decoded in tests: every part in order, its columns as plain rows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from auditor.errors import SourceError
from auditor.flows.schema import Account
from auditor.sources.files import InputFile
from tests.flows.evidence import or_none

FLOW = {
    "time": "2023-08-21T12:12:18.510175415Z",
    "verdict": "FORWARDED",
    "IP": {"source": "10.0.0.1", "destination": "10.0.0.2", "ipVersion": "IPv4"},
    "l4": {"TCP": {"source_port": 40000, "destination_port": 80}},
    "Type": "L3_L4",
    "event_type": {"type": 4},
    "is_reply": False,
}
"""A Hubble flow with nothing special about it."""


class Row(NamedTuple):
    """One flow of a batch."""

    row: int
    source: str
    destination: str
    protocol: int
    src_port: int
    dst_port: int
    hint: int
    observed: int
    weight: int


@dataclass
class Decoded:
    """What a log decoded to."""

    rows: list[Row]
    account: Account
    times: list[tuple[str | None, str | None]]
    counters: list[tuple[int | None, int | None]]
    warnings: tuple[str, ...]
    errors: list[str]

    @property
    def rejected(self):
        """Count and positions of each reason."""
        return {reason: (entry.count, entry.rows) for reason, entry in self.account.rejected.items()}


def input_file(path, content):
    """Write a file, and name it ``log`` in messages."""
    path.write_bytes(content)
    return InputFile("log", path, len(content))


def decode(log):
    """Decode every part; errors are collected, those of parts and the one that ends the file."""
    found = Decoded([], Account(), [], [], (), [])
    parts = log.parts()
    while True:
        try:
            part = next(parts, None)
            if part is None:
                break
            _add(found, part())
        except SourceError as error:
            found.errors.append(str(error))
    found.warnings = log.warnings
    n_skipped = sum(found.account.skipped.values())
    assert found.account.n_rows == len(found.rows) + n_skipped + found.account.n_rejected
    return found


def _add(found, batch):
    n = batch.n_flows
    _check_layout(batch)
    found.account.add(batch.account)
    weight = np.ones(n, np.int64) if batch.weight is None else batch.weight
    sources, destinations = (side.texts.array().to_pylist() for side in (batch.sources, batch.destinations))
    columns = (batch.protocol, batch.src_port, batch.dst_port, batch.opener_hint, batch.observed, weight)
    for place in range(n):
        source, destination = sources[batch.src_codes[place]], destinations[batch.dst_codes[place]]
        numbers = (int(column[place]) for column in columns)
        found.rows.append(Row(int(batch.rows[place]), source, destination, *numbers))
    evidence = batch.evidence(np.arange(n))
    for pair in zip(or_none(evidence.time_start), or_none(evidence.time_end), strict=True):
        found.times.append(tuple(None if time is None else str(time) for time in pair))
    found.counters.extend(zip(or_none(evidence.bytes), or_none(evidence.packets), strict=True))


def _check_layout(batch):
    """Every column has the dtype and the length that kernels take for granted."""
    expected = {
        "rows": np.int64,
        "src_codes": np.int32,
        "dst_codes": np.int32,
        "protocol": np.uint8,
        "src_port": np.uint16,
        "dst_port": np.uint16,
        "opener_hint": np.uint8,
        "observed": np.uint8,
    }
    for name, dtype in expected.items():
        column = getattr(batch, name)
        assert (name, column.dtype, column.shape) == (name, dtype, (batch.n_flows,))
    assert batch.weight is None or (batch.weight.dtype, len(batch.weight)) == (np.int64, batch.n_flows)
    assert (np.diff(batch.rows) >= 0).all()


def flow_line(**changes):
    """Return a Hubble line with changes to its flow; None leaves a field out."""
    flow = {name: value for name, value in {**FLOW, **changes}.items() if value is not None}
    return json.dumps({"flow": flow, "node_name": "worker", "time": FLOW["time"]}).encode()
