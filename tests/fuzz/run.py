"""Fuzzes every target, each way in a process of its own, and keeps the inputs that fail.

``make fuzz``, or ``PYTHONPATH=. python tests/fuzz/run.py --seconds 600 hubble``. What is found goes to
``tests/fuzz/corpus``, which an ordinary test replays from then on.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
CORPUS = Path(__file__).parent / "corpus"
TARGETS = ("hubble", "vpc", "json")
SPARE_S = 240
"""What a process may take beyond its time: importing, compiling, the last input."""


class Way(NamedTuple):
    """How a target is fuzzed: a script, and the environment that it needs."""

    name: str
    script: str
    environment: dict[str, str]


WAYS = (
    Way("guided by coverage, plain Python", "guided.py", {"NUMBA_DISABLE_JIT": "1"}),
    Way("mutations, compiled", "mutating.py", {}),
    Way(
        "mutations, compiled with bounds checked",
        "mutating.py",
        {"NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(ROOT / ".cache" / "bounds")},
    ),
)


def main() -> int:
    """Fuzz; return 1 if an input failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", help=f"of {', '.join(TARGETS)}")
    parser.add_argument("--seconds", type=float, default=60, help="a target, shared by the ways to fuzz it")
    parser.add_argument("--seed", type=int, default=time.time_ns() % (1 << 31))
    options = parser.parse_args()
    ways = list(WAYS)
    if importlib.util.find_spec("atheris") is None:
        print(
            f"{ways.pop(0).name}: skipped, atheris is not installed (it is made for Python up to 3.13 on x86-64)"
        )
    print(f"seed {options.seed}")
    results = [
        fuzz(target, way, options.seconds / len(ways), options.seed)
        for target in options.targets or TARGETS
        for way in ways
    ]
    return 0 if all(results) else 1


def fuzz(target: str, way: Way, seconds: float, seed: int) -> bool:
    """Fuzz one target one way; say how it went, keep the input if it failed; return whether none did."""
    print(f"{target}: {way.name}, {seconds:.0f} s ...", flush=True)
    with tempfile.TemporaryDirectory(dir=memory()) as folder:
        current = Path(folder) / "input"
        command = [
            sys.executable,
            str(Path(__file__).parent / way.script),
            target,
            str(current),
            str(seconds),
        ]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), **way.environment}
        try:
            child = subprocess.run(
                [*command, str(seed)],
                env=environment,
                cwd=ROOT,
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
                timeout=seconds + SPARE_S,
            )
            code, said = child.returncode, child.stdout + child.stderr
        except subprocess.TimeoutExpired:
            code, said = -1, f"still at one input after {seconds + SPARE_S:.0f} s"
        if code == 0:
            counts = [
                line for line in said.splitlines() if "inputs" in line or "number_of_executed_units" in line
            ]
            print(f"  {' '.join(counts)}: all agree")
            return True
        print(said[-6_000:])
        print(f"  ended with {code}")
        if current.exists():
            print(f"  the input is kept as {keep(target, current.read_bytes())}")
        return False


def keep(target: str, content: bytes) -> str:
    """Put a failing input into the corpus; return where."""
    path = CORPUS / target / hashlib.sha256(content).hexdigest()[:16]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path.relative_to(ROOT).as_posix()


def memory() -> str | None:
    """Return a folder in memory, if this machine has one: inputs are written a thousand times a second."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108  a private folder is made inside


if __name__ == "__main__":
    sys.exit(main())
