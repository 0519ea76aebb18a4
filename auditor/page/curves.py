"""Pictures of measurements: lines with intervals around them, and a scatter of points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from auditor.page.drawing import FIT, WIDTH, Axis, Names, Series, colours, figure
from auditor.page.markup import visible
from auditor.page.numbers import number
from auditor.page.tables import Column, table
from auditor.page.tones import paint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditor.page.markup import Markup

DASHES = [6, 4]
MEASURED, EXTRAPOLATED = {"filter": "!datum.goesOn"}, {"filter": "datum.goesOn"}


@dataclass(frozen=True, slots=True)
class Point:
    """A point; the interval around its height if there is one, and what it is called if it has a name."""

    x: float
    y: float
    low: float | None = None
    high: float | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A series and its points, from left to right.

    One that ``goes_on`` where the series of that name ends is extrapolated: in its colour, dashed, with hollow points.
    """

    series: Series
    points: Sequence[Point]
    goes_on: str | None = None


def lines(caption: str, given: Sequence[Line], x: Axis, y: Axis, *, digits: int = 2) -> Markup:
    """Return lines through points, with a band where the points have intervals.

    Parameters
    ----------
    caption : str
        What is to be seen.
    given : sequence of Line
        Up to six.
    x, y : Axis
        What runs to the right and up.
    digits : int
        After the point, in the table.
    """
    across, up = x.channel("x"), y.channel("y")
    band = {
        "mark": {"type": "area", "opacity": 0.18, "aria": False},
        "encoding": {"x": across, "y": {**y.channel("low"), "title": up["title"]}, "y2": {"field": "high"}},
    }
    layers: list[dict[str, Any]] = [
        {
            "mark": {"type": "line", "strokeWidth": 2, "aria": False},
            "encoding": {"x": across, "y": up},
            "transform": [MEASURED],
        },
        {**_dots(across, up), "transform": [MEASURED]},
    ]
    if any(line.goes_on is not None for line in given):
        dashed = {"type": "line", "strokeWidth": 2, "strokeDash": DASHES, "aria": False}
        layers += [
            {"mark": dashed, "encoding": {"x": across, "y": up}, "transform": [EXTRAPOLATED]},
            {**_dots(across, up, is_hollow=True), "transform": [EXTRAPOLATED]},
        ]
    if any(point.low is not None for line in given for point in line.points):
        layers.insert(0, {**band, "transform": [{"filter": "isValid(datum.low) && isValid(datum.high)"}]})
    return _measured(caption, given, (x, y), layers, digits)


def scatter(caption: str, given: Sequence[Line], x: Axis, y: Axis, *, digits: int = 2) -> Markup:
    """Return points, coloured by series, with a vertical line where they have intervals.

    Parameters
    ----------
    caption : str
        What is to be seen.
    given : sequence of Line
        Series of points; no line is drawn through them.
    x, y : Axis
        What runs to the right and up.
    digits : int
        After the point, in the table.
    """
    across, up = x.channel("x"), y.channel("y")
    layers = [_dots(across, up)]
    if any(point.low is not None for line in given for point in line.points):
        span = {"x": across, "y": {**y.channel("low"), "title": up["title"]}, "y2": {"field": "high"}}
        layers.insert(
            0,
            {
                "mark": {"type": "rule", "strokeWidth": 1.5, "aria": False},
                "encoding": span,
                "transform": [{"filter": "isValid(datum.low) && isValid(datum.high)"}],
            },
        )
    return _measured(caption, given, (x, y), layers, digits)


def _dots(across: dict[str, Any], up: dict[str, Any], *, is_hollow: bool = False) -> dict[str, Any]:
    return {
        "mark": {"type": "point", "size": 50, "filled": False, "opacity": 1}
        if is_hollow
        else {"type": "circle", "size": 60, "opacity": 1},
        "encoding": {"x": across, "y": up, "description": {"field": "says"}},
    }


def _measured(
    caption: str, given: Sequence[Line], axes: tuple[Axis, Axis], layers: list[dict[str, Any]], digits: int
) -> Markup:
    x, y = axes
    names = Names([line.series.name for line in given])
    painted = _painted(given)
    rows = [
        {
            "x": point.x,
            "y": point.y,
            "low": point.low,
            "high": point.high,
            "series": name,
            "goesOn": line.goes_on is not None,
            "says": _says(name, point, axes, digits),
        }
        for name, line in zip(names.shown, given, strict=True)
        for point in line.points
    ]
    colour = {
        "field": "series",
        "type": "nominal",
        "legend": None,
        "scale": {"domain": names.shown, "range": [paint(one) for one in painted]},
    }
    columns = [Column("series"), Column(x.title, "number", digits), Column(y.title, "number", digits)]
    has_names = any(point.name for line in given for point in line.points)
    has_interval = any(point.low is not None for line in given for point in line.points)
    if has_interval:
        columns += [Column("low", "number", digits), Column("high", "number", digits)]
    if has_names:
        columns.append(Column("name"))
    values = [
        [
            line.series.name,
            point.x,
            point.y,
            *([point.low, point.high] if has_interval else []),
            *([point.name] if has_names else []),
        ]
        for line in given
        for point in line.points
    ]
    return figure(
        caption,
        {
            "width": WIDTH,
            "autosize": FIT,
            "height": 260,
            "data": {"values": rows},
            "encoding": {"color": colour},
            "layer": layers,
        },
        table(caption, columns, values),
        [
            (name, f"{colour} dashed" if line.goes_on is not None else colour)
            for name, colour, line in zip(names.shown, painted, given, strict=True)
        ]
        if len(given) > 1
        else (),
    )


def _painted(given: Sequence[Line]) -> list[str]:
    """Return the name of a colour for each line; what goes on comes after what it goes on from, and has its colour."""
    own = iter(colours([line.series for line in given if line.goes_on is None]))
    found: dict[str, str] = {}
    painted = []
    for line in given:
        if line.goes_on is None:
            painted.append(next(own))
            found.setdefault(line.series.name, painted[-1])
        else:
            painted.append(found[line.goes_on])
    return painted


def _says(series: str, point: Point, axes: tuple[Axis, Axis], digits: int) -> str:
    """Return what a point says when it is pointed at."""
    x, y = axes
    name = f"{visible(point.name, 80)}, " if point.name else ""
    around = (
        ""
        if point.low is None or point.high is None
        else f" ({number(point.low, digits)} to {number(point.high, digits)})"
    )
    return (
        f"{name}{series}: {visible(x.title)} {number(point.x, digits)}, "
        f"{visible(y.title)} {number(point.y, digits)}{around}"
    )
