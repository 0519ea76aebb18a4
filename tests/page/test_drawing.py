"""Pictures: their marks, their names, their colours, and that nothing is fetched for them."""

from __future__ import annotations

import re

import pytest

from auditor.page.bars import Bar, Bin, bars, time_bars
from auditor.page.curves import Line, Point, lines, scatter
from auditor.page.drawing import LONGEST, Axis, Names, Series, colours, figure
from auditor.page.heat import Cell, heat, heat_map
from auditor.page.links import Link, links
from auditor.page.markup import Markup
from auditor.page.tones import HEAT


def says(drawing):
    """Return what the marks of a picture say."""
    marks = re.findall(
        r'<path aria-label="([^"]*)" role="graphics-symbol" aria-roledescription="([^"]*)"', drawing
    )
    return [text for text, kind in marks if kind != "axis"]


def test_names__are_told_apart():
    """Names that look alike once they are made visible and short are numbered."""
    given = ["a", "b\x1b", "b\\x1b", "n" * 100, "n" * 101]
    cut = "n" * (LONGEST - 1) + "…"
    assert Names(given).shown == ["a", "b\\x1b", "b\\x1b (2)", cut, f"{cut} (2)"]


def test_colours__are_those_of_meanings_or_the_next():
    """A series without a meaning gets the next colour, and they start over."""
    series = [Series("a"), Series("b", "bad"), *(Series(str(place)) for place in range(6))]
    assert colours(series) == ["c1", "bad", "c2", "c3", "c4", "c5", "c6", "c1"]


@pytest.mark.parametrize(
    ("value", "place"), [(1, 0), (10, 1), (100, 2), (1_000, 3), (10_000, 4), (100_000, 5), (40, 2)]
)
def test_heat__goes_by_orders_of_magnitude(value, place):
    """From the smallest to the largest."""
    assert len(HEAT) == 6
    assert heat(value, 1, 100_000) == place


def test_heat__is_in_the_middle_if_all_are_equal():
    """Nothing is large or small then; nor if something is nothing."""
    assert heat(7, 7, 7) == heat(0, 0, 9) == 3


def test_bars__say_value_and_interval():
    """In the order given."""
    drawing = bars("c", [Bar("a", 1_234), Bar("b", 5, 4, 6)], "flows")
    assert says(drawing) == ["a: 1,234 flows", "b: 5 flows (4 to 6)"]


def test_time_bars__say_time_and_series():
    """In UTC."""
    drawing = time_bars("c", [Bin(60, 120, "A", 3)], [Series("A", "bad")], "flows")
    assert says(drawing) == ["1970-01-01 00:01:00 UTC: 3 A flows"]
    assert 'fill="var(--bad)"' in drawing


def test_heat_map__puts_the_largest_first_and_what_stands_for_many_last():
    """Rows and columns by what they hold."""
    cells = [Cell("few", "x", 1), Cell("many", "x", 50), Cell("rest", "x", 900)]
    drawing = heat_map("c", cells, "flows", "from", "to", last="rest")
    shown = [text for text in re.findall(r">([^<]+)</text>", drawing) if text in {"few", "many", "rest"}]
    assert shown == ["many", "few", "rest"]
    assert sorted(says(drawing)) == ["few → x: 1 flows", "many → x: 50 flows", "rest → x: 900 flows"]


def test_links__say_both_ends():
    """The first is drawn last, on top."""
    given = [Link("a", "b", 7, "S"), Link("c", "b", 1, "S", is_faint=True)]
    assert says(links("c", given, [Series("S", "bad")], "flows", ("from", "to"))) == [
        "c → b: 1 flows, S",
        "a → b: 7 flows, S",
    ]


def test_lines__say_points_with_their_interval():
    """As do those of a scatter; a point may have a name."""
    line = Line(Series("s"), [Point(1, 2, 1.5, 2.5), Point(3, 4, name="p")])
    expected = ["s: load 1.00, ms 2.00 (1.50 to 2.50)", "p, s: load 3.00, ms 4.00"]
    assert says(lines("c", [line], Axis("load"), Axis("ms"))) == expected
    assert says(scatter("c", [line], Axis("load"), Axis("ms"))) == expected


def test_lines__draw_dashed_what_is_extrapolated():
    """In the colour of the series that goes on, with hollow points, and named so beside the picture."""
    measured = Line(Series("s"), [Point(1, 2, 1.5, 2.5), Point(3, 4)])
    other = Line(Series("t"), [Point(1, 1), Point(3, 2)])
    beyond = Line(Series("s, extrapolated"), [Point(3, 4), Point(6, 8)], goes_on="s")
    drawing = lines("c", [measured, other, beyond], Axis("load"), Axis("ms"))
    assert says(drawing)[-2:] == [
        "s, extrapolated: load 3.00, ms 4.00",
        "s, extrapolated: load 6.00, ms 8.00",
    ]
    dashed = re.findall(r'<path [^>]*stroke-dasharray="6,4"[^>]*>', drawing)
    assert len(dashed) == 1
    assert 'stroke="var(--c1)"' in dashed[0]
    assert '<li class="key-c1">s</li>' in drawing
    assert '<li class="key-c2">t</li>' in drawing
    assert '<li class="key-c1 dashed">s, extrapolated</li>' in drawing
    hollow = re.findall(r'<path aria-label="s, extrapolated[^>]*>', drawing)
    assert len(hollow) == 2
    assert not any(" fill=" in mark for mark in hollow)
    assert "stroke-dasharray" not in lines("c", [measured, other], Axis("load"), Axis("ms"))


def test_figure__fetches_nothing():
    """A drawing that names an address is refused."""
    described = {"data": {"url": "http://127.0.0.1:9/x.json"}, "mark": "bar", "encoding": {}}
    with pytest.raises(ValueError, match="External data url not allowed"):
        figure("c", described, Markup(""))
