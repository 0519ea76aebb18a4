"""Exit codes, the same for every subcommand."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditor.report.tally import Totals

CLEAN = 0
FOUND = 1
WRONG = 2
INCOMPLETE = 3
BUG = 101
STOPPED = 130


def exit_code(totals: Totals, missing: list[str], fail_on: Sequence[str]) -> int:
    """Return the exit code of an audit.

    Parameters
    ----------
    totals : Totals
        Its counts.
    missing : list of str
        What its report lacks.
    fail_on : sequence of str
        Some of ``config.FAIL_ON``.
    """
    if missing:
        return INCOMPLETE
    counts = {
        "violation": totals.findings["VIOLATION"],
        "misdropped": totals.findings["MISDROPPED"],
        "undecided": totals.findings["UNDECIDED"],
        "rejected": totals.n_rejected,
        "never": 0,
    }
    return FOUND if any(counts[finding] for finding in fail_on) else CLEAN
