"""Drawings: a Vega-Lite description to SVG that stands in the page, without a script of the library.

Why vl-convert: it draws in this process and without a network, and what comes out is SVG whose marks are elements
of the page, each with what it says (`aria-label`): hovering needs a few lines of our own script, and tests can
count them. It has no style attributes, no style element and no script, so the page's policy forbids all of these;
colours may be variables of the style sheet, so one drawing serves light, dark and paper. A picture weighs 20 to 60
KB. Measured beside it, a heat map of 144 cells, on one core: Bokeh and Plotly bring 1.3 and 4.8 MB of script,
which draws on a canvas or asks for style attributes and compiles code (`unsafe-eval`); Matplotlib (0.7 s to
import) and lets-plot write style attributes and no labels; pygal has no heat map. Its price is 84 MB on the disk,
hence an extra, and 0.7 s for the first picture of a process (0.07 s for the next).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import vl_convert

from auditor.page.markup import Markup, fill, visible
from auditor.page.tones import SERIES, paint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditor.page.tones import Tone

WIDTH = 960
"""Of a picture with its axes, in pixels: narrow screens scroll it in its box."""

LONGEST = 56
"""Characters of a name in a picture; its table has more of it."""

FIT = {"type": "fit-x", "contains": "padding"}
"""Makes a picture ``WIDTH`` wide, however long its labels are."""

FONT = "Arial, 'Liberation Sans', Helvetica, sans-serif"
"""What pictures are written in: narrow, and the same width on most machines."""

_LABEL = {"labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal", "labelLimit": 500}
_CONFIG = {
    "background": None,
    "font": FONT,
    "view": {"stroke": None},
    "text": {"color": paint("ink"), "fontSize": 12},
    "axis": {
        **_LABEL,
        "labelColor": paint("soft"),
        "titleColor": paint("soft"),
        "gridColor": paint("line"),
        "domain": False,
        "ticks": False,
        "labelPadding": 6,
    },
}


@dataclass(frozen=True, slots=True)
class Series:
    """A series by name, and its colour: of a meaning, or the next of those that have none."""

    name: str
    tone: Tone | None = None


@dataclass(frozen=True, slots=True)
class Axis:
    """A number's axis: what it is of, with its unit, and how it runs."""

    title: str
    is_log: bool = False
    is_from_zero: bool = True

    def channel(self, name: str) -> dict[str, Any]:
        """Return the channel that draws field ``name`` along it."""
        decades = [10.0**power for power in range(-9, 16)]
        scale: dict[str, Any] = (
            {"type": "log", "nice": False} if self.is_log else {"zero": self.is_from_zero, "nice": True}
        )
        return {
            "field": name,
            "type": "quantitative",
            "title": visible(self.title),
            "scale": scale,
            "axis": {**ticks(6), **({"values": decades} if self.is_log else {})},
        }


@dataclass(frozen=True, slots=True)
class Names:
    """Names of series or categories, told apart even where they look alike."""

    given: Sequence[str]
    shown: list[str] = field(init=False)

    def __post_init__(self) -> None:
        """Make the names visible and short, and number those that look alike then."""
        seen: dict[str, int] = {}
        shown = []
        for name in self.given:
            text = visible(name, LONGEST)
            seen[text] = seen.get(text, 0) + 1
            shown.append(text if seen[text] == 1 else f"{text} ({seen[text]})")
        object.__setattr__(self, "shown", shown)

    @property
    def room(self) -> float:
        """Pixels to spare beside them: fonts differ by so much from the one that the picture was laid out with."""
        return 6 + 1.3 * max((len(text) for text in self.shown), default=0)

    def of(self) -> dict[str, str]:
        """Return what is shown, by name."""
        return dict(zip(self.given, self.shown, strict=True))


def ticks(n_ticks: int, *, is_count: bool = False) -> dict[str, Any]:
    """Return how an axis of numbers is labelled: ``0``, ``0.5``, ``500``, ``1k``; without halves of what is counted."""
    labels = "format(datum.value, abs(datum.value) < 1 ? '~g' : '~s')"
    return {"labelExpr": labels, "tickCount": n_ticks, **({"tickMinStep": 1} if is_count else {})}


def as_is(field: str) -> dict[str, Any]:
    """Return a channel whose field is a colour already."""
    return {"field": field, "type": "nominal", "scale": None, "legend": None}


def colours(series: Sequence[Series]) -> list[str]:
    """Return the name of a colour for each series."""
    plain = iter(SERIES * (len(series) // len(SERIES) + 1))
    return [one.tone or next(plain) for one in series]


def figure(
    caption: str, description: dict[str, Any], table: Markup, legend: Sequence[tuple[str, str]] = ()
) -> Markup:
    """Return a picture with its caption, its colours explained, and its numbers in a table.

    Parameters
    ----------
    caption : str
        What is to be seen.
    description : dict
        In Vega-Lite; texts made visible. Never with expressions made of names: these are data.
    table : Markup
        The same numbers.
    legend : sequence of (str, str)
        Name and colour of each series, if there are several; ``dashed`` behind the colour of what is extrapolated.
    """
    svg = vl_convert.vegalite_to_svg({"config": _CONFIG, **description}, allowed_base_urls=[])
    # The picture is one image to who cannot see it, with the table beside it.
    start, rest = svg.split(" ", 1)
    assert start == "<svg", svg[:100]
    assert " id=" not in rest, "ids of several drawings would clash"
    drawing = Markup('<svg role="img" aria-label="{}" ').format(visible(caption)) + Markup(rest)
    return fill("figure.html", caption=caption, drawing=drawing, table=table, legend=legend)
