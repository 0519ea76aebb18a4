"""How many cores, how much memory, how many partitions: the formula, its parts, and a prediction held back.

::

    cores      = rate * cost / (1e9 * utilisation * efficiency), rounded up
    memory     = processes * peak memory of one, measured / utilisation
    partitions = twice the members of the service, so that their number can be doubled

``cost`` is CPU nanoseconds a flow of the whole way from log to report (or from message to segment), ``utilisation`` the
head-room that is left, ``efficiency`` what each further core was worth where that was measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from auditor.capacity.results import Figure, Results

UTILISATION = 0.7
"""Share of the cores that is planned for; the rest is for peaks and for catching up after a stop."""
GOOD_ENOUGH = 0.25
"""A prediction of what was held back is good if it is no further off."""
STAGES_A_FLOW = ("read", "decode", "lookup", "classify", "tally")
STAGES_A_ROW = ("report", "write")


@dataclass(frozen=True, slots=True)
class Size:
    """An answer.

    Attributes
    ----------
    what : str
        Format and compression, or shape of the messages.
    rate : float
        Flows a second.
    cost_ns : float
        CPU nanoseconds a flow.
    cores : int
        With head-room.
    exact : float
        The same before rounding up.
    mb_per_s : float or None
        What is read a second, in MB.
    """

    what: str
    rate: float
    cost_ns: float
    cores: int
    exact: float
    mb_per_s: float | None


def size(what: str, rate: float, cost_ns: float, efficiency: float = 1.0, bytes_a_flow: float = 0.0) -> Size:
    """Return how many cores a rate needs."""
    exact = rate * cost_ns / (1e9 * UTILISATION * efficiency)
    return Size(
        what, rate, cost_ns, max(1, ceil(exact)), exact, rate * bytes_a_flow / 1e6 if bytes_a_flow else None
    )


def costs(results: Results) -> list[tuple[Figure, float]]:
    """Return, for each log that was measured, its total a flow, and the bytes of a flow on the disk."""
    totals = results.measured("stage", stage="total")
    return [
        (each, each.n_bytes / each.n_flows) for each in totals if each.n_flows and "case" not in each.labels
    ]


def efficiency(results: Results) -> tuple[float, int]:
    """Return what each core is worth of the first, with the most threads measured, and how many these are."""
    rates = {int(each.labels["threads"]): each.median for each in results.measured("scaling", by="threads")}
    if len(rates) < 2 or 1 not in rates:  # noqa: PLR2004  one point says nothing
        return 1.0, 1
    most = max(rates)
    return min(1.0, rates[most] / (most * rates[1])), most


def predicted_ns(
    results: Results, log_format: str, compression: str, n_policies: int, denied: float
) -> float | None:
    """Predict the CPU nanoseconds a flow of an audit that was not measured, from what was.

    Stages a flow come from the log of this format and compression, verdicts by the growth with the number of
    policies, between the two measured sizes around it; stages of reported rows by the growth with violations, for
    what a report costs is paid in part once for many rows, and so is not in proportion to them.

    Parameters
    ----------
    results : Results
        What was measured.
    log_format, compression : str
        Of the log.
    n_policies : int
        Policies of the cluster.
    denied : float
        Share of flows that are reported, 0 to 1.

    Returns
    -------
    float or None
        None if a part was not measured.
    """
    found = {
        stage: results.one("stage", log=log_format, compression=compression, stage=stage)
        for stage in (*STAGES_A_FLOW, *STAGES_A_ROW)
    }
    share = results.one("reported", log=log_format, compression=compression)
    if share is None or any(figure is None for figure in found.values()):
        return None
    a_flow = sum(figure.median for stage, figure in found.items() if figure and stage in STAGES_A_FLOW)
    a_row = sum(figure.median for stage, figure in found.items() if figure and stage in STAGES_A_ROW)
    grown = growth_ratio(results, n_policies)
    classify = found["classify"]
    assert classify is not None
    if grown is not None:
        a_flow += classify.median * (grown - 1)
    more = reported_growth(results, share.median, denied)
    if more is None:
        more = a_row * (denied / share.median - 1) if share.median else 0.0
    return a_flow + max(0.0, a_row + more)


def reported_growth(results: Results, share: float, denied: float) -> float | None:
    """Return what a flow costs more if ``denied`` of all flows are reported in place of ``share``, None if not known.

    Between two measured shares it is taken to be straight, and beyond the last one to go on as before.
    """
    points = sorted(
        (float(each.labels["at"]), each.median)
        for each in results.measured("growth", axis="violations", what="report")
    )
    if len(points) <= 1:
        return None

    def cost(at: float) -> float:
        behind = next((place for place, (x, _) in enumerate(points[1:-1], 1) if x >= at), len(points) - 1)
        (x0, y0), (x1, y1) = points[behind - 1], points[behind]
        return y0 + (y1 - y0) * (at - x0) / (x1 - x0)

    return cost(denied) - cost(share)


def growth_ratio(results: Results, n_policies: int) -> float | None:
    """Return the verdict cost with so many policies as a multiple of the main cluster's, None if growth is unknown.

    Between two measured sizes it is taken to be straight over the logarithm of the number of policies.
    """
    points = sorted(
        (float(each.labels["at"]), each.median)
        for each in results.measured("growth", axis="policies", what="classify")
    )
    main = float(results.facts.get("n_policies", 0))
    if not points or not main:
        return None
    return _between(points, n_policies) / _between(points, main)


def _between(points: list[tuple[float, float]], at: float) -> float:
    below = [point for point in points if point[0] <= at] or points[:1]
    above = [point for point in points if point[0] >= at] or points[-1:]
    (x0, y0), (x1, y1) = below[-1], above[0]
    if x0 == x1:
        return y0
    return y0 + (y1 - y0) * (log(at) - log(x0)) / (log(x1) - log(x0))
