"""Rows of cells as lines: aligned however long, or fitted into a terminal without losing a digit of a number."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

_GAP = 2
"""Cells between columns."""

_LEAST = 11
"""Cells below which a name folded into several lines is no longer read; the length of its longest heading."""


class Column(NamedTuple):
    """A column of a table.

    Attributes
    ----------
    heading : str
        Its first line.
    is_number : bool
        Whether its cells are aligned right.
    is_name : bool
        Whether its cells may go on in the next line, broken anywhere; first to give way.
    is_prose : bool
        Whether its cells may go on in the next line, broken between words; next to give way.
    """

    heading: str
    is_number: bool = False
    is_name: bool = False
    is_prose: bool = False


def aligned(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return lines of cells padded to the widest of their column, headings first."""
    widths = _natural(columns, rows)
    return [
        "  "
        + "  ".join(
            _padded(cell, width, column) for cell, width, column in zip(row, widths, columns, strict=True)
        ).rstrip()
        for row in ([column.heading for column in columns], *rows)
    ]


def fitted(
    heading: str,
    style: str,
    columns: Sequence[Column],
    rows: Sequence[Sequence[str]],
    width: int,
    *,
    colour: bool,
) -> str:
    """Return a heading and a table no wider than the terminal, with no cell cut.

    Names that do not fit go on in the next line, then prose does. Where not even that fits, lines are longer than
    the terminal, which wraps them.

    Parameters
    ----------
    heading : str
        Stands above the table.
    style : str
        Of the heading, as rich calls it.
    columns : sequence of Column
        The columns.
    rows : sequence of sequence of str
        A cell for every column.
    width : int
        Cells of the terminal.
    colour : bool
        Whether the terminal understands colours.
    """
    widths = _widths(columns, rows, width)
    out = StringIO()
    console = Console(
        file=out,
        width=max(width, _total(widths)),
        force_terminal=colour,
        color_system="standard" if colour else None,
        legacy_windows=False,
        _environ={},
    )
    table = Table(box=None, padding=(0, _GAP, 0, 0), pad_edge=False, header_style="dim")
    for column, cells in zip(columns, widths, strict=True):
        table.add_column(
            column.heading, justify="right" if column.is_number else "left", overflow="fold", width=cells
        )
    for row in rows:
        # Text, not str: a name like `[red]` is no markup.
        table.add_row(*(Text(cell) for cell in row))
    console.print(Text(heading, style=style), width=width)
    console.print(table)
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())


def _widths(columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """Return the cells of each column; their natural widths if nothing that gives way makes them fit."""
    natural = _natural(columns, rows)
    broken = list(natural)
    for place, column in enumerate(columns):
        if column.is_prose:
            words = [column.heading, *(word for row in rows for word in row[place].split())]
            broken[place] = max(cell_len(word) for word in words)
    for widths in (natural, broken):
        found = _with_narrow_names(columns, widths, width)
        if found is not None:
            return found
    return natural


def _with_narrow_names(columns: Sequence[Column], widths: Sequence[int], width: int) -> list[int] | None:
    """Return the widths with names as wide as fits, None if that is too narrow to be read."""
    found = list(widths)
    names = [place for place, column in enumerate(columns) if column.is_name]
    room = width - _total(widths) + sum(widths[place] for place in names)
    if room < sum(min(widths[place], _LEAST) for place in names):
        return None
    # The shortest first: what a column does not need is left to the longer ones.
    for n_done, place in enumerate(sorted(names, key=lambda place: widths[place])):
        found[place] = min(widths[place], room // (len(names) - n_done))
        room -= found[place]
    return found


def _natural(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> list[int]:
    table = [[column.heading for column in columns], *rows]
    return [max(cell_len(row[place]) for row in table) for place in range(len(columns))]


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + _GAP * (len(widths) - 1)


def _padded(cell: str, width: int, column: Column) -> str:
    padding = " " * (width - cell_len(cell))
    return padding + cell if column.is_number else cell + padding
