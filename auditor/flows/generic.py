"""Flow tables of any origin, with the report's column names: Parquet, Arrow IPC (Feather) and CSV."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Literal

import numpy as np
import pyarrow as pa

from auditor.flows.generic_batch import flow_batch
from auditor.flows.generic_csv import csv_parts
from auditor.flows.generic_evidence import StoredEvidence
from auditor.flows.generic_ipc import record_batches, trusted
from auditor.flows.generic_names import check_names, column_warnings
from auditor.flows.generic_parquet import parquet_parts
from auditor.flows.schema import Account

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from auditor.flows.options import FlowOptions
    from auditor.flows.schema import FlowBatch, FlowPart
    from auditor.sources.files import InputFile

Kind = Literal["parquet", "arrow", "csv"]


class GenericLog:
    """A flow table (see ``schema.FlowLog``).

    Parameters
    ----------
    file : InputFile
        Plain or compressed; compressed Parquet and Arrow files are decompressed in memory.
    options : FlowOptions
        The sizes count here.
    kind : str
        ``parquet``, ``arrow`` (IPC file, stream or Feather) or ``csv``.
    """

    def __init__(self, file: InputFile, options: FlowOptions, kind: Kind) -> None:
        self._file = file
        self._options = options
        self._kind = kind
        self.warnings: tuple[str, ...] = ()
        self.share_read = 0.0

    @property
    def file(self) -> str:
        """The name that messages and reports use."""
        return self._file.name

    @property
    def format(self) -> str:
        """``generic-parquet``, ``generic-arrow`` or ``generic-csv``."""
        return f"generic-{self._kind}"

    def parts(self) -> Iterator[FlowPart]:
        """Yield the parts in file order; raises SourceError where the file cannot be read any further."""
        if self._kind == "csv":
            with self._file.open() as stream:
                for text_part in csv_parts(stream, self._options, self._check):
                    self.share_read = stream.share
                    yield text_part
        elif self._kind == "parquet":
            for share, part in parquet_parts(self._file, self._options, self._check):
                self.share_read = share
                yield part
        else:
            yield from self._ipc_parts()

    def _check(self, names: Sequence[str]) -> None:
        """Refuse columns that will not do, and keep what is to be said of those that will."""
        check_names(self.file, names)
        self.warnings = column_warnings(names)

    def _ipc_parts(self) -> Iterator[FlowPart]:
        size = self._options.max_part_rows
        first_row = 1
        limit = self._options.max_group_bytes
        batches = record_batches(self.file, _source(self._file), limit, self._check)
        for number, (share, batch) in enumerate(batches, 1):
            self.share_read = share
            for start in range(0, batch.num_rows, size):
                piece = batch.slice(start, size)
                yield partial(_decode_batch, self.file, piece, number, first_row)
                first_row += piece.num_rows


def _decode_batch(file: str, batch: pa.RecordBatch, number: int, first_row: int) -> FlowBatch:
    """Check and decode a record batch of Arrow IPC."""
    columns = trusted(file, batch, number)
    rows = np.arange(first_row, first_row + batch.num_rows)
    return flow_batch(file, columns, rows, Account(), StoredEvidence(lambda: columns))


def _source(file: InputFile) -> pa.NativeFile:
    """Open the bytes for random access."""
    with file.open() as stream:
        is_plain = stream.codec is None
    return file.arrow_file() if is_plain else pa.BufferReader(file.read_bytes())
