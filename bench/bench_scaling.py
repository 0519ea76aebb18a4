"""The stage `audit` (log to report) on two cores beside one, the same code and the same log."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import inputs
from audits import audit_once, of_stage
from lines import beside
from measuring import ONE_CORE, TWO_CORES, compare

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from lines import Line
    from measuring import Sample

LEAST_RATIO = 1.8
ROWS = {"hubble-json": (400_000, 40_000), "vpc-text": (4_000_000, 200_000)}
"""All, and with ``--quick``."""
ONE = "this project, 1 core, 1 thread"


def lines(chosen: argparse.Namespace) -> Iterator[Line]:
    """Measure, and yield the lines of the table."""
    for log_format, sizes in ROWS.items():
        cluster, flows = inputs.cluster(), inputs.log(log_format, sizes[chosen.quick])
        samples: dict[str, list[Sample]] = {"": [], ONE: []}
        for _ in range(chosen.runs):
            samples[""].append(audit_once(cluster, flows, TWO_CORES))
            samples[ONE].append(audit_once(cluster, flows, ONE_CORE))
        compare({name: found[0].checks for name, found in samples.items()})
        samples = {name: of_stage(found, "audit") for name, found in samples.items()}
        name = "JSON" if log_format == "hubble-json" else "VPC text v5"
        what = f"{samples[''][0].rows:,} rows, log to report, 2 cores"
        yield from beside(f"scaling {name}", what, "wall_s", samples, LEAST_RATIO)


if __name__ == "__main__":
    from table import main

    main([Path(__file__).stem])
