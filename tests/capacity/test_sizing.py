"""The formula, its parts, and the law of scaling."""

from __future__ import annotations

import pytest

from auditor.capacity.law import fit
from auditor.capacity.results import Figure
from auditor.capacity.sizing import efficiency, growth_ratio, predicted_ns, size


@pytest.mark.parametrize(
    ("rate", "cost_ns", "worth", "cores", "exact"),
    [
        (1e6, 700, 1.0, 1, 1.0),
        (1e6, 701, 1.0, 2, 701 / 700),
        (1e6, 700, 0.5, 2, 2.0),
        (10, 700, 1.0, 1, 1e-5),
    ],
)
def test_size__rounds_up_what_the_formula_gives(rate, cost_ns, worth, cores, exact):
    """One core at least, and never less than needed."""
    found = size("log", rate, cost_ns, worth)
    assert (found.cores, found.exact) == (cores, pytest.approx(exact))


def test_efficiency__is_of_the_most_threads_measured(results):
    """Two threads that give 1.6 times one are worth 0.8 each."""
    worth, most = efficiency(results)
    assert (worth, most) == (pytest.approx(0.8, rel=0.05), 2)


@pytest.mark.parametrize(
    ("n_policies", "expected"), [(1_000, 1.0), (100, 0.5), (10_000, 2.5), (3_162, 1.75), (9**9, 2.5)]
)
def test_growth_ratio__is_straight_between_two_sizes(results, n_policies, expected):
    """Over the logarithm; beyond the last size it stays as it is there."""
    assert growth_ratio(results, n_policies) == pytest.approx(expected, rel=0.05)


def test_predicted_ns__adds_the_stages_and_scales_what_is_reported(results):
    """A flow costs its stages; ten times as many reported rows cost ten times as much."""
    found = predicted_ns(results, "vpc-text", "none", 1_000, 0.1)
    assert found == pytest.approx(100 + 300 + 5 + 40 + 2 + 10 * (60 + 30), rel=0.05)
    assert predicted_ns(results, "vpc-text", "gzip", 1_000, 0.1) is None


def test_fit__finds_the_law_that_made_the_points():
    """Contention and crosstalk as they were, no residual, and the knee behind them."""
    workers = [1, 2, 4, 8, 16, 32]
    rates = [1e6 * n / (1 + 0.05 * (n - 1) + 0.002 * n * (n - 1)) for n in workers]
    law = fit(workers, rates)
    assert law[:3] == (pytest.approx(1e6), pytest.approx(0.05), pytest.approx(0.002))
    assert max(map(abs, law.residuals)) < 1e-9
    assert law.knee == pytest.approx((0.95 / 0.002) ** 0.5)


def test_fit__has_no_coefficient_below_zero():
    """Points better than straight are straight, with residuals that say so."""
    law = fit([1, 2, 3, 4], [1.0, 2.2, 3.3, 4.4])
    assert (law.contention, law.crosstalk, law.knee) == (0, 0, None)
    assert min(law.residuals) < 0 < max(law.residuals)


def test_fit__wants_more_points_than_two_cores_give():
    """Three points fit anything."""
    assert fit([1, 2, 2, 2], [1.0, 1.9, 1.9, 1.9]) is None


@pytest.mark.parametrize(("denied", "more"), [(0.01, 0), (0.0, -10), (0.1, 90), (0.3, 290), (0.7, 690)])
def test_predicted_ns__grows_with_what_is_reported_as_it_was_measured(results, denied, more):
    """Straight between the measured shares and beyond them, whatever the log paid for its own share."""
    for at, cost in (("0.5", 505.0), ("0", 5.0), ("0.01", 15.0), ("0.2", 205.0)):
        labels = {"axis": "violations", "at": at, "what": "report"}
        results.figures.append(
            Figure("growth", labels, "ns/flow", (cost,) * 5, n_flows=1_000, n_bytes=100_000)
        )
    found = predicted_ns(results, "vpc-text", "none", 1_000, denied)
    assert found == pytest.approx(100 + 300 + 5 + 40 + 2 + 60 + 30 + more, rel=0.05)
