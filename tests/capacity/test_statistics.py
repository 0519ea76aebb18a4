"""Medians, intervals, noise."""

from __future__ import annotations

import numpy as np
import pytest

from auditor.capacity.statistics import interval, is_equal, median, noise, ratio, spread


def test_interval__holds_the_median_between_runs():
    """Never outside of what was measured, and the same every time."""
    runs = [3.0, 1.0, 2.0, 5.0, 4.0]
    found = interval(runs)
    assert found.middle == median(runs) == 3.0
    assert 1.0 <= found.low < 3.0 < found.high <= 5.0
    assert interval(runs) == found


def test_interval__of_one_run_is_that_run():
    """Nothing is known of how sure it is, and nothing is made up."""
    assert interval([7.0]) == (7.0, 7.0, 7.0)


def test_interval__covers_the_truth_as_often_as_it_says():
    """About 95 of 100 intervals of medians hold the median they were drawn from; small samples a few less."""
    rng = np.random.default_rng(5)
    found = [interval(rng.normal(100, 5, 25)) for _ in range(200)]
    assert 0.88 <= np.mean([each.low <= 100 <= each.high for each in found]) <= 1.0


@pytest.mark.parametrize(("factor", "expected"), [(1.0, True), (1.3, False), (0.7, False)])
def test_is_equal__sees_what_lies_above_the_floor(factor, expected):
    """Thirty per cent are seen above a noise of two, in both directions."""
    rng = np.random.default_rng(6)
    before, after = rng.normal(10, 0.1, 9), factor * rng.normal(10, 0.1, 9)
    assert is_equal(before, after, 0.05) is expected
    assert ratio(before, after).middle == pytest.approx(factor, rel=0.03)


def test_noise__is_what_equal_runs_differ_by():
    """It grows with the scatter of the runs."""
    rng = np.random.default_rng(7)
    calm, wild = (noise(rng.normal(10, each, 9), rng.normal(10, each, 9)) for each in (0.05, 1.0))
    assert calm < 0.02 < wild


def test_spread__is_a_share_of_the_median():
    """From least to greatest."""
    assert spread([9.0, 10.0, 12.0]) == pytest.approx(0.3)
