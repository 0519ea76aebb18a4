"""The part of a report about peers: what they took for the same log, and what they do better."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from auditor.capacity.blocks import Bars, Part, Table, log_named
from auditor.capacity.statistics import LEVEL, ratio

if TYPE_CHECKING:
    from auditor.capacity.results import Figure, Results

OURS = "this program"
WHAT = {
    "vpc-parquet": "from the log to verdicts",
    "hubble-json": "from the log to columns",
    "vpc-text": "from the log to columns",
}


def beside(results: Results) -> Part:
    """Return what others took for the same logs."""
    part = Part(
        "peers",
        "Beside others, on the same logs",
        "CPU time on one core, by turns, each in a process of its own. A figure is there only if, in a run before, "
        "what was read had this program's rows and sums of columns, or what was judged its verdicts. Readers give "
        "columns; queries give the connections whose ingress is denied, by rules that were expanded to addresses for "
        "them, and this program the rows of its report; what is done once a report is not in it.",
    )
    for log in dict.fromkeys(
        (each.labels["log"], each.labels["compression"])
        for each in results.all("peers")
        if "log" in each.labels
    ):
        figures = list(results.all("peers", log=log[0], compression=log[1]))
        ours = next((each for each in figures if each.runs and each.labels["by"] == OURS), None)
        if ours is None:
            continue
        named = f"{log_named(*log)}, {WHAT.get(log[0], 'to columns')}"
        columns = [("by", None), ("ns a row", 1), ("low", 1), ("high", 1), ("times ours", 2)]
        columns.append(("what it does better", None))
        part.blocks.append(Table(named, columns, [_row(each, ours) for each in figures]))
        bars = [
            (each.labels["by"], each.median, each.interval.low, each.interval.high)
            for each in figures
            if each.runs
        ]
        part.blocks.append(Bars(named, "ns a row", bars))
        equal = [
            each.labels["by"] for each in figures if each.runs and each is not ours and _is_equal(each, ours)
        ]
        if equal:
            part.blocks.append(f"As quick as this program, as far as these runs tell: {', '.join(equal)}.")
    return part


def _row(figure: Figure, ours: Figure) -> list[Any]:
    better = figure.note
    if not figure.runs:
        return [figure.labels["by"], None, None, None, None, f"{figure.why_not}. {better}"]
    around = figure.interval
    return [figure.labels["by"], around.middle, around.low, around.high, around.middle / ours.median, better]


def _is_equal(figure: Figure, ours: Figure) -> bool:
    found = ratio(ours.runs, figure.runs, LEVEL)
    return found.low <= 1 <= found.high
