"""Tables that sort and are searched in the browser; the first rows are HTML, the rest of a long one a JSON island.

Rows in an island cost a third of what HTML rows cost, and nothing until they are shown. Without scripts, and on paper,
a long table is its first rows, in the order given.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from auditor.page.markup import Markup, fill, visible
from auditor.page.numbers import NOT_KNOWN, moment, number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from auditor.page.tones import Tone

Kind = Literal["text", "number", "time"]

AT_ONCE = 50
"""Rows shown at a time of a table longer than that."""

MAX_ISLAND = 1_600_000
"""Bytes of a table's JSON: names may be long, and a page shall stay below 3 MB."""

_MIN_SEARCHED = 8
_SHORT = 34
"""Characters of texts up to which a column does not break them."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    title : str
        Its heading.
    kind : {'text', 'number', 'time'}
        Of its values: text; numbers; seconds since 1970. ``None`` is not known in any.
    digits : int
        After the point of a number.
    tones : mapping of str to Tone
        Colour of the mark beside a text, by the text; others have none.
    longest : int
        Characters shown of a text; what is longer ends in ``…``.
    is_wide : bool
        Whether its texts are sentences, which need room.
    """

    title: str
    kind: Kind = "text"
    digits: int = 0
    tones: Mapping[str, Tone] = field(default_factory=dict)
    longest: int = 120
    is_wide: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as the template prints it: its text, what it sorts by (None: its text), its mark's tone."""

    text: str
    key: str | None
    tone: str | None


def table(
    caption: str,
    columns: Sequence[Column],
    rows: Sequence[Sequence[Any]],
    *,
    total: int | None = None,
    max_island: int = MAX_ISLAND,
) -> Markup:
    """Return a table with its caption, sortable by every column, searchable if it has more than a few rows.

    Parameters
    ----------
    caption : str
        What the rows are.
    columns : sequence of Column
        From left to right; the first names the row.
    rows : sequence of sequences
        A value a column each, in the order they are shown in at first.
    total : int, optional
        How many rows there would be, if these are only the first of them.
    max_island : int
        Bytes of JSON at most; the last rows are left out, and this is said, if they do not fit.
    """
    shown = list(rows)
    island = None
    if len(shown) > AT_ONCE:
        shown, island = _island(columns, shown, max_island)
    n_total = len(rows) if total is None else total
    return fill(
        "table.html",
        caption=caption,
        columns=columns,
        looks=[_look(column, [row[place] for row in shown]) for place, column in enumerate(columns)],
        rows=[
            [_cell(column, value) for column, value in zip(columns, row, strict=True)]
            for row in shown[:AT_ONCE]
        ],
        island=island,
        n_rows=len(shown),
        at_once=AT_ONCE,
        left_out=f"the first {len(shown):,} of {n_total:,} rows" if len(shown) < n_total else "",
        is_searched=len(shown) > _MIN_SEARCHED,
    )


def _look(column: Column, values: list[Any]) -> str:
    """Return the classes of a column's cells: its kind, and how much room its texts need."""
    if column.kind != "text":
        return column.kind
    if column.is_wide:
        return "text wide"
    is_short = all(value is None or len(str(value)) <= _SHORT for value in values)
    return "text short" if is_short else "text"


def _cell(column: Column, value: Any) -> Cell:  # noqa: ANN401  of the kind of the column
    if value is None:
        return Cell(NOT_KNOWN, "", None)
    if column.kind == "text":
        text = visible(value, column.longest)
        return Cell(text, None, column.tones.get(text))
    text = number(value, column.digits) if column.kind == "number" else moment(value)
    return Cell(text, str(value), None)


def _island(
    columns: Sequence[Column], rows: list[Sequence[Any]], max_island: int
) -> tuple[list[Sequence[Any]], Markup]:
    """Return the rows that fit, and their JSON."""
    while True:
        stored = json.dumps(
            [_stored(column, [row[place] for row in rows]) for place, column in enumerate(columns)],
            separators=(",", ":"),
            ensure_ascii=False,
            allow_nan=False,
        )
        # Inside a script element only `<` could end it or begin a comment; in JSON it stands in texts only.
        safe = stored.replace("<", "\\u003c")
        size = len(safe.encode())
        if size <= max_island or len(rows) <= AT_ONCE:
            return rows, Markup(safe)
        rows = rows[: max(AT_ONCE, int(len(rows) * max_island / size * 0.95))]


def _stored(column: Column, values: list[Any]) -> dict[str, Any]:
    """Return a column: its numbers, or its distinct texts and each row's place among them."""
    described = {"kind": column.kind, "digits": column.digits, "tones": dict(column.tones)}
    if column.kind != "text":
        return {**described, "values": values}
    places: dict[str, int] = {}
    codes = [
        -1 if value is None else places.setdefault(visible(value, column.longest), len(places))
        for value in values
    ]
    return {**described, "texts": list(places), "codes": codes}
