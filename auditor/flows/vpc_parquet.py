"""AWS VPC flow logs as Parquet, as AWS writes them and as Athena, Spark and pandas write them again.

Only the columns of a verdict are read; times and counters come later, for the flows that are reported.
Addresses are parsed once per distinct value of a row group.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from auditor.errors import Position, SourceError
from auditor.flows import vpc_stored as stored
from auditor.flows.parquet import ParquetTable
from auditor.flows.parquet_pages import Surprise
from auditor.flows.schema import Account, Addresses, FlowBatch
from auditor.flows.sieve import Sieve
from auditor.flows.unreadable import UnreadablePart
from auditor.flows.vpc_columns import NO_PACKET_ADDRESSES, canonical, has_packet_addresses, missing_fields
from auditor.flows.vpc_pages import PagedEvidence, PagedRows
from auditor.flows.vpc_records import VpcColumns, action_code, sift, status_code, to_batch
from auditor.flows.window import SkippedPart
from kernels.codes import ADDRESS_MISSING
from kernels.text import NUMBER_MISSING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import pyarrow as pa
    from numpy.typing import NDArray

    from auditor.flows.options import FlowOptions
    from auditor.flows.schema import FlowPart
    from auditor.sources.files import InputFile

    Columns = Mapping[str, pa.Array | pa.ChunkedArray]
    Read = Callable[[tuple[str, ...]], Columns]

TEXTS = ("pkt-srcaddr", "pkt-dstaddr", "srcaddr", "dstaddr", "log-status", "action")
NUMBERS = ("protocol", "srcport", "dstport", "tcp-flags")
EVIDENCE = ("start", "end", "bytes", "packets")


class VpcParquetLog:
    """A VPC flow log as Parquet (see ``schema.FlowLog``).

    Parameters
    ----------
    file : InputFile
        Plain or compressed; compressed as a whole, it is decompressed in memory.
    options : FlowOptions
        ``max_part_rows`` and ``max_group_bytes`` count here.

    Raises
    ------
    SourceError
        The footer cannot be read, or the columns are not those of a VPC flow log.
    """

    def __init__(self, file: InputFile, options: FlowOptions) -> None:
        self._options = options
        self._table = ParquetTable.open(file)
        self._names = _names(self._table)
        self.share_read = 0.0

    @property
    def file(self) -> str:
        """The name that messages and reports use."""
        return self._table.file.name

    @property
    def format(self) -> str:
        """Name of the log format."""
        return "vpc-parquet"

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a user must know about this log."""
        return () if has_packet_addresses(tuple(self._names)) else (NO_PACKET_ADDRESSES,)

    def parts(self) -> Iterator[FlowPart]:
        """Yield the parts in file order: one a row group, several if it has more rows than a part holds."""
        row = 1
        for group in range(self._table.n_groups):
            n_rows = self._table.n_rows(group)
            self.share_read = self._table.share(row + n_rows - 1)
            refused = self._table.too_large(group, self._options.max_group_bytes)
            if self._is_outside(group):
                yield SkippedPart(self.file, n_rows)
            elif refused is not None:
                yield UnreadablePart(refused)
            elif n_rows > self._options.max_part_rows:
                yield from self._pieces(group, row)
            elif n_rows > 0:
                yield VpcRowGroup(self._table, group, row, n_rows, self._names)
            row += n_rows

    def _is_outside(self, group: int) -> bool:
        """Return whether the statistics of a row group say that none of its flows is inside the window."""
        window, times = (
            self._options.window,
            [self._names[field] for field in stored.TIMES if field in self._names],
        )
        span = None if window is None else self._table.span(group, times)
        return window is not None and span is not None and window.excludes(*span)

    def _pieces(self, group: int, row: int) -> Iterator[FlowPart]:
        """Yield the parts of a large row group; decoding it is sequential, and happens once."""
        fields = tuple(field for field in (*TEXTS, *NUMBERS, *EVIDENCE) if field in self._names)
        columns = [self._names[field] for field in fields]
        texts = _as_dictionaries(self._table, self._names)
        try:
            for piece in self._table.stream(group, columns, texts, self._options.max_part_rows):
                kept = {field: piece[self._names[field]] for field in fields}
                part = VpcPiece(self.file, row, kept)
                row += part.n_rows
                self.share_read = self._table.share(row - 1)
                yield part
        except SourceError as error:
            # This group ends here, the next one may be sound.
            yield UnreadablePart(error)


def _names(table: ParquetTable) -> dict[str, str]:
    """Return the name in the file of each field it has, by hyphenated name."""
    names: dict[str, str] = {}
    known = (*TEXTS, *NUMBERS, *EVIDENCE)
    for column in table.schema.names:
        field = canonical(column.lower())
        if field in names and field in known:
            raise SourceError(
                f"column `{field}` stands more than once in the table", Position(table.file.name)
            )
        names.setdefault(field, column)
    lacking = missing_fields(tuple(names))
    if lacking:
        raise SourceError(
            f"expected columns {lacking} of a VPC flow log, found none", Position(table.file.name)
        )
    for field in known:
        if field in names:
            stored.check_type(table.file.name, field, table.schema.field(names[field]))
    return names


def _as_dictionaries(table: ParquetTable, names: Mapping[str, str]) -> list[str]:
    """Return the columns of a verdict that are text, all of few distinct values."""
    wanted = [names[field] for field in (*TEXTS, *NUMBERS) if field in names]
    return [name for name in wanted if stored.is_text(table.schema.field(name).type)]


@dataclass(frozen=True, slots=True)
class VpcPiece:
    """A piece of a large row group, already in memory (see ``schema.FlowPart``)."""

    file: str
    first_row: int
    columns: Columns

    @property
    def n_rows(self) -> int:
        """How many rows it has."""
        return len(next(iter(self.columns.values())))

    def __call__(self) -> FlowBatch:
        """Decode the piece."""
        rows = np.arange(self.first_row, self.first_row + self.n_rows, dtype=np.int64)
        return _decode(self.file, Account(n_rows=self.n_rows), rows, self._read)

    def _read(self, fields: tuple[str, ...]) -> Columns:
        place = Position(self.file, self.first_row)
        return {
            field: stored.sound(self.columns[field], field, place)
            for field in fields
            if field in self.columns
        }


@dataclass(frozen=True, slots=True)
class VpcRowGroup:
    """A row group (see ``schema.FlowPart``)."""

    table: ParquetTable
    group: int
    first_row: int
    n_rows: int
    names: Mapping[str, str]

    def __call__(self) -> FlowBatch:
        """Read and decode the row group: by its pages, or where something in them is unusual by the exact reader."""
        exact = partial(_decode, self.table.file.name)
        group = self.table.paged(self.group)
        if group is not None and group.n_rows == self.n_rows:
            try:
                paged = PagedRows(group, self.table.file.name, self.first_row, self.names, exact)
                return paged.batch(lambda kept: PagedEvidence(group, self.names, self._read, kept))
            except (Surprise, OSError):
                pass
            finally:
                group.forget()
        rows = np.arange(self.first_row, self.first_row + self.n_rows, dtype=np.int64)
        return exact(Account(n_rows=self.n_rows), rows, self._read)

    def _read(self, fields: tuple[str, ...]) -> Columns:
        chosen = {field: self.names[field] for field in fields if field in self.names}
        texts = [name for name in _as_dictionaries(self.table, self.names) if name in chosen.values()]
        columns = self.table.read(self.group, list(chosen.values()), texts)
        place = Position(self.table.file.name, self.first_row)
        return {field: stored.sound(columns[name], name, place) for field, name in chosen.items()}


def _decode(file: str, account: Account, rows: NDArray[np.int64], read: Read) -> FlowBatch:
    """Turn rows into a batch; ``read`` gives those of the fields asked for that the file has."""
    # The addresses of the interface are read only where those of the packet are missing.
    columns = dict(read(("pkt-srcaddr", "pkt-dstaddr", "log-status", "action", *NUMBERS)))
    numbers = {field: stored.numbers(columns.pop(field)) for field in NUMBERS if field in columns}
    has_protocol = numbers["protocol"] != NUMBER_MISSING
    src_codes, sources, source_status = _side("srcaddr", columns, has_protocol, read)
    dst_codes, destinations, destination_status = _side("dstaddr", columns, has_protocol, read)
    decoded = VpcColumns(
        src_codes=src_codes,
        dst_codes=dst_codes,
        sources=sources,
        destinations=destinations,
        source_status=source_status,
        destination_status=destination_status,
        log_status=stored.words(columns["log-status"], status_code) if "log-status" in columns else None,
        action=stored.words(columns["action"], action_code) if "action" in columns else None,
        protocol=numbers["protocol"],
        src_port=numbers.get("srcport"),
        dst_port=numbers["dstport"],
        tcp_flags=numbers.get("tcp-flags"),
    )
    sieve = Sieve(account, rows)
    sift(decoded, sieve)
    return to_batch(file, account, decoded, sieve, stored.StoredEvidence(read, sieve.kept()))


def _side(
    field: str, columns: Columns, has_protocol: NDArray[np.bool_], read: Read
) -> tuple[NDArray[np.int32], Addresses, NDArray[np.uint8]]:
    """Return codes, addresses and their status of one side: the packet's, if it has none the interface's."""
    packet = columns.get(f"pkt-{field}")
    if packet is None:
        return stored.addresses(read((field,))[field])
    codes, addresses, status = stored.addresses(packet)
    if not (status == ADDRESS_MISSING).any():
        return codes, addresses, status
    is_missing = status[codes] == ADDRESS_MISSING
    if not (is_missing & has_protocol).any():
        return codes, addresses, status
    others = read((field,))
    if not others:
        return codes, addresses, status
    other_codes, other_addresses, other_status = stored.addresses(others[field])
    codes = np.where(is_missing, other_codes + np.int32(len(status)), codes)
    return codes, Addresses.joined([addresses, other_addresses]), np.concatenate([status, other_status])
