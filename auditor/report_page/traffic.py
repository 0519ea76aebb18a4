"""Who talks to whom: namespaces as a grid, ends as curves between two sides, and findings over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from auditor.page.bars import time_bars
from auditor.page.document import Section
from auditor.page.drawing import Series
from auditor.page.figures import notes
from auditor.page.heat import Cell, heat_map
from auditor.page.links import Link, links
from auditor.report import schema
from auditor.report_page.timeline import timeline
from auditor.report_page.verdict import window
from auditor.report_page.words import TONES, count, end, namespace

if TYPE_CHECKING:
    from auditor.page.markup import Markup
    from auditor.report_page.report import Report

_MAX_NAMESPACES = 24
_MAX_LINKS = 36
_MAX_HARMLESS = 12
"""Links of flows that nobody needs to look at, where there is room left."""

_OTHERS = "(others)"
_ONLY_REPORTED = (
    "This report holds only the flows that ask for a look; "
    "`auditor audit --rows all` also writes those that are permitted or blocked."
)


def traffic_sections(report: Report) -> list[Section]:
    """Return the sections about who talks to whom, and when."""
    return [_namespaces(report), _ends(report), _times(report)]


def _namespaces(report: Report) -> Section:
    flows = report.summary.select(
        "finding",
        "flows",
        *(
            pl.struct(f"{side}_kind", side)
            .map_elements(lambda one: namespace(*one.values()), return_dtype=pl.String)
            .alias(side)
            for side in ("source", "destination")
        ),
    )
    parts: list[Markup] = []
    worst = flows.filter(pl.col("finding") == "VIOLATION")
    if worst.height:
        parts.append(_grid("Violations by namespace of both ends", worst))
    if report.has_all_flows or not worst.height:
        caption = (
            "All flows by namespace of both ends" if report.has_all_flows else "Flows that ask for a look"
        )
        if flows.height:
            parts.append(_grid(caption, flows))
    if not report.has_all_flows:
        parts.append(notes([_ONLY_REPORTED]))
    return Section(
        "namespaces",
        "Namespaces",
        parts,
        "From the row's namespace, which opened the connection, to the column's. The stronger the colour, the more "
        "flows; what has no namespace stands in parentheses.",
    )


def _grid(caption: str, flows: pl.DataFrame) -> Markup:
    for side in ("source", "destination"):
        largest = flows.group_by(side).agg(pl.sum("flows")).sort(["flows", side], descending=[True, False])
        kept = largest[side].to_list()
        if len(kept) > _MAX_NAMESPACES:
            flows = flows.with_columns(
                pl.when(pl.col(side).is_in(kept[: _MAX_NAMESPACES - 1]))
                .then(pl.col(side))
                .otherwise(pl.lit(_OTHERS))
            )
    cells = flows.group_by("source", "destination").agg(pl.sum("flows")).sort("source", "destination")
    return heat_map(caption, [Cell(*row) for row in cells.iter_rows()], "flows", "from", "to", last=_OTHERS)


def _ends(report: Report) -> Section:
    pairs = (
        report.summary.with_columns(
            *(
                pl.struct(f"{side}_kind", side)
                .map_elements(lambda one: end(*one.values()), return_dtype=pl.String)
                .alias(side)
                for side in ("source", "destination")
            ),
            pl.col("finding").replace_strict(_RANKS, return_dtype=pl.Int64).alias("rank"),
        )
        .group_by("rank", "finding", "source", "destination")
        .agg(pl.sum("flows"))
        .sort(["rank", "flows", "source", "destination"], descending=[False, True, False, False])
    )
    asking = pairs.filter(pl.col("finding").is_in(schema.REPORTED))
    harmless = pairs.filter(~pl.col("finding").is_in(schema.REPORTED)).sort(
        "flows", descending=True, maintain_order=True
    )
    room = min(_MAX_HARMLESS, max(0, _MAX_LINKS - asking.height))
    chosen = pl.concat([asking.head(_MAX_LINKS), harmless.head(room)])
    if not chosen.height:
        return Section("ends", "Who talks to whom", [notes(["There is no flow in this report."])])
    shown = [
        Link(source, destination, flows, finding, is_faint=finding not in schema.REPORTED)
        for finding, source, destination, flows in chosen.select(
            "finding", "source", "destination", "flows"
        ).iter_rows()
    ]
    present = set(chosen["finding"])
    which = "All" if chosen.height == pairs.height else "The worst and largest of"
    picture = links(
        f"{which} {count(pairs.height, 'pair')} of ends",
        shown,
        [Series(name, TONES[name]) for name in schema.WORST_FIRST if name in present],
        "flows",
        ("opened by", "towards"),
    )
    return Section(
        "ends",
        "Who talks to whom",
        [picture],
        "The thicker a curve, the more flows. All groups stand in the table below.",
    )


def _times(report: Report) -> Section:
    first, last = window(report)
    found = timeline(report, first, last)
    lead = "By the time a flow began, as the log tells it."
    if not found.bins:
        why = (
            "The files of flow rows are not in the folder."
            if not report.n_row_files
            else "No flow of this report has a time."
            if found.n_rows
            else "There is no flow in this report."
        )
        return Section("times", "Over time", [notes([why])], lead)
    present = {bin_.series for bin_ in found.bins}
    asking = [bin_ for bin_ in found.bins if bin_.series in schema.REPORTED]
    harmless = [bin_ for bin_ in found.bins if bin_.series not in schema.REPORTED]
    # Two pictures: a hundred times as many permitted flows would leave nothing to see of the others.
    parts = [
        time_bars(
            f"{title}, {_span(found.step)} a bar",
            bins,
            [
                Series(name, TONES[name])
                for name in schema.WORST_FIRST
                if name in present & {bin_.series for bin_ in bins}
            ],
            "flows",
        )
        for title, bins in (("Flows that ask for a look", asking), ("All other flows", harmless))
        if bins
    ]
    said = []
    if found.n_timed < found.n_rows:
        said.append(f"{count(found.n_rows - found.n_timed, 'flow')} without a time are not shown.")
    expected = _n_expected(report)
    if found.n_rows != expected:
        said.append(
            f"The folder holds {found.n_rows:,} of {count(expected, 'row')} of flows: files of it were removed."
        )
    return Section("times", "Over time", [*parts, notes(said)], lead)


def _n_expected(report: Report) -> int:
    """Return how many rows of flows the audit wrote."""
    finding = report.run.flows.finding
    return sum(finding[name] for name in (schema.WORST_FIRST if report.has_all_flows else schema.REPORTED))


def _span(seconds: int) -> str:
    for size, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds % size == 0:
            return count(seconds // size, name)
    return count(seconds, "second")


_RANKS = {finding: place for place, finding in enumerate(schema.WORST_FIRST)}
