"""All figures of this project in one table, and the same as JSON in ``bench/results``.

Run from the top of the project: ``make bench``, or ``PYTHONPATH=. python bench/table.py --quick json text``.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from importlib import import_module
from pathlib import Path

from lines import Table
from measuring import ROOT, environment

STAGES = (
    "json",
    "text",
    "gzip",
    "hubble_audit",
    "parquet",
    "scaling",
    "memory",
    "start",
    "classify",
    "stream",
)
"""Those that yield lines of the table; other scripts of this folder print tables of their own after it."""


def main(only: list[str] | None = None) -> None:
    """Measure the stages asked for, print, save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "stages", nargs="*", help=f"of {', '.join(STAGES)}, or the end of any bench_<name>.py"
    )
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="small inputs, three runs")
    parser.add_argument("--sizes", help="bytes of the memory benchmark, in GB, with commas")
    options = parser.parse_args()
    if options.quick:
        options.runs = min(options.runs, 3)
    scripts = sorted(path.stem.removeprefix("bench_") for path in (ROOT / "bench").glob("bench_*.py"))
    others = [name for name in scripts if name not in STAGES]
    chosen = options.stages or [name.removeprefix("bench_") for name in only or ()] or [*STAGES, *others]
    table = Table()
    if any(name in STAGES for name in chosen):
        table.begin(options)
    for name in chosen:
        if name in STAGES:
            table.add(import_module(f"bench_{name}").lines(options))
    if table.lines:
        table.save("all" if len(chosen) > 1 else chosen[0])
    for name in chosen:
        if name in others:
            print(f"\n== {name}", flush=True)
            script = str(Path("bench") / f"bench_{name}.py")
            subprocess.run([sys.executable, script], check=True, cwd=ROOT, env=environment())
    if any(line.holds is False for line in table.lines):
        print("a line above says NO: what was promised does not hold")


if __name__ == "__main__":
    main()
