"""A picture of pairs: rows, columns, and how much each cell holds."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING, Any

from auditor.page.drawing import Names, as_is, figure
from auditor.page.numbers import number, short
from auditor.page.tables import Column, table
from auditor.page.tones import HEAT, paint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditor.page.markup import Markup

_GRID = 700
"""Pixels that the columns of a heat map share."""

_MAX_NUMBERED = 14
"""Columns of a heat map up to which its numbers stand in the cells."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a heat map."""

    row: str
    column: str
    value: float


def heat_map(
    caption: str,
    cells: Sequence[Cell],
    unit: str,
    row_title: str,
    column_title: str,
    *,
    last: str = "",
) -> Markup:
    """Return a grid of rows and columns whose cells are the darker the more they hold, by orders of magnitude.

    Parameters
    ----------
    caption : str
        What is to be seen.
    cells : sequence of Cell
        Those that hold anything, at least one, at most one of each row and column. Names with most come first.
    unit : str
        What is counted, in the plural.
    row_title, column_title : str
        What the names are.
    last : str, optional
        A name that comes after all others, however much it has: what stands for many.
    """
    rows, columns = (
        _by_total([(getattr(cell, side), cell.value) for cell in cells], last) for side in ("row", "column")
    )
    row_names, column_names = Names(rows), Names(columns)
    shown_row, shown_column = row_names.of(), column_names.of()
    smallest, largest = min(cell.value for cell in cells), max(cell.value for cell in cells)
    marks = [
        {
            "row": shown_row[cell.row],
            "column": shown_column[cell.column],
            "text": short(cell.value),
            "colour": paint(HEAT[heat(cell.value, smallest, largest)]),
            "ink": paint(HEAT[heat(cell.value, smallest, largest)] + "-ink"),
            "says": f"{shown_row[cell.row]} → {shown_column[cell.column]}: {number(cell.value)} {unit}",
        }
        for cell in cells
    ]
    x = {
        "field": "column",
        "type": "nominal",
        "title": f"{row_title} ↓  {column_title} →",
        "scale": {"domain": column_names.shown},
        "axis": {"orient": "top", "labelAngle": -40, "labelLimit": 140, "titleAnchor": "start"},
    }
    y = {"field": "row", "type": "nominal", "title": None, "scale": {"domain": row_names.shown}}
    layers: list[dict[str, Any]] = [
        {
            "mark": {"type": "rect", "cornerRadius": 2, "stroke": paint("paper"), "strokeWidth": 2},
            "encoding": {"color": as_is("colour"), "description": {"field": "says"}},
        }
    ]
    if len(columns) <= _MAX_NUMBERED:
        layers.append(
            {
                "mark": {"type": "text", "aria": False, "fontSize": 11},
                "encoding": {"text": {"field": "text"}, "color": as_is("ink")},
            }
        )
    return figure(
        caption,
        {
            "padding": {"left": row_names.room, "right": column_names.room, "top": 12, "bottom": 5},
            "width": {"step": max(18, min(64, _GRID // max(1, len(columns))))},
            "height": {"step": 30 if len(rows) <= _MAX_NUMBERED else 18},
            "data": {"values": marks},
            "encoding": {"x": x, "y": y},
            "layer": layers,
        },
        table(
            caption,
            [Column(row_title), Column(column_title), Column(unit, "number")],
            [[cell.row, cell.column, cell.value] for cell in sorted(cells, key=lambda cell: -cell.value)],
        ),
    )


def heat(value: float, smallest: float, largest: float) -> int:
    """Return which of ``HEAT`` a value has between the smallest and the largest, by its order of magnitude."""
    if smallest <= 0 or largest <= smallest:
        return len(HEAT) // 2
    return round(log(value / smallest) / log(largest / smallest) * (len(HEAT) - 1))


def _by_total(values: list[tuple[str, float]], last: str) -> list[str]:
    totals: dict[str, float] = defaultdict(float)
    for name, value in values:
        totals[name] += value
    return sorted(totals, key=lambda name: (name == last, -totals[name], name))
