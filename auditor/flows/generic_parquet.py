"""Flow tables in Parquet, a row group at a time; evidence is read only for row groups that are reported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from auditor.errors import Position, SourceError
from auditor.flows.generic_arrays import checked, flat
from auditor.flows.generic_batch import flow_batch
from auditor.flows.generic_evidence import StoredEvidence
from auditor.flows.generic_names import EVIDENCE, JUDGED, NAMES
from auditor.flows.generic_schema import check_types, is_text
from auditor.flows.parquet import ParquetTable
from auditor.flows.schema import Account
from auditor.flows.unreadable import UnreadablePart
from auditor.flows.window import SkippedPart

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from auditor.flows.options import FlowOptions
    from auditor.flows.schema import FlowBatch, FlowPart
    from auditor.sources.files import InputFile


def parquet_parts(
    file: InputFile, options: FlowOptions, check: Callable[[Sequence[str]], None]
) -> Iterator[tuple[float, FlowPart]]:
    """Yield the parts of a Parquet file: row groups, or pieces of row groups that hold very many rows.

    Parameters
    ----------
    file : InputFile
        Plain or compressed.
    options : FlowOptions
        ``max_part_rows`` and ``max_group_bytes`` count here.
    check : callable
        Takes every column name before any row is read; raises SourceError if they will not do.

    Yields
    ------
    share : float
        Share of the rows, 0 to 1, up to the end of the part.
    part : FlowPart
        In the order of the file.

    Raises
    ------
    SourceError
        It is no Parquet, or its columns do not fit. A row group that cannot be read raises when its part is
        called.
    """
    table = ParquetTable.open(file)
    names = table.schema.names
    check(names)
    check_types(file.name, table.schema)
    columns = tuple(name for name in NAMES if name in names)
    times = [name for name in ("time_start", "time_end") if name in columns]
    first_row = 1
    for group in range(table.n_groups):
        n_rows = table.n_rows(group)
        refused = table.too_large(group, options.max_group_bytes)
        span = None if options.window is None else table.span(group, times)
        if options.window is not None and span is not None and options.window.excludes(*span):
            yield table.share(first_row + n_rows - 1), SkippedPart(file.name, n_rows)
        elif refused is not None:
            yield table.share(first_row + n_rows - 1), UnreadablePart(refused)
        elif n_rows > options.max_part_rows:
            yield from _pieces(table, group, first_row, columns, options.max_part_rows)
        elif n_rows > 0:
            yield table.share(first_row + n_rows - 1), GroupPart(table, group, first_row, columns)
        first_row += n_rows


def _texts(table: ParquetTable, columns: tuple[str, ...]) -> list[str]:
    """Return the columns to read as dictionaries: all text, for long values times many rows fill memory."""
    return [name for name in columns if is_text(table.schema.field(name).type)]


def _pieces(
    table: ParquetTable, group: int, first_row: int, columns: tuple[str, ...], max_rows: int
) -> Iterator[tuple[float, FlowPart]]:
    """Yield a large row group in pieces; they are read one after the other, with their evidence."""
    try:
        for piece in table.stream(group, columns, _texts(table, columns), max_rows):
            part = PiecePart(table.file.name, piece, first_row)
            first_row += len(piece["src_ip"])
            yield table.share(first_row - 1), part
    except SourceError as error:
        yield table.share(first_row - 1), UnreadablePart(error)


@dataclass(frozen=True, slots=True)
class PiecePart:
    """Consecutive rows in memory, not looked at yet."""

    file: str
    columns: Mapping[str, pa.Array]
    first_row: int

    def __call__(self) -> FlowBatch:
        """Decode the rows."""
        columns = _trusted(self.columns, Position(self.file, self.first_row))
        rows = np.arange(self.first_row, self.first_row + len(columns["src_ip"]))
        return flow_batch(self.file, columns, rows, Account(), StoredEvidence(lambda: columns))


@dataclass(frozen=True, slots=True)
class GroupPart:
    """One row group, read on the thread that decodes it."""

    table: ParquetTable
    group: int
    first_row: int
    columns: tuple[str, ...]

    def __call__(self) -> FlowBatch:
        """Read and decode the columns that a verdict needs."""
        columns = self._read(JUDGED)
        rows = np.arange(self.first_row, self.first_row + len(columns["src_ip"]))
        evidence = StoredEvidence(lambda: self._read(EVIDENCE))
        return flow_batch(self.table.file.name, columns, rows, Account(), evidence)

    def _read(self, wanted: tuple[str, ...]) -> dict[str, pa.Array]:
        columns = tuple(name for name in self.columns if name in wanted)
        if not columns:
            return {}
        read = self.table.read(self.group, columns, _texts(self.table, columns))
        return _trusted(read, Position(self.table.file.name, self.first_row))


def _trusted(columns: Mapping[str, pa.Array | pa.ChunkedArray], place: Position) -> dict[str, pa.Array]:
    """Check columns and return each as one array: a corrupt page may hold codes outside its dictionary."""
    trusted: dict[str, pa.Array] = {}
    for name, column in columns.items():
        chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
        try:
            sound = [checked(chunk) for chunk in chunks]
        except pa.ArrowException as error:
            raise SourceError(f"column `{name}` is corrupt in the rows from here", place) from error
        trusted[name] = flat(pa.chunked_array(sound)) if sound else pa.array([], column.type)
    return trusted
