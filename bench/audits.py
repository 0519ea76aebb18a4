"""Whole audits as benchmarks run them, and what their reports say."""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from measuring import ROOT, run_command

from auditor.heap import ARROW_POOL

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from measuring import Sample


@contextmanager
def report_folder() -> Iterator[Path]:
    """Give a place for a report that goes away."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder) / "report"


def audit_once(cluster: Path, flows: Path, cores: Sequence[int], *words: str) -> Sample:
    """Audit a log with as many threads as cores; wall and CPU are those of the whole process.

    Parameters
    ----------
    cluster, flows : Path
        See ``inputs``.
    cores : sequence of int
        Where it runs.
    words : str
        Further words for ``audit_once.py``.
    """
    script = str(ROOT / "bench" / "audit_once.py")
    with report_folder() as out:
        command = [sys.executable, script, str(cluster), str(flows), str(out), str(len(cores)), *words]
        sample = run_command(command, cores, **ARROW_POOL)
        logs = flows.iterdir() if flows.is_dir() else (flows,)
        return with_report(sample, out, sum(log.stat().st_size for log in logs))


def with_report(sample: Sample, out: Path, n_bytes: int) -> Sample:
    """Return a sample of a run with what its report says."""
    run = json.loads((out / "run.json").read_text())
    checks: dict[str, Any] = {
        "rows": run["rows"],
        "flows": run["flows"],
        "losses": run["losses"],
        # Equal inputs give equal files; only run.json holds times.
        "summary": hashlib.sha256((out / "summary.arrow").read_bytes()).hexdigest(),
    }
    stages = run["time"]["stages"]
    return replace(sample, rows=run["rows"]["read"], n_bytes=n_bytes, checks=checks, stages=stages)


def of_stage(samples: Sequence[Sample], stage: str) -> list[Sample]:
    """Return the samples with the times of one stage of their runs, such as ``audit``: from log to report."""
    return [replace(sample, **sample.stages[stage]) for sample in samples]
