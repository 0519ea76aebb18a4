"""Parquet files opened with limits, and their row groups read one at a time, on any thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from auditor.errors import Position, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from auditor.sources.files import InputFile

# A footer may claim anything: these bound what reading it costs.
_LIMITS: dict[str, Any] = {
    "thrift_string_size_limit": 64 << 20,
    "thrift_container_size_limit": 1_000_000,
    "schema_depth_limit": 64,
    # A file must not choose the code that reads it.
    "arrow_extensions_enabled": False,
}
_SHOWN = 160


def one_line(error: BaseException) -> str:
    """Return what a foreign error says, fit for a sentence: its first line, without control characters."""
    line = str(error).partition("\n")[0].strip().rstrip(".")[:_SHOWN]
    return "".join(letter if letter.isprintable() else "?" for letter in line) or type(error).__name__


def _source(file: InputFile, content: pa.Buffer | None) -> pa.NativeFile:
    return file.arrow_file() if content is None else pa.BufferReader(content)


@dataclass(frozen=True)
class ParquetTable:
    """An open Parquet file; the footer is read once and shared, each reading opens the file for itself.

    Attributes
    ----------
    file : InputFile
        Plain or compressed; compressed as a whole, it is decompressed in memory.
    metadata : pyarrow.parquet.FileMetaData
        The footer.
    schema : pyarrow.Schema
        Types of the columns as they are stored.
    content : pyarrow.Buffer or None
        The decompressed file; None reads from the path.
    """

    file: InputFile
    metadata: pq.FileMetaData
    schema: pa.Schema
    content: pa.Buffer | None = None

    @classmethod
    def open(cls, file: InputFile) -> ParquetTable:
        """Read the footer.

        Raises
        ------
        SourceError
            It cannot be read.
        """
        with file.open() as stream:
            is_plain = stream.codec is None
        content = None if is_plain else pa.py_buffer(file.read_bytes())
        try:
            with pq.ParquetFile(_source(file, content), pre_buffer=False, **_LIMITS) as reader:
                schema = reader.schema_arrow
                schema.names  # noqa: B018 - decodes them: what is no UTF-8 fails here
                return cls(file, reader.metadata, schema, content)
        except UnicodeDecodeError as error:
            raise SourceError("expected column names in UTF-8", Position(file.name)) from error
        except (pa.ArrowException, OSError, ValueError) as error:
            raise SourceError(
                f"file cannot be read as Parquet: {one_line(error)}", Position(file.name)
            ) from error

    @property
    def n_groups(self) -> int:
        """How many row groups there are."""
        return int(self.metadata.num_row_groups)

    def n_rows(self, group: int) -> int:
        """Return how many rows a group has, as the footer says."""
        return int(self.metadata.row_group(group).num_rows)

    def share(self, n_rows: int) -> float:
        """Return the share of the file, 0 to 1, that its first ``n_rows`` are."""
        return min(1.0, n_rows / max(1, int(self.metadata.num_rows)))

    def _reader(self, as_dictionaries: Sequence[str]) -> pq.ParquetFile:
        return pq.ParquetFile(
            _source(self.file, self.content),
            metadata=self.metadata,
            read_dictionary=list(as_dictionaries),
            pre_buffer=False,
            **_LIMITS,
        )

    def read(
        self, group: int, columns: Sequence[str], as_dictionaries: Sequence[str] = ()
    ) -> Mapping[str, pa.ChunkedArray]:
        """Read columns of a row group on this thread.

        Parameters
        ----------
        group : int
            From 0.
        columns : sequence of str
            Their names in the file.
        as_dictionaries : sequence of str
            Text columns whose distinct values are read once.

        Raises
        ------
        SourceError
            They cannot be read.
        """
        try:
            with self._reader(as_dictionaries) as reader:
                table = reader.read_row_group(group, list(columns), use_threads=False)
        except (pa.ArrowException, OSError, ValueError) as error:
            raise self._failed(group, one_line(error)) from error
        if len(table) != self.n_rows(group):
            raise self._failed(group, f"it holds {len(table)} rows, the footer says {self.n_rows(group)}")
        return {name: table.column(name) for name in columns}

    def stream(
        self, group: int, columns: Sequence[str], as_dictionaries: Sequence[str], n_rows: int
    ) -> Iterator[Mapping[str, pa.Array]]:
        """Read columns of a row group in pieces of at most ``n_rows``, so that memory does not grow with it.

        Raises
        ------
        SourceError
            They cannot be read any further.
        """
        left = self.n_rows(group)
        try:
            with self._reader(as_dictionaries) as reader:
                for batch in reader.iter_batches(n_rows, [group], list(columns), use_threads=True):
                    left -= len(batch)
                    yield {name: batch.column(name) for name in columns}
        except (pa.ArrowException, OSError, ValueError) as error:
            raise self._failed(group, one_line(error)) from error
        if left:
            raise self._failed(group, f"it holds {left} rows less than the footer says")

    def _failed(self, group: int, reason: str) -> SourceError:
        """Return the failure of one row group, placed at its first row."""
        row = 1 + sum(self.n_rows(before) for before in range(group))
        return SourceError(
            f"row group {group + 1} of {self.n_groups} cannot be read: {reason}",
            Position(self.file.name, row),
        )

    def too_large(self, group: int, limit: int) -> SourceError | None:
        """Return why a row group is not read: it takes more than ``limit`` bytes; None if it fits."""
        # Of all columns: asking Arrow for the size of one ends the process if its statistics are corrupt.
        size = self.metadata.row_group(group).total_byte_size
        if size <= limit:
            return None
        return self._failed(group, f"it takes {size} bytes, the limit is {limit}; write smaller row groups")
