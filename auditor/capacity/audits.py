"""Whole audits in processes of their own, as a user runs them: start, memory, threads, processes."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from auditor.capacity.machine import cores
from auditor.capacity.measuring import child_environment, pinned, run_command
from auditor.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from auditor.capacity.inputs import Given
    from auditor.capacity.measuring import Sample


def audit(given: Given, flows: Sequence[str], n_threads: int, own_node: str, **more: str) -> Sample:
    """Audit logs with some threads, on as many cores if there are so many; with what the report says of the run.

    Parameters
    ----------
    given : Given
        Policies and inventory.
    flows : sequence of str
        The logs.
    n_threads : int
        Threads.
    own_node : str
        As ``--own-node``.
    more : str
        Further environment.

    Returns
    -------
    Sample
        Wall, CPU and memory of the process; ``stages`` as in ``run.json``; ``rows`` are flows.
    """
    with _out() as out:
        sample = run_command(
            _command(given, flows, n_threads, own_node, out),
            cores()[:n_threads],
            codes=(0, 3),
            environment=child_environment(**more),
        )
        run = json.loads((out / "run.json").read_text(encoding="utf-8"))
    n_bytes = sum(Path(path).stat().st_size for path in flows if Path(path).is_file())
    return replace(sample, rows=run["rows"]["classified"], n_bytes=n_bytes, stages=run["time"]["stages"])


def at_once(given: Given, flows: Sequence[str], n_processes: int, own_node: str) -> float:
    """Audit the same logs in several processes at once, a thread each; return the wall seconds of all of them.

    Raises
    ------
    SourceError
        One of them failed.
    """
    usable = cores()
    with tempfile.TemporaryDirectory(prefix="auditor-bench-") as folder:
        begun = time.perf_counter()
        started = []
        try:
            for number in range(n_processes):
                command = _command(given, flows, 1, own_node, Path(folder) / str(number))
                with pinned((usable[number % len(usable)],)):
                    started.append(
                        subprocess.Popen(  # noqa: S603  this program
                            command,
                            env=child_environment(),
                            stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL,
                        )
                    )
            codes = [each.wait() for each in started]
        except BaseException:
            for each in started:
                each.kill()
                each.wait()
            raise
        wall_s = time.perf_counter() - begun
    if set(codes) - {0, 3}:
        raise SourceError(f"of {n_processes} audits at once, some ended with {max(codes)}")
    return wall_s


def cold(given: Given, flows: Sequence[str], own_node: str) -> Sample:
    """Audit logs as the very first run does: no kernel is compiled yet."""
    with tempfile.TemporaryDirectory(prefix="auditor-bench-") as folder:
        return audit(given, flows, len(cores()[:2]), own_node, NUMBA_CACHE_DIR=folder)


def help_text() -> Sample:
    """Ask the command for help."""
    return run_command(
        [sys.executable, "-m", "auditor", "--help"], cores()[:1], environment=child_environment()
    )


@contextmanager
def _out() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="auditor-bench-") as folder:
        yield Path(folder) / "report"


def _command(given: Given, flows: Sequence[str], n_threads: int, own_node: str, out: Path) -> list[str]:
    command = [sys.executable, "-m", "auditor", "audit", "-q", "--fail-on", "never", "-o", "json"]
    for flag, values in (
        ("--policies", given.policies),
        ("--inventory", given.inventory),
        ("--pod-cidr", given.pod_cidrs),
        ("--flows", flows),
    ):
        for value in values:
            command += [flag, value]
    return [*command, "--threads", str(n_threads), "--own-node", own_node, "--out", str(out)]
