"""Exit codes of an audit."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from auditor.cli.exits import exit_code
from auditor.config import FAIL_ON

CLEAN = {"VIOLATION": 0, "MISDROPPED": 0, "UNDECIDED": 0}


def totals(n_rejected=0, **findings):
    """Return counts of a run."""
    return SimpleNamespace(findings={**CLEAN, **findings}, n_rejected=n_rejected)


@pytest.mark.parametrize("fail_on", FAIL_ON)
def test_exit_code__is_0_without_findings(fail_on):
    """A clean run is 0, whatever would have failed it."""
    assert exit_code(totals(), [], (fail_on,)) == 0


@pytest.mark.parametrize("fail_on", FAIL_ON)
@pytest.mark.parametrize("found", [*CLEAN, "rejected"])
def test_exit_code__is_1_for_the_chosen_finding_alone(fail_on, found):
    """Only the finding that --fail-on names makes the code 1."""
    counts = totals(n_rejected=3) if found == "rejected" else totals(**{found: 3})
    assert exit_code(counts, [], (fail_on,)) == (1 if found.lower() == fail_on else 0)


def test_exit_code__is_1_for_any_of_several():
    """One of the chosen findings is enough."""
    assert exit_code(totals(UNDECIDED=1), [], ("violation", "undecided")) == 1
    assert exit_code(totals(MISDROPPED=1), [], ("violation", "undecided")) == 0


@pytest.mark.parametrize("fail_on", FAIL_ON)
def test_exit_code__is_3_if_anything_is_missing(fail_on):
    """An incomplete run says so, even if it has findings, even under `never`."""
    assert exit_code(totals(VIOLATION=1), ["a file"], (fail_on,)) == 3
