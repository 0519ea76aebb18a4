"""One audit in a process of its own, through the library, with the choices that no flag of the command offers.

``PYTHONPATH=. python bench/audit_once.py CLUSTER FLOWS OUT THREADS [exact]``; ``exact`` reads every row with the
careful reader that the scanners fall back to.
"""

from __future__ import annotations

import gc
import sys
from pathlib import Path

import auditor
from auditor.config import AuditOptions
from auditor.flows.options import FlowOptions
from auditor.heap import share_heap
from auditor.run import Run


def main() -> None:
    """Compile, audit, write the report, set up as the command is."""
    share_heap()
    cluster, flows, out, threads, *words = sys.argv[1:]
    read = FlowOptions(exact=True) if "exact" in words and hasattr(FlowOptions, "exact") else FlowOptions()
    folder = Path(cluster)
    tables = auditor.compile(folder / "policies", folder / "cluster.json", own_node="judge")
    gc.freeze()
    Run(tables, [flows], AuditOptions(threads=int(threads), flows=read)).write(out, force=True)


if __name__ == "__main__":
    main()
