"""Results as a report is made of them, without measuring anything."""

from __future__ import annotations

import numpy as np
import pytest

from auditor.capacity.results import COUNT, HIGHER, NEITHER, WALL, Figure, Results
from auditor.capacity.stages import STAGES


def made_results(seed=1, slow=None, n_runs=8, noise=0.02):
    """Return results whose runs are drawn around known costs; ``slow`` multiplies the cost of stages."""
    rng = np.random.default_rng(seed)

    def runs(cost):
        return tuple(float(each) for each in cost * (1 + rng.normal(0, noise, n_runs)))

    results = Results(
        {
            "machine": {
                "processor": "tested",
                "cores": 2,
                "usable_cores": 2,
                "memory_bytes": 8 << 30,
                "versions": {},
            },
            "seed": 1,
            "mode": "quick",
            "version": "1",
            "command": "auditor bench --quick",
            "inputs": "generated with seed 1",
            "started": "2026-01-05T12:00:00+00:00",
            "took_s": 61.0,
            "n_policies": 1_000,
        }
    )
    costs = dict(zip(STAGES, (100.0, 300.0, 5.0, 40.0, 2.0, 60.0, 30.0), strict=True))
    for log, compression, factor in (
        ("hubble-json", "gzip", 4),
        ("vpc-text", "none", 1),
        ("vpc-parquet", "zstd", 0.5),
    ):
        labels = {"log": log, "compression": compression}
        total = np.zeros(n_runs)
        for stage, cost in costs.items():
            taken = runs(cost * factor * (slow or {}).get(stage, 1))
            total += taken
            results.figures.append(
                Figure("stage", {**labels, "stage": stage}, "ns/flow", taken, n_flows=1_000, n_bytes=100_000)
            )
        figure = Figure(
            "stage",
            {**labels, "stage": "total"},
            "ns/flow",
            tuple(total.tolist()),
            n_flows=1_000,
            n_bytes=100_000,
        )
        results.figures.append(figure)
        results.figures.append(Figure("reported", labels, "share of flows", (0.01,), COUNT, NEITHER, 1_000))
    for n, rate in ((1, 1.0e6), (2, 1.6e6)):
        labels = {"by": "threads", "threads": str(n)}
        results.figures.append(Figure("scaling", labels, "flows/s", runs(rate), WALL, HIGHER))
        labels = {"what": "peak", "threads": str(n)}
        results.figures.append(Figure("memory", labels, "bytes", (3e8 * n,), COUNT, note="vpc-text, none"))
    for at, cost in (("100", 10.0), ("1000", 20.0), ("10000", 50.0)):
        labels = {"axis": "policies", "at": at, "what": "classify"}
        results.figures.append(Figure("growth", labels, "ns/flow", runs(cost)))
    results.figures.append(Figure("messages", {"shape": "1,000 rows, Arrow"}, "ns/flow", runs(50.0)))
    results.figures.append(
        Figure("noise", {"what": "difference of equal runs"}, "share", (0.02,), COUNT, NEITHER)
    )
    by_turns = {"what": "difference of equal runs, by turns"}
    results.figures.append(Figure("noise", by_turns, "share", (0.01,), COUNT, NEITHER))
    results.figures.append(Figure("noise", {"what": "reference loop"}, "ms", runs(20.0), better=NEITHER))
    results.figures.append(
        Figure("start", {"what": "start, warm and cold"}, "", why_not="stopped before it was its turn")
    )
    return results


def with_others(results):
    """Add three peers, one of them not installed, and messages of a broker."""
    log = {"log": "vpc-text", "compression": "none"}
    better = "The next question to the same log is another line of a language that many people know. " * 2
    for by, cost in (("this program", 100.0), ("polars read_csv, 1 thread", 300.0), ("DuckDB", 0.0)):
        runs = (cost, cost + 1, cost + 2) if cost else ()
        why = "" if cost else "no figure: `duckdb` is not installed; `pip install duckdb` installs it"
        figure = Figure("peers", {**log, "by": by}, "ns/row", runs, better=NEITHER, why_not=why, note=better)
        results.figures.append(figure)
    for codec, cost in (("none", 3_000.0), ("zstd", 2_000.0)):
        for what in ("fetch", "judge", "total", "wall"):
            labels = {"shape": "Hubble event a message", "codec": codec, "what": what}
            unit = "flows/s" if what == "wall" else "ns/flow"
            figure = Figure(
                "kafka", labels, unit, (cost,) * 3, n_flows=10, n_bytes=100, note="40,000 messages"
            )
            results.figures.append(figure)
    return results


@pytest.fixture
def results():
    """Return results."""
    return made_results()
