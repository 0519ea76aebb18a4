"""What a report says, from the results alone: parts with sentences, tables and pictures, for any form of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from auditor.capacity.answers import answer, cheaper, knee
from auditor.capacity.beside import beside
from auditor.capacity.blocks import Bars, Part, Table, named
from auditor.capacity.messaging import messaging
from auditor.capacity.sizing import GOOD_ENOUGH
from auditor.capacity.stages import FINISH, STAGES

if TYPE_CHECKING:
    from auditor.capacity.results import Figure, Results

BUSY = 0.35
"""Load of a core from which the figures are said to be those of a busy machine."""


def story(results: Results, rate: float) -> list[Part]:
    """Return the parts of a report.

    Parameters
    ----------
    results : Results
        What was measured.
    rate : float
        Flows a second to size for.
    """
    parts = [
        answer(results, rate),
        _stages(results),
        cheaper(results),
        beside(results),
        knee(results),
        messaging(results),
        _growth(results),
        _once(results),
        _trust(results),
        _missing(results),
    ]
    return [part for part in parts if part.blocks]


def _stages(results: Results) -> Part:
    part = Part(
        "stages",
        "What a flow costs, by stage",
        "CPU nanoseconds a flow on one thread, nothing overlapping; the stages are "
        + "; ".join(f"{name}: {what}" for name, what in STAGES.items())
        + ".",
    )
    rows, bars = [], []
    for total in results.measured("stage", stage="total"):
        log = {name: total.labels[name] for name in ("log", "compression")}
        medians = [
            figure.median if (figure := results.one("stage", **log, stage=stage)) else None
            for stage in (*STAGES, "inflate")
        ]
        found = total.interval
        rows.append(
            [named(total), *medians, found.middle, found.low, found.high, total.n_bytes / total.n_flows]
        )
        bars.append((named(total), *(found.middle, found.low, found.high)))
    if rows:
        columns = [(stage, 1) for stage in (*STAGES, "of which inflate")]
        around = [("total", 1), ("low", 1), ("high", 1), ("bytes a flow", 1)]
        part.blocks += [
            Table("CPU ns a flow by stage", [("log", None), *columns, *around], rows),
            Bars("CPU time of a flow, from log to report", "ns a flow", bars),
            ("Inflating is part of read; Parquet is decompressed page by page, inside decode."),
        ]
    return part


def _growth(results: Results) -> Part:
    part = Part(
        "growth",
        "How cost grows",
        "One thing changes, everything else stays; every point was compared with the oracle.",
    )
    axes = dict.fromkeys(figure.labels["axis"] for figure in results.measured("growth"))
    for axis in axes:
        figures = list(results.measured("growth", axis=axis))
        places = dict.fromkeys(figure.labels["at"] for figure in figures)
        kinds = dict.fromkeys((figure.labels["what"], figure.unit) for figure in figures)
        rows: list[list[Any]] = []
        for at in places:
            row: list[Any] = [at]
            for what, _ in kinds:
                figure = results.one("growth", axis=axis, at=at, what=what)
                row.append(None if figure is None else figure.median / (1e6 if figure.unit == "bytes" else 1))
            rows.append(row)
        columns: list[tuple[str, int | None]] = [(axis, None)]
        columns += [(f"{what}, {'MB' if unit == 'bytes' else unit}", 2) for what, unit in kinds]
        part.blocks.append(Table(f"Growth with {axis}", columns, rows))
        what = "total" if any(what == "total" for what, _ in kinds) else "classify"
        bars = [
            (figure.labels["at"], *_around(figure)) for figure in figures if figure.labels["what"] == what
        ]
        caption = "whole way of a flow" if what == "total" else "owner and verdict of a flow"
        part.blocks.append(Bars(f"Growth with {axis}: {caption}", "ns a flow", bars))
    return part


def _once(results: Results) -> Part:
    part = Part("once", "What is paid once, and memory")
    rows = []
    for group, label in (("once", "what"), ("start", "what")):
        for figure in results.measured(group):
            low, high = figure.interval.low, figure.interval.high
            what = {
                "load": "read policies and inventory",
                "compile": "compile them",
                FINISH: "finish a report",
            }
            text = what.get(figure.labels[label], figure.labels[label])
            rows.append([text, figure.basis, figure.median, low, high, len(figure.runs), figure.note])
    if rows:
        columns = [
            ("what", None),
            ("clock", None),
            ("s", 3),
            ("low", 3),
            ("high", 3),
            ("runs", 0),
            ("note", None),
        ]
        part.blocks.append(Table("Seconds paid once", columns, rows))
    tables = [[figure.labels["component"], figure.median / 1e6] for figure in results.measured("tables")]
    if tables:
        part.blocks.append(Table("Memory of the compiled tables", [("component", None), ("MB", 3)], tables))
    memory = [
        [
            figure.labels["what"],
            int(figure.labels["threads"]),
            figure.median / 1e6,
            max(figure.runs) / 1e6,
            figure.note,
        ]
        for figure in results.measured("memory")
    ]
    if memory:
        columns = [("resident memory", None), ("threads", 0), ("MB", 0), ("most", 0), ("log", None)]
        part.blocks.append(Table("Memory of a whole audit", columns, memory))
    return part


def _trust(results: Results) -> Part:
    part = Part("trust", "How far to trust this")
    noise = results.one("noise", what="difference of equal runs")
    loop = results.one("noise", what="reference loop")
    turns = results.one("noise", what="difference of equal runs, by turns")
    if noise is not None and turns is not None:
        part.blocks.append(
            f"Equal runs differ by {turns.median:.1%} when they are made by turns in one process, by "
            f"{noise.median:.1%} in two processes, one after the other (medians; most: {max(turns.runs):.1%} and "
            f"{max(noise.runs):.1%}): "
            "smaller differences between figures mean nothing and count as equal."
        )
    if loop is not None:
        part.blocks.append(
            f"A loop that has nothing to do with this program took {min(loop.runs):.1f} to {max(loop.runs):.1f} ms in "
            "between: so steady was the machine."
        )
    busy = results.facts.get("load") or 0.0
    if busy > BUSY * (results.facts.get("machine", {}).get("usable_cores") or 1):
        part.blocks.append(
            f"THE MACHINE WAS BUSY: {busy:.1f} processes wanted a core when this began. Figures on the clock, and what "
            "a further core is worth, are those of a busy machine; CPU time suffers less, but it does."
        )
    part.blocks.append(
        "Figures are medians after a first run that is not counted, logs measured by turns; low and high are the 95 % "
        "bootstrap interval of the median, which says little with few runs. Time is CPU time but where it says wall."
    )
    pairs = [results.one("heldback", what=what) for what in ("predicted", "measured")]
    if pairs[0] and pairs[1]:
        off = pairs[0].median / pairs[1].median - 1
        word = "holds" if abs(off) <= GOOD_ENOUGH else "DOES NOT HOLD"
        part.blocks.append(
            f"Held back: {pairs[1].note}. The formula predicts {pairs[0].median:,.1f} ns a flow, measured were "
            f"{pairs[1].median:,.1f}: {off:+.1%}, so it {word} (within {GOOD_ENOUGH:.0%})."
        )
    else:
        part.blocks.append(
            "Held back: not measured; `--full` predicts a configuration that no figure was made of."
        )
    facts = results.facts
    machine = facts.get("machine", {})
    memory = machine.get("memory_bytes")
    rows = [
        [
            "processor",
            f"{machine.get('processor')}, {machine.get('usable_cores')} of {machine.get('cores')} cores",
        ],
        ["memory", f"{memory / 2**30:.1f} GiB" if memory else "not known"],
        ["program", f"{facts.get('version')}, commit {facts.get('commit') or 'not known'}"],
        [
            "Python",
            f"{machine.get('python')}, "
            + ", ".join(f"{k} {v}" for k, v in machine.get("versions", {}).items()),
        ],
        ["inputs", f"{facts.get('inputs')}"],
        ["begun", f"{facts.get('started')}, took {facts.get('took_s', 0):.0f} s"],
        ["to repeat it", str(facts.get("command"))],
    ]
    part.blocks.append(Table("What it was measured on", [("what", None), ("", None)], rows))
    return part


def _missing(results: Results) -> Part:
    part = Part("missing", "Not measured")
    rows = [
        [" ".join([figure.group, *figure.labels.values()]), figure.why_not]
        for figure in results.figures
        if not figure.runs
    ]
    if rows:
        part.blocks.append(Table("Not measured, and why", [("what", None), ("why", None)], rows))
    return part


def _around(figure: Figure) -> tuple[float, float, float]:
    return figure.interval.middle, figure.interval.low, figure.interval.high
