"""A picture of who goes where: names on two sides, and curves between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from auditor.page.drawing import Names, as_is, colours, figure
from auditor.page.heat import heat
from auditor.page.numbers import number
from auditor.page.tables import Column, table
from auditor.page.tones import HEAT, paint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditor.page.drawing import Series
    from auditor.page.markup import Markup


@dataclass(frozen=True, slots=True)
class Link:
    """So much from one name on the left to one on the right; faint if it is there for comparison only."""

    source: str
    target: str
    value: float
    series: str
    is_faint: bool = False


def links(
    caption: str, given: Sequence[Link], series: Sequence[Series], unit: str, titles: tuple[str, str]
) -> Markup:
    """Return names on two sides with a curve for each pair, the thicker the more it stands for.

    Parameters
    ----------
    caption : str
        What is to be seen.
    given : sequence of Link
        One at least, a few dozen at most; those given first are drawn on top, and their names come first.
    series : sequence of Series
        By name in ``Link.series``.
    unit : str
        What is counted, in the plural.
    titles : tuple of str
        What the names on the left and on the right are.
    """
    sources = Names(list(dict.fromkeys(link.source for link in given)))
    targets = Names(list(dict.fromkeys(link.target for link in given)))
    from_, to = _heights(sources), _heights(targets)
    smallest, largest = min(link.value for link in given), max(link.value for link in given)
    colour = dict(zip([one.name for one in series], colours(series), strict=True))
    shown_source, shown_target = sources.of(), targets.of()
    curves = [
        {
            "link": place,
            "step": step,
            "x": step / 8,
            # Slow at both ends, as a curve that leaves and arrives level.
            "y": from_[link.source] + (to[link.target] - from_[link.source]) * _eased(step / 8),
            "width": 2 + 6 * heat(link.value, smallest, largest) / (len(HEAT) - 1),
            "colour": paint(colour[link.series]),
            "opacity": 0.3 if link.is_faint else 0.85,
            "says": f"{shown_source[link.source]} → {shown_target[link.target]}: "
            f"{number(link.value)} {unit}, {link.series}",
        }
        for place, link in reversed(list(enumerate(given)))
        for step in range(9)
    ]
    x = {"field": "x", "type": "quantitative", "axis": None, "scale": {"domain": [0, 1]}}
    y = {"field": "y", "type": "quantitative", "axis": None, "scale": {"domain": [1, 0]}}
    return figure(
        caption,
        {
            "width": 360,
            "height": 24 * max(len(from_), len(to), 2),
            "padding": {"left": sources.room, "right": targets.room, "top": 24, "bottom": 5},
            "layer": [
                {
                    "data": {"values": curves},
                    "mark": {
                        "type": "line",
                        "interpolate": "monotone",
                        "opacity": 0.75,
                        "strokeCap": "round",
                    },
                    "encoding": {
                        "x": x,
                        "y": y,
                        "order": {"field": "step", "type": "quantitative"},
                        "detail": {"field": "link"},
                        "color": as_is("colour"),
                        "strokeWidth": {
                            "field": "width",
                            "type": "quantitative",
                            "scale": None,
                            "legend": None,
                        },
                        "strokeOpacity": {
                            "field": "opacity",
                            "type": "quantitative",
                            "scale": None,
                            "legend": None,
                        },
                        "description": {"field": "says"},
                    },
                },
                *(
                    _names_at(at, align, title, list(zip(names.shown, heights.values(), strict=True)))
                    for at, align, title, names, heights in (
                        (0, "right", titles[0], sources, from_),
                        (1, "left", titles[1], targets, to),
                    )
                ),
            ],
        },
        table(
            caption,
            [Column(titles[0]), Column(titles[1]), Column("what"), Column(unit, "number")],
            [[link.source, link.target, link.series, link.value] for link in given],
        ),
        [(one.name, colour[one.name]) for one in series],
    )


def _eased(part: float) -> float:
    return part * part * (3 - 2 * part)


def _heights(names: Names) -> dict[str, float]:
    """Return how far down each name stands, of 1."""
    return {name: (place + 0.5) / len(names.given) for place, name in enumerate(names.given)}


def _names_at(at: int, align: str, title: str, names: list[tuple[str, float]]) -> dict[str, Any]:
    """Return a layer of names on one side, below its title."""
    away = -10 if align == "right" else 10
    return {
        "data": {"values": [{"x": at, "y": height, "name": name} for name, height in names]},
        "layer": [
            {
                "mark": {"type": "text", "align": align, "dx": away, "limit": 400, "aria": False},
                "encoding": {
                    "x": {"field": "x", "type": "quantitative"},
                    "y": {"field": "y", "type": "quantitative"},
                    "text": {"field": "name"},
                },
            },
            {
                "data": {"values": [{"x": at, "y": 0, "name": title}]},
                "mark": {
                    "type": "text",
                    "align": align,
                    "dx": away,
                    "dy": -10,
                    "color": paint("soft"),
                    "aria": False,
                },
                "encoding": {
                    "x": {"field": "x", "type": "quantitative"},
                    "y": {"field": "y", "type": "quantitative"},
                    "text": {"field": "name"},
                },
            },
        ],
    }
