"""VPC text to columns, one core, beside the readers of delimited text that others would use."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from lines import beside
from measuring import Contender, interleaved, serve
from text_peers import COLUMNS, PEERS, check_table

from auditor.flows.options import FlowOptions
from auditor.flows.sniff import open_flow_log
from auditor.sources.files import find_files
from kernels import codes

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from lines import Line

    from auditor.flows.schema import FlowBatch

LEAST_RATIO = 4.0
LEAST_ROWS = 3e6
ROWS = {"vpc-text-v2": (3_000_000, 400_000), "vpc-text": (1_500_000, 200_000)}
"""All, and with ``--quick``."""


def decoded(path: str) -> str:
    """Decode a log as an audit does, on this thread: a batch is let go before the next one is decoded."""
    for batch in batches(path):
        assert batch.n_flows <= batch.account.n_rows
    return path


def batches(path: str) -> Iterator[FlowBatch]:
    """Yield the batches of a log."""
    (file,) = find_files([path])
    for part in open_flow_log(file, FlowOptions()).parts():
        yield part()


def check_batches(path: str) -> dict[str, Any]:
    """Return what must be equal, from decoding the log once more."""
    found = list(batches(path))
    sums = dict.fromkeys(("flows", "ports", "bytes", "packets", "refused"), 0)
    addresses: set[str] = set()
    for batch in found:
        evidence = batch.evidence(np.arange(batch.n_flows))
        sums["flows"] += batch.n_flows
        sums["ports"] += int(batch.src_port.sum(dtype="int64") + batch.dst_port.sum(dtype="int64"))
        sums["bytes"] += evidence.bytes.sum().as_py()
        sums["packets"] += evidence.packets.sum().as_py()
        sums["refused"] += int((batch.observed == codes.OBSERVED_REFUSED).sum())
        for column, places in ((batch.sources, batch.src_codes), (batch.destinations, batch.dst_codes)):
            addresses.update(column.texts.take(np.unique(places)).to_pylist())
    return {
        "rows": sum(batch.account.n_rows - batch.account.skipped.get("header", 0) for batch in found),
        **sums,
        "addresses": len(addresses),
    }


CONTENDERS = {
    "": Contender(decoded, check_batches),
    **{name: Contender(load, check_table) for name, load in PEERS.items()},
}


def lines(chosen: argparse.Namespace) -> Iterator[Line]:
    """Measure, and yield the lines of the table."""
    import inputs  # noqa: PLC0415  not for the measured processes

    for log_format, sizes in ROWS.items():
        path = inputs.log(log_format, sizes[chosen.quick])
        samples = interleaved(__file__, list(CONTENDERS), path, inputs.warm(log_format), chosen.runs)
        version = 2 if log_format == "vpc-text-v2" else 5
        what = f"{samples[''][0].rows:,} rows, {len(COLUMNS[version])} columns, 1 core"
        least = LEAST_ROWS if version == 2 else 0
        yield from beside(f"VPC text v{version}", what, "cpu_s", samples, LEAST_RATIO, least_rows=least)


if __name__ == "__main__" and not serve(CONTENDERS):
    from table import main

    main([Path(__file__).stem])
