"""The report as one HTML file, with the kit of pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.capacity.blocks import Bars, Lines, Table, named
from auditor.capacity.sizing import costs, efficiency, size
from auditor.page.bars import Bar, bars
from auditor.page.curves import Line, Point, lines
from auditor.page.document import Section, document
from auditor.page.drawing import Axis, Series
from auditor.page.figures import KeyFigure, key_figures, notes, verdict
from auditor.page.numbers import number, short
from auditor.page.tables import Column, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditor.capacity.blocks import Part
    from auditor.capacity.results import Results
    from auditor.page.markup import Markup


def page(parts: Sequence[Part], results: Results, rate: float) -> str:
    """Return the page.

    Parameters
    ----------
    parts : sequence of Part
        The story.
    results : Results
        What it was told from.
    rate : float
        Flows a second to size for.
    """
    sections = [
        Section(part.name, part.title, [_drawn(block) for block in part.blocks], part.lead) for part in parts
    ]
    facts = results.facts
    return document(
        "Capacity report",
        _top(results, rate),
        sections,
        subtitle=f"{facts.get('inputs')}; {facts.get('started')}",
        foot=f"flow-log-auditor {facts.get('version')}; to repeat it: {facts.get('command')}",
    )


def _top(results: Results, rate: float) -> list[Markup]:
    found = costs(results)
    missing = results.facts.get("missing", [])
    if not found:
        return [verdict("warn", "Nothing to size by was measured", list(missing))]
    worth, _ = efficiency(results)
    least, most = (choose(found, key=lambda each: each[0].median)[0] for choose in (min, max))
    sizes = [size(named(figure), rate, figure.median, worth) for figure in (least, most)]
    headline = f"{number(rate)} flows a second need {sizes[0].cores} to {sizes[1].cores} cores, by log format"
    if sizes[0].cores == sizes[1].cores:
        headline = f"{number(rate)} flows a second need {sizes[0].cores} {'core' if sizes[0].cores == 1 else 'cores'}"
    sentences = [f"Least with {sizes[0].what}, most with {sizes[1].what}; head-room is in it."]
    shown = [
        KeyFigure(
            named(figure), f"{short(1e9 / figure.median)} flows/s", f"a core; {figure.median:,.0f} ns a flow"
        )
        for figure, _ in found
    ]
    warned = [notes([f"Incomplete: {text}" for text in missing], "warn")] if missing else []
    return [verdict("warn" if missing else "calm", headline, sentences), *warned, key_figures(shown)]


def _drawn(block: str | Table | Bars | Lines) -> Markup:
    if isinstance(block, str):
        return notes([block])
    if isinstance(block, Table):
        columns = [
            Column(title) if digits is None else Column(title, "number", digits)
            for title, digits in block.columns
        ]
        return table(block.caption, columns, block.rows)
    if isinstance(block, Bars):
        given = [Bar(name, value, low, high) for name, value, low, high in block.bars]
        return bars(block.caption, given, block.unit, digits=block.digits)
    drawn = [
        Line(Series(name), [Point(x, y, low, high) for x, y, low, high in points])
        for name, points in block.lines.items()
    ]
    drawn += [
        Line(Series(f"{name}, extrapolated"), [Point(x, y) for x, y in points], goes_on=name)
        for name, points in block.beyond.items()
    ]
    return lines(block.caption, drawn, Axis(block.x, block.is_log), Axis(block.y))
