"""The stage `audit` (log to report) on two cores beside one, the same code and the same log.

What the machine itself gives is measured between the same runs: two such audits at once, each a process of one thread
on a core of its own, that share nothing but the machine. Caches, memory and the neighbours of a shared machine make
that less than two, and so much anybody who reads as much must lose: what threads lose beside it is ours.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from statistics import harmonic_mean
from typing import TYPE_CHECKING

import inputs
from audits import audit_once, of_stage
from lines import beside
from measuring import ONE_CORE, TWO_CORES, Sample, compare

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from lines import Line

LEAST_RATIO = 1.8
ROWS = {"hubble-json": (1_600_000, 40_000), "vpc-text": (16_000_000, 200_000)}
"""Of a log: all, and with ``--quick``, where what a process does once weighs more."""
LOGS = 5
"""Read one after the other, and side by side: the same one, for what two cores do does not depend on what is new."""
STAGE = "audit"
ONE = "this project, 1 core, 1 thread"
BY_TURNS = "the same two, one after the other"


def lines(chosen: argparse.Namespace) -> Iterator[Line]:
    """Measure, and yield the lines of the table."""
    for log_format, sizes in ROWS.items():
        cluster = inputs.cluster()
        flows = many(inputs.log(log_format, sizes[chosen.quick]), 1 if chosen.quick else LOGS)
        samples: dict[str, list[Sample]] = {"": [], ONE: []}
        machine: dict[str, list[Sample]] = {"": [], BY_TURNS: []}
        audit_once(cluster, flows, TWO_CORES)  # not counted: whoever is first may read from the disk
        for _ in range(chosen.runs):
            samples[""].append(audit_once(cluster, flows, TWO_CORES))
            samples[ONE].append(audit_once(cluster, flows, ONE_CORE))
            machine[""].append(at_once(cluster, flows))
            machine[BY_TURNS].append(together([samples[ONE][-1]] * 2, is_at_once=False))
        compare({name: found[0].checks for name, found in (samples | {"at once": machine[""]}).items()})
        name = "JSON" if log_format == "hubble-json" else "VPC text v5"
        what = f"{samples[''][0].rows:,} rows, log to report, 2 cores"
        samples = {name: of_stage(found, STAGE) for name, found in samples.items()}
        yield from beside(f"scaling {name}", what, "wall_s", samples, LEAST_RATIO)
        what = f"{machine[''][0].rows:,} rows, log to report, 2 cores"
        own, other = beside("  the machine then", what, "wall_s", machine, None)
        yield replace(own, peer="two processes, 1 core, 1 thread")
        yield other


def at_once(cluster: Path, flows: Path) -> Sample:
    """Audit the same logs in two processes at once, each on a core of its own."""
    with ThreadPoolExecutor(len(TWO_CORES)) as pool:
        found = list(pool.map(lambda core: audit_once(cluster, flows, (core,)), TWO_CORES))
    compare({f"on core {core}": sample.checks for core, sample in zip(TWO_CORES, found, strict=True)})
    return together(found, is_at_once=True)


def together(samples: Sequence[Sample], *, is_at_once: bool) -> Sample:
    """Return one sample for the audits of several processes; those at once are as fast as their rates together."""
    stages = [sample.stages[STAGE] for sample in samples]
    walls = [stage["wall_s"] for stage in stages]
    return replace(
        samples[0],
        wall_s=harmonic_mean(walls) if is_at_once else sum(walls),
        cpu_s=sum(stage["cpu_s"] for stage in stages),
        rows=sum(sample.rows for sample in samples),
        n_bytes=sum(sample.n_bytes for sample in samples),
    )


def many(log: Path, n: int) -> Path:
    """Return a folder in which a log has several names."""
    folder = log.parent / f"{log.name}-{n}"
    folder.mkdir(exist_ok=True)
    for place in range(n):
        name = folder / f"{place}{log.suffix}"
        if not name.exists():
            name.hardlink_to(log)
    return folder


if __name__ == "__main__":
    from table import main

    main([Path(__file__).stem])
