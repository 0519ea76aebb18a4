"""The report on the disk: two files of raw results, a page, and a text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.capacity.blocks import Part, Table
from auditor.capacity.results import ARROW, JSON, write_text
from auditor.capacity.story import story
from auditor.errors import ConfigError, Position, SinkError
from auditor.page.extra import require

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import Any

    from auditor.capacity.results import Results

PAGE, TEXT = "report.html", "report.md"
OURS = (ARROW, JSON, PAGE, TEXT)


def claim(folder: Path, *, force: bool) -> None:
    """Make the folder of a report; refuse one that holds a report, before minutes are spent on another.

    Raises
    ------
    SinkError
        It holds a report and ``force`` is not set, or it cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        former = [name for name in OURS if (folder / name).exists()]
        if former and not force:
            raise SinkError(
                f"expected a folder without a report, found `{former[0]}`; `--force` replaces the report",
                Position(str(folder)),
            )
        probe = folder / ".probe"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise SinkError(f"expected a folder to write to, got `{folder}`: {error.strerror}") from error


def write_reports(folder: Path, results: Results, rate: float) -> str:
    """Write everything; return the first part as text, for the terminal.

    Raises
    ------
    SinkError
        A file cannot be written.
    """
    results.facts["rate"] = rate
    results.write(folder)
    parts = story(results, rate)
    try:
        write_text(folder / TEXT, markdown(parts, results))
        try:
            require()
        except ConfigError as error:
            return f"{_part(parts[0])}\n{PAGE} is not drawn: {error}\n"
        from auditor.capacity.page import page  # noqa: PLC0415 - needs an extra

        write_text(folder / PAGE, page(parts, results, rate))
    except OSError as error:
        raise SinkError(f"expected a folder to write to, got `{folder}`: {error.strerror}") from error
    return _part(parts[0])


def markdown(parts: Sequence[Part], results: Results) -> str:
    """Return the report as Markdown."""
    head = f"# Capacity report\n\n{results.facts.get('inputs')}; {results.facts.get('started')}\n\n"
    return head + "\n".join(_part(part) for part in parts)


def _part(part: Part) -> str:
    texts = [f"## {part.title}\n", *([f"{part.lead}\n"] if part.lead else [])]
    for block in part.blocks:
        if isinstance(block, str):
            texts.append(f"{block}\n")
        elif isinstance(block, Table):
            texts.append(_table(block))
    return "\n".join(texts)


def _table(table: Table) -> str:
    rows = [
        [_cell(value, digits) for value, (_, digits) in zip(row, table.columns, strict=True)]
        for row in table.rows
    ]
    heads = [title for title, _ in table.columns]
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    is_number = [digits is not None for _, digits in table.columns]

    def line(cells: Sequence[str]) -> str:
        fitted = [
            cell.rjust(width) if number else cell.ljust(width)
            for cell, width, number in zip(cells, widths, is_number, strict=True)
        ]
        return f"| {' | '.join(fitted)} |"

    rules = [
        "-" * (width - 1) + ":" if number else "-" * width
        for width, number in zip(widths, is_number, strict=True)
    ]
    return "\n".join([f"**{table.caption}**\n", line(heads), line(rules), *(line(row) for row in rows), ""])


def _cell(value: Any, digits: int | None) -> str:  # noqa: ANN401  of any column
    if value is None:
        return "not measured"
    return str(value).replace("|", "\\|") if digits is None else f"{value:,.{digits}f}"
