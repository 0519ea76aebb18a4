"""What a report costs: CPU milliseconds for flow rows, groups, summary and files of 1 % reported flows.

A batch is one part of a log; of its flows every hundredth is reported. ``rows`` and ``groups`` run on the threads that
classify; ``merge``, ``write`` and ``finish`` on the one that puts parts in order, so these three must stay small. The
flows differ in how many groups their reported ones fall into.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from machine import describe

from auditor.compiler.build import build
from auditor.flows.schema import Account, Addresses, Evidence, FlowBatch
from auditor.report.folder import ReportFolder
from auditor.report.groups import group_rows
from auditor.report.reported import Reported
from auditor.report.rows import flow_rows
from auditor.report.run import Run
from auditor.report.summary import Summary
from auditor.report.tally import Tally
from auditor.strings import Strings
from auditor.verdicts.classify import classify
from data.synthetic import synthetic_cluster

if TYPE_CHECKING:
    from collections.abc import Callable

    from auditor.tables.tableset import TableSet
    from auditor.verdicts.schema import VerdictBatch

STAGES = ("chosen", "rows", "groups", "merge", "write", "finish")
SHARE = 100
SEED = 20_261_123


def main() -> None:
    """Run every number of groups and print a line each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--flows", type=int, default=10_000_000)
    parser.add_argument("--batch", type=int, default=1_000_000, help="flows a batch")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    inventory, policies = synthetic_cluster(100, 1_000)
    tables = build(policies, inventory)
    print(describe())
    n_batches = max(1, options.flows // options.batch)
    n_rows = n_batches * len(range(0, options.batch, SHARE))
    print(
        f"{n_batches} batches of {options.batch:,} flows, {n_rows:,} reported; best of {options.runs}, CPU ms"
    )
    print("   groups  " + "  ".join(f"{stage:>8}" for stage in (*STAGES, "all")) + "  in order, ns/flow")
    for n_groups in (100, 10_000, 50_000, 200_000, 1_000_000):
        measure(tables, n_groups, n_batches, options)


def measure(tables: TableSet, n_groups: int, n_batches: int, options: argparse.Namespace) -> None:
    """Print one line of the table."""
    rng = np.random.default_rng(SEED)
    batches = [flow_batch(n_groups, options.batch, rng) for _ in range(n_batches)]
    judged = [(flows, classify(tables, flows, "as-recorded")) for flows in batches]
    chosen = np.arange(0, options.batch, SHARE)
    runs = [report(tables, judged, chosen) for _ in range(options.runs)]
    taken, found = min(runs, key=lambda run: run[0].total())
    in_order = taken["merge"] + taken["write"] + taken["finish"]
    figures = "  ".join(
        f"{1e3 * seconds:>8.1f}" for seconds in (*(taken[name] for name in STAGES), taken.total())
    )
    print(f"{found:>9,}  {figures}  {1e9 * in_order / (n_batches * options.batch):>17.1f}")


def report(
    tables: TableSet, judged: list[tuple[FlowBatch, VerdictBatch]], chosen: np.ndarray
) -> tuple[Counter[str], int]:
    """Return the CPU seconds of each stage of one report, and how many groups it has."""
    taken: Counter[str] = Counter()

    def timed(stage: str, work: Callable[..., Any], *given: object) -> Any:  # noqa: ANN401  what the work returns
        start = time.process_time()
        done = work(*given)
        taken[stage] += time.process_time() - start
        return done

    summary, tally = Summary(), Tally.create(len(tables.policies.rules))
    with tempfile.TemporaryDirectory() as out, ReportFolder(Path(out) / "report") as folder:
        for flows, verdicts in judged:
            tally.add(flows, verdicts)
        found = [timed("chosen", chosen_of, flows, verdicts, chosen) for flows, verdicts in judged]
        rows = timed("rows", lambda: flow_rows(tables, Reported.joined(found)))
        timed("merge", summary.merge, timed("groups", group_rows, rows))
        timed("write", folder.add, rows)
        record = Run("bench", tables.fingerprint, "2026-01-01T00:00:00Z")
        totals = tally.finish()
        timed("finish", folder.finish, tables, totals, summary, record)
    return taken, summary.finish().num_rows


def chosen_of(flows: FlowBatch, verdicts: VerdictBatch, chosen: np.ndarray) -> Reported:
    """Return what is reported of some flows."""
    return Reported.of(flows, verdicts.at(chosen))


def flow_batch(n_groups: int, n_flows: int, rng: np.random.Generator) -> FlowBatch:
    """Return flows from external addresses to pods, of about ``n_groups`` pairs of an address and a port."""
    n_addresses = max(1, n_groups // 10)
    low = np.concatenate(
        [
            np.uint64(0xFFFF_C612_0000) + np.arange(n_addresses, dtype=np.uint64),
            np.uint64(0xFFFF_0A00_0001) + np.arange(100, dtype=np.uint64),
        ]
    )
    texts = [".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0)) for number in low.tolist()]
    addresses = Addresses(np.zeros(len(low), dtype=np.uint64), low, Strings.of(pa.array(texts)))
    times = np.arange(n_flows) * 1_000_000 + 1_767_225_600 * 1_000_000_000

    def evidence(flows: np.ndarray) -> Evidence:
        return Evidence(times[flows], times[flows], flows, flows)

    def column(first: int, last: int, dtype: type) -> np.ndarray:
        return rng.integers(first, last, n_flows, dtype=dtype)

    return FlowBatch(
        file="flows.parquet",
        account=Account(n_rows=n_flows),
        rows=np.arange(1, n_flows + 1, dtype=np.int64),
        src_codes=column(0, n_addresses, np.int32),
        dst_codes=np.full(n_flows, n_addresses, dtype=np.int32),
        sources=addresses,
        destinations=addresses,
        protocol=np.full(n_flows, 6, dtype=np.uint8),
        src_port=column(32768, 60999, np.uint16),
        dst_port=column(8000, 8010, np.uint16),
        opener_hint=np.zeros(n_flows, dtype=np.uint8),
        observed=np.ones(n_flows, dtype=np.uint8),
        weight=None,
        evidence=evidence,
    )


if __name__ == "__main__":
    main()
