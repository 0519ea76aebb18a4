"""Pictures of counts: bars, and bars over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from auditor.page.drawing import FIT, WIDTH, Names, as_is, colours, figure, ticks
from auditor.page.numbers import moment, number, short
from auditor.page.tables import Column, table
from auditor.page.tones import Tone, paint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditor.page.drawing import Series
    from auditor.page.markup import Markup

_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar: its name, how long it is, and the interval around its end if there is one."""

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    tone: Tone | None = None


@dataclass(frozen=True, slots=True)
class Bin:
    """So much of a series in a span of time, in seconds since 1970."""

    start: float
    end: float
    series: str
    value: float


def bars(caption: str, given: Sequence[Bar], unit: str, *, digits: int = 0) -> Markup:
    """Return bars from left to right, one below the other in the order given, with their values at the ends.

    Parameters
    ----------
    caption : str
        What is to be seen.
    given : sequence of Bar
        From top to bottom.
    unit : str
        What is counted, in the plural.
    digits : int
        After the point, in the table.
    """
    named = Names([bar.name for bar in given])
    names = named.shown
    has_interval = any(bar.low is not None for bar in given)
    rows = [
        {
            "name": name,
            "value": bar.value,
            "low": bar.value if bar.low is None else bar.low,
            "high": bar.value if bar.high is None else bar.high,
            "colour": paint(bar.tone or "c1"),
            "text": short(bar.value),
            "says": f"{name}: {number(bar.value, digits)} {unit}{_interval(bar, digits)}",
        }
        for name, bar in zip(names, given, strict=True)
    ]
    y = {"field": "name", "type": "nominal", "sort": None, "title": None, "scale": {"domain": names}}
    x = {"field": "value", "type": "quantitative", "title": unit, "axis": ticks(6, is_count=digits == 0)}
    layers: list[dict[str, Any]] = [
        {
            "mark": {"type": "bar", "height": {"band": 0.7}},
            "encoding": {"x": x, "color": as_is("colour"), "description": {"field": "says"}},
        },
        {
            "mark": {"type": "text", "align": "left", "dx": 6, "aria": False},
            "encoding": {"x": {"field": "high", "type": "quantitative"}, "text": {"field": "text"}},
        },
    ]
    if has_interval:
        ends = {
            "x": {"field": "low", "type": "quantitative"},
            "x2": {"field": "high"},
            "color": {"value": paint("ink")},
        }
        layers.insert(1, {"mark": {"type": "rule", "strokeWidth": 1.5, "aria": False}, "encoding": ends})
    columns = [Column("Name"), Column(unit, "number", digits)]
    values: list[list[Any]] = [[bar.name, bar.value] for bar in given]
    if has_interval:
        columns += [Column("low", "number", digits), Column("high", "number", digits)]
        values = [[*row, bar.low, bar.high] for row, bar in zip(values, given, strict=True)]
    return figure(
        caption,
        {
            "width": WIDTH,
            "autosize": FIT,
            "padding": {"left": named.room, "right": 5, "top": 5, "bottom": 5},
            "height": {"step": 26},
            "data": {"values": rows},
            "encoding": {"y": y},
            "layer": layers,
        },
        table(caption, columns, values),
    )


def time_bars(caption: str, bins: Sequence[Bin], series: Sequence[Series], unit: str) -> Markup:
    """Return stacked bars over time.

    Parameters
    ----------
    caption : str
        What is to be seen.
    bins : sequence of Bin
        Of equal spans, by time; what is empty may be left out.
    series : sequence of Series
        From the bottom up.
    unit : str
        What is counted, in the plural.
    """
    names = Names([one.name for one in series])
    shown = names.of()
    order = {name: place for place, name in enumerate(names.given)}
    rows = [
        {
            "start": bin_.start * 1000,
            "end": bin_.end * 1000,
            "series": shown[bin_.series],
            "order": order[bin_.series],
            "value": bin_.value,
            "says": f"{moment(bin_.start)} UTC: {number(bin_.value)} {shown[bin_.series]} {unit}",
        }
        for bin_ in bins
    ]
    span = max(bin_.end for bin_ in bins) - min(bin_.start for bin_ in bins) if bins else 0
    time = {
        "type": "temporal",
        "scale": {"type": "utc"},
        "title": "time (UTC)",
        "axis": {"grid": False, "tickCount": 8, "format": "%H:%M" if span <= _DAY else "%d %b %H:%M"},
    }
    return figure(
        caption,
        {
            "width": WIDTH,
            "autosize": FIT,
            "height": 180,
            "data": {"values": rows},
            "mark": {"type": "bar", "binSpacing": 1},
            "encoding": {
                "x": {"field": "start", **time, "bin": "binned"},
                "x2": {"field": "end"},
                "y": {
                    "field": "value",
                    "type": "quantitative",
                    "stack": "zero",
                    "title": unit,
                    "axis": ticks(4, is_count=True),
                },
                "color": {
                    "field": "series",
                    "type": "nominal",
                    "legend": None,
                    "scale": {"domain": names.shown, "range": [paint(colour) for colour in colours(series)]},
                },
                "order": {"field": "order", "type": "quantitative"},
                "description": {"field": "says"},
            },
        },
        table(
            caption,
            [
                Column("from (UTC)", "time"),
                Column("to (UTC)", "time"),
                Column("series"),
                Column(unit, "number"),
            ],
            [[bin_.start, bin_.end, bin_.series, bin_.value] for bin_ in bins],
        ),
        list(zip(names.shown, colours(series), strict=True)),
    )


def _interval(bar: Bar, digits: int) -> str:
    if bar.low is None or bar.high is None:
        return ""
    return f" ({number(bar.low, digits)} to {number(bar.high, digits)})"
