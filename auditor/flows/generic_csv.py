"""CSV with a header to columns: comma-separated, fields in double quotes or not, one row a line.

A row is rejected alone, by its line number; a quoted field must end on its own line, so that no quote can
swallow the lines after it and no result depends on where the file was cut.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from auditor.errors import Position, SourceError
from auditor.flows.blocks import line_blocks
from auditor.flows.generic_arrays import flat
from auditor.flows.generic_batch import flow_batch
from auditor.flows.generic_evidence import StoredEvidence
from auditor.flows.generic_names import NAMES, TEXT_NAMES
from auditor.flows.schema import Account
from auditor.flows.unreadable import UnreadablePart

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from auditor.flows.options import FlowOptions
    from auditor.flows.schema import FlowBatch, FlowPart
    from auditor.sources.streams import ByteStream

_LINE_FEED, _CARRIAGE_RETURN = 10, 13
# As Arrow reads it: quotes count at the beginning of a field only, and what follows the closing one is plain.
_FIELD = rb'(?:[^",\r][^,\r]*+|"(?:[^"\r]|"")*+"[^,\r]*+)?'
_ROW = re.compile(rb"%b(?:,%b)*+" % (_FIELD, _FIELD))
_MISSING = ["", "-", "NULL", "null", "None"]


def csv_parts(
    stream: ByteStream, options: FlowOptions, check: Callable[[Sequence[str]], None]
) -> Iterator[FlowPart]:
    """Yield the parts of a CSV file: blocks of whole lines.

    Parameters
    ----------
    stream : ByteStream
        At its beginning.
    options : FlowOptions
        ``block_bytes`` and ``max_line_bytes`` count here.
    check : callable
        Takes every column name before anything else is read; raises SourceError if they will not do.

    Raises
    ------
    SourceError
        The columns will not do, or the file cannot be read further.
    """
    names: list[str] | None = None
    for block in line_blocks(stream, options):
        if isinstance(block, SourceError):
            yield UnreadablePart(block)
            continue
        text, line = block.content(), block.first_line
        while names is None and text:
            first, feed, text = text.partition(b"\n")
            names = _header(first, Position(stream.name, line), options.max_line_bytes)
            line += 1 if feed else 0
            if names is not None:
                check(names)
        if names is not None and text:
            yield CsvPart(stream.name, tuple(names), text, line, options.max_line_bytes)
    if names is None:
        check([])


def _header(line: bytes, place: Position, limit: int) -> list[str] | None:
    """Return the columns a line names, None if it is blank."""
    if not line.strip():
        return None
    if len(line) > limit:
        raise SourceError(f"expected a CSV header of at most {limit} bytes", place)
    try:
        names = next(csv.reader([line.decode().strip()], strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise SourceError(
            "expected a CSV header of column names, its text or quotes are broken", place
        ) from error
    return [name.strip() for name in names]


@dataclass(frozen=True, slots=True)
class CsvPart:
    """Whole lines of a CSV file below its header.

    Attributes
    ----------
    file : str
        As messages name it.
    names : tuple of str
        Columns of the file, in order.
    text : bytes
        The lines; the last may lack its line feed.
    first_line : int
        Number of the first in the file.
    limit : int
        Bytes of the longest line that is decoded.
    """

    file: str
    names: tuple[str, ...]
    text: bytes
    first_line: int
    limit: int

    def __call__(self) -> FlowBatch:
        """Decode the lines."""
        account = Account()
        lines = self._lines()
        table, wrong = self._read(self.text)
        # A row that holds more than one line, or less, comes from an open quote or a stray carriage return.
        if self._has_odd_line(lines) or table.num_rows + len(wrong) != len(lines):
            body, lines = self._checked_rows(lines.tolist(), account)
            table, wrong = self._read(body)
        account.n_rows += len(wrong)
        account.reject("row has another number of fields than the header", lines[wrong].tolist())
        columns = {name: flat(table.column(name)) for name in table.schema.names}
        return flow_batch(
            self.file, columns, np.delete(lines, wrong), account, StoredEvidence(lambda: columns)
        )

    def _lines(self) -> NDArray[np.int64]:
        """Return the numbers of the lines that are not blank."""
        letters = np.frombuffer(self.text, np.uint8)
        ends = np.flatnonzero(letters == _LINE_FEED)
        if not len(ends) or ends[-1] != len(letters) - 1:
            ends = np.append(ends, len(letters))
        lengths = np.diff(ends, prepend=-1) - 1
        has_return = (lengths > 0) & (letters[ends - 1] == _CARRIAGE_RETURN)
        return self.first_line + np.flatnonzero(lengths > has_return)

    def _has_odd_line(self, lines: NDArray[np.int64]) -> bool:
        """Return whether a line must be looked at alone, beside those that the row count gives away."""
        if len(self.text) > self.limit and max(map(len, self.text.split(b"\n"))) > self.limit:
            return True
        if self.text.count(b"\r") != self.text.count(b"\r\n") + self.text.endswith(b"\r"):
            return True
        if b'"' not in self.text:
            return False
        last = self.text.rstrip(b"\r\n").rpartition(b"\n")[2]
        return bool(len(lines)) and not _ROW.fullmatch(last)

    def _checked_rows(self, numbers: list[int], account: Account) -> tuple[bytes, NDArray[np.int64]]:
        """Look at every line: those with open quotes, stray carriage returns or too many bytes go."""
        lines = self.text.split(b"\n")
        kept: list[bytes] = []
        kept_numbers: list[int] = []
        for number in numbers:
            line = lines[number - self.first_line]
            if len(line) > self.limit:
                reason = f"line is longer than {self.limit} bytes"
            elif _ROW.fullmatch(line.removesuffix(b"\r")):
                kept.append(line)
                kept_numbers.append(number)
                continue
            else:
                reason = "quotes or line ends inside the row are broken"
            account.n_rows += 1
            account.reject(reason, [number])
        return b"\n".join(kept), np.array(kept_numbers, np.int64)

    def _read(self, body: bytes) -> tuple[pa.Table, list[int]]:
        """Return the wanted columns as bytes, and the places of the rows that have another width."""
        wanted = [name for name in self.names if name in NAMES]
        # Bytes, not text: one value that is no UTF-8 must not cost the block.
        dictionary = pa.dictionary(pa.int32(), pa.binary())
        types = {name: dictionary if name in TEXT_NAMES else pa.binary() for name in wanted}
        if not body.strip(b"\r\n"):
            return pa.schema(types).empty_table(), []
        if not _is_utf8(body):
            # Arrow shows wrong rows as text, and fails where they are none.
            body = body.decode("utf-8", "replace").encode()
        wrong: list[int] = []

        def skip(row: arrow_csv.InvalidRow) -> str:
            wrong.append(row.number - 1)
            return "skip"

        table = arrow_csv.read_csv(
            pa.py_buffer(body),
            arrow_csv.ReadOptions(use_threads=False, block_size=len(body) + 1, column_names=list(self.names)),
            arrow_csv.ParseOptions(invalid_row_handler=skip),
            arrow_csv.ConvertOptions(
                check_utf8=False,
                column_types=types,
                include_columns=wanted,
                null_values=_MISSING,
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )
        return table, wrong


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
