"""A report folder, read back: every file checked in full, for it may have been cut off or changed since."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import polars as pl
import pyarrow as pa

from auditor.errors import Position, SourceError
from auditor.report import schema
from auditor.report.folder import REJECTED, RULES, RUN, SUMMARY
from auditor.report_page.run_record import RunRecord

if TYPE_CHECKING:
    from pathlib import Path

_ROW_FILE = re.compile(r"(?:violations|verdicts)-\d{5,}\.arrow")
_SEGMENTS = "*/*/p=*"
"""Where ``auditor stream`` puts what it writes."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a folder holds.

    Attributes
    ----------
    run : RunRecord
        Of ``run.json``.
    groups : pyarrow.Table
        Of ``schema.SUMMARY``, in its order: worst finding first, then most flows.
    summary, rules, rejected : polars.DataFrame
        The groups again, and the other tables; text as strings.
    row_files : tuple of pathlib.Path
        Files of flow rows, in order.
    """

    run: RunRecord
    groups: pa.Table
    summary: pl.DataFrame
    rules: pl.DataFrame
    rejected: pl.DataFrame
    row_files: tuple[Path, ...]

    @property
    def has_all_flows(self) -> bool:
        """Whether flows that nobody needs to look at are in it, too."""
        return self.run.options.get("rows") == "all"


def read_report(folder: Path) -> Report:
    """Return the report in a folder.

    Raises
    ------
    SourceError
        If there is no folder, no report or only a part of one, or a file of it is damaged.
    """
    names = _names(folder)
    if RUN not in names:
        raise SourceError(_absence(folder, names), Position(str(folder)))
    run = _run(folder / RUN)
    groups, rules, rejected = (
        _table(folder / name, columns)
        for name, columns in ((SUMMARY, schema.SUMMARY), (RULES, schema.RULES), (REJECTED, schema.REJECTED))
    )
    return Report(
        run=run,
        groups=groups,
        summary=_frame(groups),
        rules=_frame(rules),
        rejected=_frame(rejected),
        row_files=tuple(folder / name for name in names if _ROW_FILE.fullmatch(name)),
    )


def _names(folder: Path) -> list[str]:
    if not folder.exists():
        raise SourceError("expected the folder of a report, found nothing", Position(str(folder)))
    if not folder.is_dir():
        raise SourceError("expected the folder of a report, found a file", Position(str(folder)))
    try:
        return sorted(entry.name for entry in folder.iterdir())
    except OSError as error:
        raise SourceError(
            f"cannot list the folder: {error.strerror or error}", Position(str(folder))
        ) from error


def _absence(folder: Path, names: list[str]) -> str:
    """Return what there is in a folder without ``run.json``, and what to do."""
    if any(_ROW_FILE.fullmatch(name) or name in (SUMMARY, RULES, REJECTED) for name in names):
        return f"expected a whole report, found one without `{RUN}`: the audit was killed, run it again"
    if any(folder.glob(_SEGMENTS)):
        return (
            "expected a report of `auditor audit`, found segments of `auditor stream`, which have no summary: "
            "audit the same flow logs with `auditor audit`"
        )
    return f"expected a report of `auditor audit`, found no `{RUN}`"


def _run(path: Path) -> RunRecord:
    try:
        run = msgspec.json.decode(path.read_bytes(), type=RunRecord)
    except OSError as error:
        raise SourceError(
            f"cannot read the record of the run: {error.strerror or error}", Position(str(path))
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SourceError(f"expected the record of a run: {error}", Position(str(path))) from error
    if run.schema != schema.VERSION:
        raise SourceError(
            f"expected a report of schema `{schema.VERSION}`, found `{run.schema}`: audit again with this version",
            Position(str(path)),
        )
    return run


def _table(path: Path, columns: pa.Schema) -> pa.Table:
    """Return a table of the report, whole; offsets that lead nowhere would crash whoever reads them."""
    try:
        with pa.OSFile(str(path)) as file:
            table = pa.ipc.open_file(file).read_all()
        table.validate(full=True)
    except FileNotFoundError as error:
        raise SourceError("expected a whole report, this file is not there", Position(str(path))) from error
    except (pa.ArrowException, OSError, ValueError) as error:
        raise SourceError(
            "expected a whole report, this file of it is damaged", Position(str(path))
        ) from error
    if not table.schema.equals(columns):
        raise SourceError("expected the columns of a report, found others", Position(str(path)))
    return table


def _frame(table: pa.Table) -> pl.DataFrame:
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    return frame.with_columns(pl.col(pl.Categorical, pl.Enum).cast(pl.String))
