"""AWS VPC flow logs as text: any version and order of fields, headers in mid-stream, compressed or not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from auditor.errors import Position, SourceError
from auditor.flows.blocks import line_blocks
from auditor.flows.unreadable import UnreadablePart
from auditor.flows.vpc_columns import (
    DEFAULT_COLUMNS,
    FIELDS,
    NO_PACKET_ADDRESSES,
    Columns,
    has_packet_addresses,
    read_format,
    read_header,
    unknown_fields,
)
from auditor.flows.vpc_lines import VpcLines
from kernels.text import find_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from auditor.flows.blocks import LineBlock
    from auditor.flows.options import FlowOptions
    from auditor.flows.schema import FlowPart
    from auditor.sources.files import InputFile

_HAS_RECORD = re.compile(rb"^[ \t\r\v\f]*[^\s#]", re.MULTILINE)


def _name_table() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the field names as a matrix of bytes, and their lengths."""
    names = sorted(FIELDS)
    lengths = np.array([len(name) for name in names], np.uint8)
    table = np.zeros((len(names), int(lengths.max())), np.uint8)
    for row, name in zip(table, names, strict=True):
        row[: len(name)] = np.frombuffer(name.encode(), np.uint8)
    table.flags.writeable = lengths.flags.writeable = False
    return table, lengths


NAMES, LENGTHS = _name_table()
"""What ``kernels.text.find_lines`` knows a header by."""


class VpcTextLog:
    """A VPC flow log as text (see ``schema.FlowLog``).

    Parameters
    ----------
    file : InputFile
        Plain or compressed.
    options : FlowOptions
        ``vpc_format`` names the fields up to the first header.

    Raises
    ------
    ConfigError
        ``vpc_format`` has no meaning.
    """

    def __init__(self, file: InputFile, options: FlowOptions) -> None:
        self._file = file
        self._options = options
        self._columns = DEFAULT_COLUMNS if options.vpc_format is None else read_format(options.vpc_format)
        unknown = "" if options.vpc_format is None else unknown_fields(self._columns.names)
        self._unknown = (f"--vpc-format names fields that are not known: {unknown}",) if unknown else ()
        self._hidden: tuple[str, ...] = ()
        self.share_read = 0.0

    @property
    def file(self) -> str:
        """The name that messages and reports use."""
        return self._file.name

    @property
    def format(self) -> str:
        """Name of the log format."""
        return "vpc-text"

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a user must know about this log."""
        return self._unknown + self._hidden

    def parts(self) -> Iterator[FlowPart]:
        """Yield the parts in file order: a block of lines, less where a header changes the columns."""
        columns = self._columns
        is_first = self._options.vpc_format is not None
        with self._file.open() as stream:
            for block in line_blocks(stream, self._options, notes_digits=True):
                self.share_read = stream.share
                if isinstance(block, SourceError):
                    yield UnreadablePart(block)
                    continue
                if is_first and columns == self._columns:
                    text = block.content()
                    record = _HAS_RECORD.search(text)
                    if record is not None:
                        columns = self._compared(text, record.start())
                        is_first = False
                for part in self._cut(block, columns):
                    columns = part.columns
                    self._warn(part)
                    yield part
                    del part  # the memory of a block is free as soon as nobody has it
                del block

    def _compared(self, text: bytes, place: int) -> Columns:
        """Return the columns of ``--vpc-format`` beside the first record, which may have another number of fields."""
        end = text.find(b"\n", place)
        line = text[place : None if end < 0 else end]
        n_found = 0 if len(line) > self._options.max_line_bytes else len(line.split())
        names = self._columns.names
        return self._columns if n_found == len(names) else Columns(names, n_found=n_found)

    def _warn(self, part: VpcLines) -> None:
        if not self._hidden and not has_packet_addresses(part.columns.names):
            # A file that begins with comments and a header has no record of the default format before it.
            begins_with_header = part.headers[:1] == (part.block.first_line,)
            if _HAS_RECORD.search(
                part.block.content(part.block.find(b"\n") + 1 if begins_with_header else 0)
            ):
                self._hidden = (NO_PACKET_ADDRESSES,)

    def _cut(self, block: LineBlock, columns: Columns) -> Iterator[VpcLines]:
        """Yield the parts of a block, each of one set of columns, with the header that names them if any."""
        start = first = 0
        headers: list[int] = []

        def part(end: int, last: int) -> VpcLines:
            lines = block if end - start == block.size else block.part(start, end, first, last)
            limit = self._options.max_line_bytes
            return VpcLines(self.file, lines, columns, tuple(headers), limit, self._options.exact)

        for line, place, found in self._headers(block):
            if isinstance(found, SourceError):
                yield part(place, line)
                raise found
            if found != columns:
                if place > start:
                    yield part(place, line)
                start, first, columns, headers = place, line, found, []
            headers.append(block.first_line + line)
        yield part(block.size, block.n_lines)

    def _headers(self, block: LineBlock) -> Iterator[tuple[int, int, Columns | SourceError]]:
        """Yield line (from 0 in the block), place and columns of each header, or why it cannot be used."""
        if block.has_digits:
            return  # no name of a field begins with one
        lines = np.empty((256, 2), np.int32)
        n_found, _ = find_lines(block.text, np.uint64(block.size), NAMES, LENGTHS, lines)
        if n_found > len(lines):
            lines = np.empty((n_found, 2), np.int32)
            find_lines(block.text, np.uint64(block.size), NAMES, LENGTHS, lines)
        for line, place in lines[:n_found].tolist():
            end = block.find(b"\n", place)
            written = block.content(place, None if end < 0 else end)
            if len(written) > self._options.max_line_bytes:
                continue
            try:
                found = read_header(written)
            except ValueError as error:
                yield (
                    line,
                    place,
                    SourceError(f"header {error}", Position(self.file, block.first_line + line)),
                )
                return
            if found is not None:
                yield line, place, found
