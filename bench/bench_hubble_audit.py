"""An audit of Hubble JSON from end to end, beside the same audit with the library reader in place of the scanner.

Both are this project, in a process of its own on two cores: policies, inventory, decoding, verdicts, report. The counts
of verdicts, reasons, rejected rows and losses and every row of the summary must be equal.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import inputs
from audits import audit_once
from lines import beside
from measuring import TWO_CORES, compare

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from lines import Line
    from measuring import Sample

LEAST_RATIO = 4.0
ROWS, QUICK_ROWS = 400_000, 40_000
READER = "same audit, library reader (exact)"


def lines(chosen: argparse.Namespace) -> Iterator[Line]:
    """Measure, and yield the lines of the table."""
    cluster, flows = inputs.cluster(), inputs.log("hubble-json", QUICK_ROWS if chosen.quick else ROWS)
    for stage, what in ((None, "whole process"), ("audit", "stage `audit`: log to report")):
        samples: dict[str, list[Sample]] = {"": [], READER: []}
        for _ in range(chosen.runs):
            samples[""].append(audit_once(cluster, flows, TWO_CORES, stage=stage))
            samples[READER].append(audit_once(cluster, flows, TWO_CORES, "exact", stage=stage))
        compare({name: found[0].checks for name, found in samples.items()})
        rows = samples[""][0].rows
        yield from beside("Hubble audit", f"{rows:,} events, {what}, 2 cores", "wall_s", samples, LEAST_RATIO)


if __name__ == "__main__":
    from table import main

    main([Path(__file__).stem])
