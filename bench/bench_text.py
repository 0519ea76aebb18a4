"""VPC text to columns, one core, beside the readers of delimited text that others would use."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lines import beside
from measuring import interleaved, serve

from auditor.capacity.peers.vpc_readers import COLUMNS
from auditor.capacity.peers.vpc_text import contenders

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from lines import Line

LEAST_RATIO = 4.0
LEAST_ROWS = 3e6
ROWS = {"vpc-text-v2": (3_000_000, 400_000), "vpc-text": (1_500_000, 200_000)}
"""All, and with ``--quick``."""

CONTENDERS = contenders({})


def lines(chosen: argparse.Namespace) -> Iterator[Line]:
    """Measure, and yield the lines of the table."""
    import inputs  # noqa: PLC0415  not for the measured processes

    for log_format, sizes in ROWS.items():
        path = inputs.log(log_format, sizes[chosen.quick])
        samples = interleaved(__file__, list(CONTENDERS), path, inputs.warm(log_format), chosen.runs)
        version = 2 if log_format == "vpc-text-v2" else 5
        what = f"{samples[''][0].rows:,} rows, {len(COLUMNS[version])} columns, 1 core"
        least = LEAST_ROWS if version == 2 else 0
        yield from beside(f"VPC text v{version}", what, "cpu_s", samples, LEAST_RATIO, least_rows=least)


if __name__ == "__main__" and not serve(CONTENDERS):
    from table import main

    main([Path(__file__).stem])
