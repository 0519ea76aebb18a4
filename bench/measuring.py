"""One measurement: a function in a process of its own, on chosen cores, after a warm-up that is not counted.

Processes apart keep one library's threads, caches and memory out of the figures of the next.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from auditor.capacity import measuring
from auditor.capacity.measuring import ONE_CORE, SINGLE, TWO_CORES, Sample, pinned, ratios
from auditor.capacity.peers.contest import Contender
from auditor.errors import SourceError
from auditor.heap import ARROW_POOL

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = [
    "ONE_CORE",
    "ROOT",
    "TWO_CORES",
    "Contender",
    "Sample",
    "compare",
    "environment",
    "interleaved",
    "pinned",
    "ratios",
    "run_child",
    "run_command",
    "serve",
]

ROOT = Path(__file__).parents[1]


def environment(**more: str) -> dict[str, str]:
    """Return the environment of a measured process: this project first on the path of Python.

    Python keeps what it compiles of it, as it does where the project is installed.
    """
    path = f"{ROOT}{os.pathsep}{ROOT / 'bench'}"
    return {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPATH": path, **more}


def run_child(
    script: str, name: str, path: Path, warm: Path, *, cores: Sequence[int] = ONE_CORE, is_checked: bool
) -> Sample:
    """Measure one contender of a script on some cores, in a process of its own."""
    command = [sys.executable, script, "--child", name, str(path), str(warm), str(int(is_checked))]
    chosen = SINGLE if len(cores) == 1 else {}
    if not name:
        chosen = {**chosen, **ARROW_POOL}  # this project, as its command sets itself up
    with pinned(cores):
        child = subprocess.run(
            command, capture_output=True, text=True, check=False, env=environment(**chosen), cwd=ROOT
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
    """Run a command of this project to its end, see ``auditor.capacity.measuring``; ``more`` is further environment."""
    try:
        return measuring.run_command(command, cores, feed, cwd=ROOT, environment=environment(**more))
    except SourceError as error:
        raise SystemExit(str(error)) from error


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
