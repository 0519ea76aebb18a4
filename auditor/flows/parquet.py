"""Parquet files opened with limits, and their row groups read one at a time, on any thread."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from auditor.errors import Position, SourceError
from auditor.flows.parquet_columns import PagedGroup
from auditor.flows.parquet_footer import MAX_FOOTER, footer_bytes, read_footer
from auditor.flows.scratch import SCRATCH

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from auditor.flows.parquet_footer import Footer
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
_NS_PER_S = 10**9
_LAST_NS = 2**63 - 1
# Seconds begin in 1970, what is before is no time; timestamps do not.
_FIRST = {_NS_PER_S: 0, 10**6: -_LAST_NS // 10**6, 10**3: -_LAST_NS // 10**3, 1: -_LAST_NS}
_MOST_ROWS = 1 << 31  # of a row group that is read by its pages


def one_line(error: BaseException) -> str:
    """Return what a foreign error says, fit for a sentence: its first line, without control characters."""
    line = str(error).partition("\n")[0].strip().rstrip(".")[:_SHOWN]
    return "".join(letter if letter.isprintable() else "?" for letter in line) or type(error).__name__


def _source(file: InputFile, content: pa.Buffer | None) -> pa.NativeFile:
    return file.arrow_file() if content is None else pa.BufferReader(content)


def _scale(kind: pa.DataType) -> int | None:
    """Return how many nanoseconds one is, in a column of times."""
    if pa.types.is_timestamp(kind):
        return {"ms": 10**6, "us": 10**3, "ns": 1}.get(kind.unit)
    return _NS_PER_S if kind in (pa.int32(), pa.int64()) else None


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
    footer : Footer or None
        The footer once more, for reading by pages; None if it is not understood in full.
    """

    file: InputFile
    metadata: pq.FileMetaData
    schema: pa.Schema
    content: pa.Buffer | None = None
    footer: Footer | None = None

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
                table = cls(file, reader.metadata, schema, content)
                return replace(table, footer=table._read_footer())
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

    def span(self, group: int, columns: Sequence[str]) -> tuple[int, int] | None:
        """Return from when to when a row group is, in nanoseconds since 1970, as its statistics say of every row.

        Parameters
        ----------
        group : int
            From 0.
        columns : sequence of str
            Columns of times: integers are seconds.

        Returns
        -------
        tuple of int, or None
            None if there is no column, one is of another type, or its statistics are absent or no extremes.
        """
        if self.footer is None:
            return None
        spans = []
        for name in columns:
            found, scale = self.footer.span(group, [name]), _scale(self.schema.field(name).type)
            if found is None or scale is None:
                return None
            # A time that does not fit is not known, and judged.
            if not _FIRST[scale] <= found[0] or found[1] > _LAST_NS // scale:
                return None
            spans.append((found[0] * scale, found[1] * scale))
        return (min(first for first, _ in spans), max(last for _, last in spans)) if spans else None

    def paged(self, group: int) -> PagedGroup | None:
        """Return a row group to be read by its pages, None if that is not possible."""
        if self.footer is None or self.n_rows(group) > _MOST_ROWS:
            return None
        return PagedGroup(self.footer, self.schema, group, self.n_rows(group), self._read_chunk)

    def read_bytes(self, place: int, size: int) -> bytes | memoryview:
        """Return bytes of the (decompressed) file, fewer where it ends.

        Raises
        ------
        OSError
            They cannot be read.
        """
        if self.content is not None:
            return memoryview(self.content)[place : place + size]
        return self.file.read_at(place, size)

    def _read_chunk(self, place: int, size: int) -> memoryview:
        """Return bytes as ``read_bytes`` does, until this thread reads the next ones."""
        if self.content is not None:
            return memoryview(self.read_bytes(place, size))
        room = SCRATCH.take("chunk", size)
        return room[: self.file.read_into(place, room)]

    def _read_footer(self) -> Footer | None:
        size = self.file.stored_size() if self.content is None else len(self.content)
        n_bytes = footer_bytes(bytes(self.read_bytes(size - 8, 8)))
        if n_bytes is None or n_bytes > min(size - 8, MAX_FOOTER):
            return None
        return read_footer(bytes(self.read_bytes(size - 8 - n_bytes, n_bytes)), self.n_groups)

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
