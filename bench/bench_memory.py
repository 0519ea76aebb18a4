"""Peak memory of an audit of a small and of a large log, given through standard input.

A block of VPC text is repeated until it is as long as asked, so the log needs no disk of its own; if the audit copies
standard input to the disk first, that is its doing.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import inputs
from audits import report_folder, with_report
from lines import Line
from measuring import TWO_CORES, run_command

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from measuring import Sample

SIZES_GB = (1.0, 20.0)
QUICK_SIZES_GB = (0.1, 0.5)
BLOCK_ROWS = 200_000
MOST_BYTES = 700e6
MOST_GROWTH = 0.10


def lines(chosen: argparse.Namespace) -> Iterator[Line]:
    """Measure every size once, and yield the lines of the table."""
    sizes = QUICK_SIZES_GB if chosen.quick else SIZES_GB
    if chosen.sizes:
        sizes = tuple(float(size) for size in chosen.sizes.split(","))
    first: Sample | None = None
    for size in sizes:
        sample = audit(int(size * 1e9))
        first = first or sample
        growth = sample.peak_bytes / first.peak_bytes - 1
        promised = f"< {MOST_BYTES / 1e6:.0f} MB, +{MOST_GROWTH:.0%}"
        holds = sample.peak_bytes < MOST_BYTES and growth <= MOST_GROWTH
        note = f"peak {sample.peak_bytes / 1e6:.0f} MB ({growth:+.0%})"
        what = f"{size:g} GB of text through stdin"
        yield Line("memory", what, "", "wall_s", [sample], (), promised, holds, note)


def audit(size: int) -> Sample:
    """Audit ``size`` bytes of text through standard input."""
    cluster = inputs.cluster()
    block = inputs.log("vpc-text", BLOCK_ROWS).read_bytes()
    with report_folder() as out:
        command = [sys.executable, "-m", "auditor", "audit", "-q", "--fail-on", "never", "-o", "json"]
        command += ["--policies", str(cluster / "policies"), "--inventory", str(cluster / "cluster.json")]
        command += ["--flows", "-", "--out", str(out), "--own-node", "judge"]
        sample = run_command(command, TWO_CORES, lambda pipe: feed(pipe, block, size))
        return with_report(sample, out, size)


def feed(pipe: BinaryIO, block: bytes, size: int) -> None:
    """Write a block again and again, whole lines, until about ``size`` bytes are written."""
    body = block[block.index(b"\n") + 1 :]
    try:
        pipe.write(block)
        pipe.writelines(body for _ in range(round(size / len(block)) - 1))
        pipe.close()
    except BrokenPipeError:
        return  # the audit has ended, and says why


if __name__ == "__main__":
    from table import main

    main([Path(__file__).stem])
