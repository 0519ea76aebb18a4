"""The stage `audit` (log to report) on two cores beside one, the same code and the same log.

What the machine itself gives is measured between the same runs: two processes that share nothing, at once and one after
the other. On a shared machine it may be less than two, and no program can have more.
"""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import inputs
from audits import audit_once, of_stage
from lines import beside
from measuring import ONE_CORE, TWO_CORES, Sample, compare

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from lines import Line

LEAST_RATIO = 1.8
ROWS = {"hubble-json": (1_600_000, 40_000), "vpc-text": (16_000_000, 200_000)}
"""Of a log: all, and with ``--quick``, where what a process does once weighs more."""
LOGS = 5
"""Read one after the other, and side by side: the same one, for what two cores do does not depend on what is new."""
ONE = "this project, 1 core, 1 thread"
BY_TURNS = "the same two, one after the other"
LOOP = "n = 0\nfor each in range(20_000_000): n += each"
"""Something that needs a core and nothing else, for about a second."""


def lines(chosen: argparse.Namespace) -> Iterator[Line]:
    """Measure, and yield the lines of the table."""
    for log_format, sizes in ROWS.items():
        cluster = inputs.cluster()
        flows = many(inputs.log(log_format, sizes[chosen.quick]), 1 if chosen.quick else LOGS)
        samples: dict[str, list[Sample]] = {"": [], ONE: []}
        machine: dict[str, list[Sample]] = {"": [], BY_TURNS: []}
        for _ in range(chosen.runs):
            samples[""].append(audit_once(cluster, flows, TWO_CORES))
            samples[ONE].append(audit_once(cluster, flows, ONE_CORE))
            machine[""].append(loops(at_once=True))
            machine[BY_TURNS].append(loops(at_once=False))
        compare({name: found[0].checks for name, found in samples.items()})
        samples = {name: of_stage(found, "audit") for name, found in samples.items()}
        name = "JSON" if log_format == "hubble-json" else "VPC text v5"
        what = f"{samples[''][0].rows:,} rows, log to report, 2 cores"
        yield from beside(f"scaling {name}", what, "wall_s", samples, LEAST_RATIO)
        own, other = beside("  the machine then", "2 processes at once, 2 cores", "wall_s", machine, None)
        yield replace(own, peer="two loops of Python")
        yield other


def many(log: Path, n: int) -> Path:
    """Return a folder in which a log has several names."""
    folder = log.parent / f"{log.name}-{n}"
    folder.mkdir(exist_ok=True)
    for place in range(n):
        name = folder / f"{place}{log.suffix}"
        if not name.exists():
            name.hardlink_to(log)
    return folder


def loops(*, at_once: bool) -> Sample:
    """Run two processes that share nothing, each on a core of its own."""
    commands = [["taskset", "-c", str(core), sys.executable, "-c", LOOP] for core in TWO_CORES]
    start = time.perf_counter()
    if at_once:
        running = [subprocess.Popen(command) for command in commands]
        for each in running:
            each.wait()
    else:
        for command in commands:
            subprocess.run(command, check=True)
    return Sample(time.perf_counter() - start, 0.0, 0, 0)


if __name__ == "__main__":
    from table import main

    main([Path(__file__).stem])
