"""A report folder, read back: every file checked in full, for it may have been cut off or changed since."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from auditor.errors import Position, SourceError
from auditor.report import schema
from auditor.report.folder import REJECTED, RULES, RUN, SUMMARY
from auditor.report_page.report import COLUMNS, Report, frame
from auditor.report_page.run_record import RunRecord

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_ROW_FILE = re.compile(r"(?:violations|verdicts)-\d{5,}\.arrow")

_ALWAYS = {
    *(
        "finding",
        "source_kind",
        "source",
        "destination_kind",
        "destination",
        "protocol",
        "reason",
        "direction",
    ),
    *("flows", "rule", "count"),
}
"""Columns without which a row says nothing."""


def read_folder(folder: Path) -> Report:
    """Return the report in a folder.

    Raises
    ------
    SourceError
        If there is no folder, no report or only a part of one, or a file of it is damaged.
    """
    names = _names(folder)
    if RUN not in names:
        raise SourceError(_absence(names), Position(str(folder)))
    run = _run(folder / RUN)
    groups, rules, rejected = (
        _table(folder / name, columns)
        for name, columns in ((SUMMARY, schema.SUMMARY), (RULES, schema.RULES), (REJECTED, schema.REJECTED))
    )
    files = [folder / name for name in names if _ROW_FILE.fullmatch(name)]
    return Report(
        run=run,
        groups=groups,
        summary=frame(groups),
        rules=frame(rules),
        rejected=frame(rejected),
        rows=lambda: (batch for path in files for batch in _batches(path)),
        n_row_files=len(files),
    )


def _names(folder: Path) -> list[str]:
    if not folder.exists():
        raise SourceError("expected the folder of a report, found nothing", Position(str(folder)))
    if not folder.is_dir():
        raise SourceError("expected the folder of a report, found a file", Position(str(folder)))
    try:
        return sorted(entry.name for entry in folder.iterdir())
    except OSError as error:
        message = f"cannot list the folder: {error.strerror or error}"
        raise SourceError(message, Position(str(folder))) from error


def _absence(names: list[str]) -> str:
    """Return what there is in a folder without ``run.json``, and what to do."""
    if any(_ROW_FILE.fullmatch(name) or name in (SUMMARY, RULES, REJECTED) for name in names):
        return f"expected a whole report, found one without `{RUN}`: the audit was killed, run it again"
    return f"expected what `auditor audit` or `auditor stream` wrote, found no `{RUN}` and no segments"


def _run(path: Path) -> RunRecord:
    try:
        run = msgspec.json.decode(path.read_bytes(), type=RunRecord)
    except OSError as error:
        message = f"cannot read the record of the run: {error.strerror or error}"
        raise SourceError(message, Position(str(path))) from error
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
    for name in columns.names:
        if name in _ALWAYS and table[name].null_count:
            raise SourceError(f"expected a value of `{name}` in every row, found none", Position(str(path)))
    if "finding" in columns.names:
        strange = set(pc.unique(table["finding"].cast(pa.string())).to_pylist()) - set(schema.WORST_FIRST)
        if strange:
            raise SourceError(f"expected a finding, found `{min(strange)}`", Position(str(path)))
    return table


def _batches(path: Path) -> Iterator[pa.RecordBatch]:
    """Yield the columns that count of a file of flow rows, each batch checked in full."""
    try:
        with pa.memory_map(str(path)) as file:
            columns = pa.ipc.open_file(file).schema
            if not columns.equals(schema.FLOWS):
                raise SourceError("expected the columns of a report, found others", Position(str(path)))
            fields = sorted(columns.get_field_index(name) for name in COLUMNS)
            reader = pa.ipc.open_file(file, options=pa.ipc.IpcReadOptions(included_fields=fields))
            for number in range(reader.num_record_batches):
                batch = reader.get_batch(number)
                batch.validate(full=True)
                yield batch
    except (pa.ArrowException, OSError, ValueError) as error:
        raise SourceError(
            "expected a whole report, this file of it is damaged", Position(str(path))
        ) from error
