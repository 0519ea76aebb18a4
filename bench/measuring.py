"""One measurement: a function in a process of its own, on chosen cores, after a warm-up that is not counted.

Processes apart keep one library's threads, caches and memory out of the figures of the next.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

ROOT = Path(__file__).parents[1]
CORES = sorted(os.sched_getaffinity(0))
ONE_CORE = (CORES[-1],)
TWO_CORES = tuple(CORES[:2])
SINGLE = dict.fromkeys(
    ("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "ARROW_IO_THREADS", "NUMBA_NUM_THREADS"), "1"
)
"""What keeps the libraries from starting more threads than the one core that they have."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One run.

    Attributes
    ----------
    wall_s, cpu_s : float
        Seconds; of all threads of the process together.
    rows, n_bytes : int
        What was read.
    peak_bytes : int
        Peak resident memory of the process.
    checks : dict
        What must be equal for all that are compared.
    stages : dict
        Wall and CPU of each stage of an audit, by name.
    """

    wall_s: float
    cpu_s: float
    rows: int
    n_bytes: int
    peak_bytes: int = 0
    checks: dict[str, Any] = field(default_factory=dict)
    stages: dict[str, dict[str, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Contender:
    """What is measured.

    Attributes
    ----------
    load : callable
        From the path of a log to columns; this is timed.
    check : callable
        From the columns to what must be equal; this is not.
    """

    load: Callable[[str], Any]
    check: Callable[[Any], dict[str, Any]]


@contextmanager
def pinned(cores: Sequence[int]) -> Iterator[None]:
    """Keep this process, and those that it starts, on some cores."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def environment(**more: str) -> dict[str, str]:
    """Return the environment of a measured process: this project first on the path of Python."""
    return {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'bench'}", **more}


def run_child(
    script: str, name: str, path: Path, warm: Path, *, cores: Sequence[int] = ONE_CORE, is_checked: bool
) -> Sample:
    """Measure one contender of a script on some cores, in a process of its own."""
    command = [sys.executable, script, "--child", name, str(path), str(warm), str(int(is_checked))]
    single = SINGLE if len(cores) == 1 else {}
    with pinned(cores):
        child = subprocess.run(
            command, capture_output=True, text=True, check=False, env=environment(**single), cwd=ROOT
        )
    if child.returncode:
        raise SystemExit(f"{name} ended with {child.returncode}\n{child.stderr}")
    return Sample(**json.loads(child.stdout.splitlines()[-1]))


def serve(contenders: Mapping[str, Contender]) -> bool:
    """Measure, if this process was started by ``run_child``; return whether it was."""
    if sys.argv[1:2] != ["--child"]:
        return False
    name, path, warm, is_checked = sys.argv[2:6]
    contender = contenders[name]
    contender.load(warm)
    gc.collect()
    cpu, wall = time.process_time(), time.perf_counter()
    columns = contender.load(path)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    checks = contender.check(columns) if is_checked == "1" else {}
    sample = {
        "wall_s": wall,
        "cpu_s": cpu,
        "rows": checks.get("rows", 0),
        "n_bytes": checks.get("n_bytes", Path(path).stat().st_size),
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "checks": checks,
    }
    print(json.dumps(sample))
    return True


def run_command(
    command: Sequence[str],
    cores: Sequence[int],
    feed: Callable[[Any], None] | None = None,
    **more: str,
) -> Sample:
    """Run a command to its end on some cores; wall, CPU and peak memory are those of the whole process.

    Parameters
    ----------
    command : sequence of str
        What runs.
    cores : sequence of int
        Where.
    feed : callable, optional
        Writes its standard input, and closes it.
    more : str
        Further environment.
    """
    stdin = subprocess.DEVNULL if feed is None else subprocess.PIPE
    start = time.perf_counter()
    with (
        tempfile.TemporaryFile() as said,
        pinned(cores),
        subprocess.Popen(
            command, cwd=ROOT, env=environment(**more), stdin=stdin, stdout=subprocess.DEVNULL, stderr=said
        ) as started,
    ):
        if feed is not None:
            feed(started.stdin)
        _, status, usage = os.wait4(started.pid, 0)
        wall = time.perf_counter() - start
        started.returncode = os.waitstatus_to_exitcode(status)
        if started.returncode:
            said.seek(0)
            words = said.read().decode("utf-8", "replace")
            raise SystemExit(f"{' '.join(command)} ended with {started.returncode}\n{words}")
    return Sample(wall, usage.ru_utime + usage.ru_stime, 0, 0, usage.ru_maxrss * 1024)


def interleaved(
    script: str, names: Sequence[str], path: Path, warm: Path, runs: int, cores: Sequence[int] = ONE_CORE
) -> dict[str, list[Sample]]:
    """Measure every contender ``runs`` times, one after the other, round after round.

    Raises
    ------
    SystemExit
        If what they read is not the same.
    """
    found: dict[str, list[Sample]] = {name: [] for name in names}
    for run in range(runs):
        for name in names:
            found[name].append(run_child(script, name, path, warm, cores=cores, is_checked=run == 0))
    compare({name: samples[0].checks for name, samples in found.items()})
    first = found[names[0]][0]
    return {
        name: [replace(each, rows=first.rows, n_bytes=first.n_bytes) for each in samples]
        for name, samples in found.items()
    }


def compare(checks: Mapping[str, dict[str, Any]]) -> None:
    """Stop unless every contender found the same; what one cannot know it leaves out."""
    (first, expected), *others = checks.items()
    for name, found in others:
        for key, value in found.items():
            if expected[key] != value:
                raise SystemExit(f"{key}: {first} found {expected[key]}, {name} {value}")


def ratios(ours: Sequence[Sample], theirs: Sequence[Sample], basis: str) -> tuple[float, float, float]:
    """Return median, least and greatest ratio of runs made one after the other; above 1 we are faster."""
    pairs = [getattr(their, basis) / getattr(our, basis) for our, their in zip(ours, theirs, strict=True)]
    return statistics.median(pairs), min(pairs), max(pairs)
