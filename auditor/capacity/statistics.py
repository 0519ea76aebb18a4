"""What some runs come to: the median, how sure it is, and from which difference on two of them differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

RESAMPLES = 2_000
SEED = 20_261_126
LEVEL = 0.95
SURE = 0.99
"""Of the interval of a ratio by which a run is called slower: at 0.95, a few of a hundred figures are off by chance."""


class Interval(NamedTuple):
    """A median and the bootstrap interval around it, in the unit of the runs."""

    low: float
    middle: float
    high: float


def median(runs: Sequence[float]) -> float:
    """Return the median of at least one run."""
    return float(np.median(np.asarray(runs, dtype=np.float64)))


def interval(runs: Sequence[float], level: float = LEVEL) -> Interval:
    """Return the median and its percentile bootstrap interval.

    Parameters
    ----------
    runs : sequence of float
        At least one; a single run is its own interval, which says nothing of how sure it is.
    level : float
        Share of the resampled medians that lie inside, 0 to 1.
    """
    low, high = np.quantile(_medians(runs, SEED), [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), median(runs), float(high))


def ratio(before: Sequence[float], after: Sequence[float], level: float = SURE) -> Interval:
    """Return how many times ``before`` the median of ``after`` is, with its bootstrap interval; above 1 it is more."""
    resampled = _medians(after, SEED + 1) / _medians(before, SEED)
    low, high = np.quantile(resampled, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), median(after) / median(before), float(high))


def noise(first: Sequence[float], second: Sequence[float]) -> float:
    """Return by which share two measurements of the same differ, but for one case in twenty.

    Parameters
    ----------
    first, second : sequence of float
        Runs of the same thing, measured by turns.
    """
    resampled = _medians(second, SEED + 1) / _medians(first, SEED)
    return float(np.quantile(np.abs(resampled - 1), LEVEL))


def spread(runs: Sequence[float]) -> float:
    """Return the distance between least and greatest run, as a share of the median."""
    return (max(runs) - min(runs)) / median(runs)


def is_equal(before: Sequence[float], after: Sequence[float], floor: float) -> bool:
    """Return whether a difference lies under the noise of the machine, or is not sure to lie above it."""
    found = ratio(before, after)
    return found.low <= 1 + floor and found.high >= 1 - floor


def _medians(runs: Sequence[float], seed: int) -> NDArray[np.float64]:
    """Return the medians of runs drawn again and again from the given ones, with replacement."""
    given = np.asarray(runs, dtype=np.float64)
    drawn = np.random.default_rng(seed).integers(0, len(given), (RESAMPLES, len(given)))
    medians: NDArray[np.float64] = np.median(given[drawn], axis=1)
    return medians
