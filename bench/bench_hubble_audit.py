"""An audit of Hubble JSON from end to end, beside the same audit with the library reader in place of the scanner.

Both are this project, in a process of its own on two cores: policies, inventory, decoding, verdicts, report. The counts
of verdicts, reasons, rejected rows and losses and every row of the summary must be equal.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import inputs
from audits import audit_once, of_stage
from lines import beside
from measuring import TWO_CORES, compare

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from lines import Line
    from measuring import Sample

LEAST_RATIO = 4.0
ROWS, QUICK_ROWS = 800_000, 40_000
READER = "same audit, library reader (exact)"


def lines(chosen: argparse.Namespace) -> Iterator[Line]:
    """Measure, and yield the lines of the table."""
    cluster, flows = inputs.cluster(), inputs.log("hubble-json", QUICK_ROWS if chosen.quick else ROWS)
    samples: dict[str, list[Sample]] = {"": [], READER: []}
    for _ in range(chosen.runs):
        samples[""].append(audit_once(cluster, flows, TWO_CORES))
        samples[READER].append(audit_once(cluster, flows, TWO_CORES, "exact"))
    compare({name: found[0].checks for name, found in samples.items()})
    rows = f"{samples[''][0].rows:,} events"
    # Loading and compiling are the same for both, and would hide the readers behind them in a small log.
    yield from beside("Hubble audit", f"{rows}, whole process, 2 cores", "wall_s", samples, None)
    of_audit = {name: of_stage(found, "audit") for name, found in samples.items()}
    yield from beside("Hubble audit", f"{rows}, log to report, 2 cores", "wall_s", of_audit, LEAST_RATIO)


if __name__ == "__main__":
    from table import main

    main([Path(__file__).stem])
