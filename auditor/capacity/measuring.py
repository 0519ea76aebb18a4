"""Commands measured from outside: wall, CPU and peak memory of a whole process, on chosen cores.

Processes apart keep one library's threads, caches and memory out of the figures of the next.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import tempfile
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from auditor.capacity.machine import cores as usable_cores
from auditor.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

ONE_CORE = (usable_cores()[-1],)
TWO_CORES = tuple(usable_cores()[:2])
SINGLE = dict.fromkeys(
    ("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "ARROW_IO_THREADS", "NUMBA_NUM_THREADS"), "1"
)
"""What keeps the libraries from starting more threads than the one core that they have."""
_LOOK_S = 0.02
_FOLDER = Path(__file__).resolve().parents[2]


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
    steady_bytes : int
        Median resident memory in the second half of the run, 0 if nobody looked.
    """

    wall_s: float
    cpu_s: float
    rows: int
    n_bytes: int
    peak_bytes: int = 0
    checks: dict[str, Any] = field(default_factory=dict)
    stages: dict[str, dict[str, float]] = field(default_factory=dict)
    steady_bytes: int = 0


def child_environment(**more: str) -> dict[str, str]:
    """Return the environment of a measured process: this package first on the path of Python, then what there is."""
    path = os.pathsep.join(filter(None, [str(_FOLDER), os.environ.get("PYTHONPATH", "")]))
    return {**os.environ, "PYTHONPATH": path, **more}


@contextmanager
def pinned(cores: Sequence[int]) -> Iterator[None]:
    """Keep this process, and those that it starts, on some cores, where the system can do that."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def run_command(
    command: Sequence[str],
    cores: Sequence[int],
    feed: Callable[[Any], None] | None = None,
    *,
    codes: Sequence[int] = (0,),
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
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
    codes : sequence of int
        Exit codes that are no failure.
    cwd : Path, optional
        Its working directory.
    environment : mapping, optional
        Of the process; that of this one if None.

    Raises
    ------
    SourceError
        It ends with another code; with the last line that it wrote to standard error.
    """
    stdin = subprocess.DEVNULL if feed is None else subprocess.PIPE
    start = time.perf_counter()
    with (
        tempfile.TemporaryFile() as said,
        pinned(cores),
        subprocess.Popen(  # noqa: S603  this program, or what a benchmark names
            command, cwd=cwd, env=environment, stdin=stdin, stdout=subprocess.DEVNULL, stderr=said
        ) as started,
        _watched(started.pid) as seen,
    ):
        try:
            if feed is not None:
                feed(started.stdin)
            _, status, usage = os.wait4(started.pid, 0)
        except BaseException:
            started.kill()
            raise
        wall = time.perf_counter() - start
        started.returncode = os.waitstatus_to_exitcode(status)
        if started.returncode not in codes:
            said.seek(0)
            words = said.read().decode("utf-8", "replace").strip().splitlines()
            raise SourceError(
                f"`{' '.join(command)}` ended with {started.returncode}: {words[-1] if words else ''}"
            )
    steady = int(statistics.median(now for now, _ in seen[len(seen) // 2 :])) if seen else 0
    peak = usage.ru_maxrss * 1024
    # What the system counts goes on from the peak of whoever started the process: below that, what was seen counts.
    # Asked now: this process may have needed more between an earlier question and the start.
    if peak <= resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 and seen:
        peak = seen[-1][1]
    return Sample(wall, usage.ru_utime + usage.ru_stime, 0, 0, peak, steady_bytes=steady)


@contextmanager
def _watched(pid: int) -> Iterator[list[tuple[int, int]]]:
    """Look at a process some times a second: its resident bytes, and the most since its program was begun.

    Nothing comes where the system does not tell.
    """
    seen: list[tuple[int, int]] = []
    ended = threading.Event()
    status = Path(f"/proc/{pid}/status")

    def look() -> None:
        while not ended.wait(_LOOK_S):
            try:
                told = dict(line.split(":", 1) for line in status.read_text().splitlines())
                now, most = (int(told[name].split()[0]) * 1024 for name in ("VmRSS", "VmHWM"))
            except (OSError, KeyError):
                return
            seen.append((now, most))

    thread = threading.Thread(target=look, name="memory", daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        ended.set()
        thread.join()


def ratios(ours: Sequence[Sample], theirs: Sequence[Sample], basis: str) -> tuple[float, float, float]:
    """Return median, least and greatest ratio of runs made one after the other; above 1 we are faster."""
    pairs = [getattr(their, basis) / getattr(our, basis) for our, their in zip(ours, theirs, strict=True)]
    return statistics.median(pairs), min(pairs), max(pairs)
