"""The Universal Scalability Law, fitted where there are enough points: how far more workers help.

Throughput of n workers is ``first * n / (1 + contention * (n - 1) + crosstalk * n * (n - 1))``. Divided by it, n is
linear in three coefficients that are not negative, so least squares over the eight ways to hold some of them at zero
finds the best fit exactly; no library for it is needed.
"""

from __future__ import annotations

from itertools import combinations
from math import sqrt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

LEAST_POINTS = 4
"""Three coefficients need more points than three, or nothing would be left that could disagree."""


class Law(NamedTuple):
    """A fit.

    Attributes
    ----------
    first : float
        Throughput of one worker.
    contention, crosstalk : float
        Shares of the work that wait for each other, and that grow with every pair of workers.
    residuals : tuple of float
        Of each point, as a share of what was measured.
    """

    first: float
    contention: float
    crosstalk: float
    residuals: tuple[float, ...]

    def at(self, n: float) -> float:
        """Return the throughput of n workers."""
        return self.first * n / (1 + self.contention * (n - 1) + self.crosstalk * n * (n - 1))

    @property
    def knee(self) -> float | None:
        """The number of workers beyond which more of them give less; None if there is none."""
        return (
            sqrt((1 - self.contention) / self.crosstalk)
            if self.crosstalk > 0 and self.contention < 1
            else None
        )


def fit(workers: Sequence[int], throughputs: Sequence[float]) -> Law | None:
    """Fit the law; None with fewer than ``LEAST_POINTS`` different numbers of workers."""
    if len(set(workers)) < LEAST_POINTS:
        return None
    n, measured = np.asarray(workers, dtype=np.float64), np.asarray(throughputs, dtype=np.float64)
    columns = np.stack([np.ones_like(n), n - 1, n * (n - 1)], axis=1)
    # Weighted by the throughput over n, errors count as shares of it.
    weighted, wanted = columns * (measured / n)[:, None], np.ones_like(n)
    best: tuple[float, np.ndarray] | None = None
    for size in (1, 2, 3):
        for chosen in combinations(range(3), size):
            if 0 not in chosen:
                continue
            found = np.linalg.lstsq(weighted[:, chosen], wanted, rcond=None)[0]
            if (found < 0).any():
                continue
            full = np.zeros(3)
            full[list(chosen)] = found
            error = float(((weighted @ full - wanted) ** 2).sum())
            if best is None or error < best[0] - 1e-15:
                best = (error, full)
    assert best is not None
    whole, contention, crosstalk = best[1] / [1, best[1][0], best[1][0]]
    law = Law(1 / whole, contention, crosstalk, ())
    return law._replace(
        residuals=tuple(float(law.at(each) / seen - 1) for each, seen in zip(n, measured, strict=True))
    )
