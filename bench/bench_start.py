"""What a user waits for before anything is judged: help, a small audit, and the very first one."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import inputs
from audits import report_folder
from lines import Line
from measuring import TWO_CORES, run_command

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from measuring import Sample

ROWS = 4_000
"""1 MB of VPC text."""
SMALL = (100, 1_000)
MOST_WARM_S, MOST_COLD_S, MOST_HELP_S = 2.5, 15.0, 0.3


def lines(chosen: argparse.Namespace) -> Iterator[Line]:
    """Measure, and yield the lines of the table."""
    help_runs = [auditor("--help") for _ in range(chosen.runs)]
    yield _line("auditor --help", help_runs, MOST_HELP_S)
    small, large = inputs.cluster(*SMALL), inputs.cluster()
    audit(small)
    size = "{:,} policies, {:,} pods"
    warm = [audit(small) for _ in range(chosen.runs)]
    yield _line(f"audit of 1 MB, {size.format(*SMALL)}", warm, MOST_WARM_S)
    warm = [audit(large) for _ in range(chosen.runs)]
    yield _line(f"audit of 1 MB, {size.format(inputs.POLICIES, inputs.PODS)}", warm, None)
    cold = [first_audit(small) for _ in range(chosen.runs)]
    yield _line("the first audit, kernels not compiled", cold, MOST_COLD_S)


def _line(what: str, samples: list[Sample], most_s: float | None) -> Line:
    line = Line("start", what, "", "wall_s", samples)
    if most_s is None:
        return line
    return replace(line, promised=f"< {most_s:g} s", holds=line.median("wall_s") < most_s)


def auditor(*arguments: str, **more: str) -> Sample:
    """Run the command on two cores."""
    command = [sys.executable, "-m", "auditor", *arguments]
    return run_command(command, TWO_CORES, **more)


def audit(cluster: Path, **more: str) -> Sample:
    """Audit 1 MB of VPC text."""
    flows = str(inputs.log("vpc-text", ROWS))
    with report_folder() as out:
        given = ["--policies", str(cluster / "policies"), "--inventory", str(cluster / "cluster.json")]
        return auditor(
            "audit", "-q", *given, "--flows", flows, "--out", str(out), "--fail-on", "never", **more
        )


def first_audit(cluster: Path) -> Sample:
    """Audit 1 MB of VPC text with no kernel compiled."""
    with tempfile.TemporaryDirectory() as empty:
        return audit(cluster, NUMBA_CACHE_DIR=empty)


if __name__ == "__main__":
    from table import main

    main([Path(__file__).stem])
