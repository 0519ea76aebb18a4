"""A stage that was really slowed is found by comparing real runs, and equal runs are found equal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auditor.capacity import steps
from auditor.capacity.compare import SLOWER, compare
from auditor.capacity.inputs import Made
from auditor.capacity.plan import QUICK, Bench
from auditor.capacity.results import Results
from auditor.capacity.stopwatch import VARIABLE
from auditor.synthetic.shapes import Shape

SHAPE = Shape(30, 200)
ROWS = 60_000
FACTOR, LEAST = 5, 1.0
"""Slowed five times, where only what takes more than twice as long counts: however busy the machine is."""


def measured(made, monkeypatch, slow=""):
    """Return the figures of the stages of one log, measured in processes of their own."""
    monkeypatch.setenv(VARIABLE, slow)
    bench = Bench(replace(QUICK, gate_s=0.1), made, 1, None, Results({}), made.cluster(SHAPE))
    bench.logs = (made.log(SHAPE, "vpc-text", ROWS),)
    try:
        bench.results.figures.extend(steps.stages(bench))
    finally:
        bench.close()
    return bench.results


@pytest.mark.slow
@pytest.mark.jit_only
def test_compare__finds_a_stage_that_was_slowed_and_nothing_else(tmp_path, monkeypatch):
    """Decoding is named as slower; without slowing it, nothing is."""
    made = Made(tmp_path, 1)
    before, same = (measured(made, monkeypatch) for _ in range(2))
    slow = measured(made, monkeypatch, f"decode:{FACTOR}")
    found = compare(before, slow, LEAST)
    slower = {change.before.key for change in found.changes if change.verdict == SLOWER}
    assert "stage/log=vpc-text/compression=none/stage=decode" in slower
    assert not any("stage=classify" in key or "stage=read" in key for key in slower)
    assert not compare(before, same, LEAST).is_slower
