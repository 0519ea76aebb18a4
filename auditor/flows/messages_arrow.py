"""Messages that are Arrow IPC streams, many rows each: messages of equal columns are judged together.

What a message costs on its own is little beside its rows only if it is little indeed: columns are checked by name
once for messages of equal schemas, and their values all together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa

from auditor.errors import SourceError
from auditor.flows.generic_arrays import ARROW_ERRORS, checked, flat
from auditor.flows.generic_batch import flow_batch
from auditor.flows.generic_evidence import StoredEvidence
from auditor.flows.generic_names import NAMES, check_names, column_warnings
from auditor.flows.generic_schema import check_types
from auditor.flows.merge import empty_batch
from auditor.flows.messages_arrow_join import one_array
from auditor.flows.messages_arrow_sizes import first_message, inflated_bytes
from auditor.flows.messages_text import LINE_BITS, Part, Rejection, key_of
from auditor.flows.schema import Account

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

BROKEN = "Arrow IPC that is broken"
UNFIT = "Arrow IPC with columns that do not fit"
TOO_LARGE = "Arrow IPC of more rows or bytes than are read"

MAX_ROWS = 1 << 20
"""Rows of one message at most, and about as many are judged together: some bytes of Arrow may stand for any number."""

_FILE_MARK = b"ARROW1"
_STREAM_IN_FILE = 8


class _RefusedError(Exception):
    """A message that is rejected whole."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


class _Fitting(NamedTuple):
    """A schema that will do, and how the wanted columns of it are read."""

    schema: pa.Schema
    names: tuple[str, ...]
    options: pa.ipc.IpcReadOptions


class ArrowMessages:
    """Reads messages one after another.

    Parameters
    ----------
    file : str
        As messages name it.
    max_group_bytes : int
        A message that takes more memory is rejected, and about as much is held.

    Attributes
    ----------
    parts : list of Part
        One for each run of messages of equal columns that is done.
    """

    def __init__(self, file: str, max_group_bytes: int) -> None:
        self.parts: list[Part] = []
        self._file = file
        self._max_group_bytes = max_group_bytes
        self._fitting: _Fitting | None = None
        self._head = b""  # the bytes that a stream of this schema begins with
        self._group: list[tuple[int, pa.RecordBatch]] = []
        self._n_rows = 0
        self._n_bytes = 0

    def add(self, place: int, value: bytes) -> None:
        """Read a message.

        Parameters
        ----------
        place : int
            Which message; ascending.
        value : bytes
            An Arrow IPC stream or file, in memory as aligned as it was written.
        """
        try:
            batches = self._read(value)
        except _RefusedError as refused:
            self._refuse(place, refused.reason, refused.detail)
            return
        n_rows = sum(batch.num_rows for batch in batches)
        if not n_rows:
            account = Account(n_rows=1)
            account.skip("empty")
            self.parts.append(Part(empty_batch(self._file, account), []))
        self._group += [(place, batch) for batch in batches]
        self._n_rows += n_rows
        if self._n_rows >= MAX_ROWS:
            self.finish()

    def finish(self) -> None:
        """Judge what was read."""
        group, self._group, self._n_rows, self._n_bytes = self._group, [], 0, 0
        if not group:
            return
        try:
            table = pa.Table.from_batches([batch for _, batch in group])
            table.validate(full=True)
            columns = {name: one_array(table.column(name)) for name in table.schema.names}
        except ARROW_ERRORS:
            # One of them is corrupt, or holds text that is no UTF-8, which is the affair of a row, or they have
            # dictionaries that cannot become one.
            self._finish_apart(group)
            return
        places = np.array([place for place, _ in group], np.int64)
        self._judge(columns, np.repeat(places, [batch.num_rows for _, batch in group]))

    def _finish_apart(self, group: list[tuple[int, pa.RecordBatch]]) -> None:
        """Judge batch by batch; a message is refused for any of its batches."""
        sound: dict[int, list[dict[str, pa.Array]]] = {}
        corrupt: set[int] = set()
        for place, batch in group:
            held = sound.setdefault(place, [])
            try:
                held.append({name: flat(checked(batch.column(name))) for name in batch.schema.names})
            except ARROW_ERRORS:
                corrupt.add(place)
        for place, held in sound.items():
            if place in corrupt:
                self._refuse(place, BROKEN)
                continue
            for columns in held:
                self._judge(columns, np.full(len(columns["dst_port"]), place, np.int64))

    def _judge(self, columns: Mapping[str, pa.Array], places: NDArray[np.int64]) -> None:
        """Turn columns into flows; ``places`` are the messages of their rows."""
        rows = key_of(places)
        batch = flow_batch(self._file, columns, rows, Account(), StoredEvidence(lambda: columns))
        rejected = (
            list(_rejected(self._file, columns, rows, np.asarray(batch.rows)))
            if batch.account.rejected
            else []
        )
        assert self._fitting is not None
        self.parts.append(Part(batch, rejected, column_warnings(self._fitting.names)))

    def _read(self, value: bytes) -> list[pa.RecordBatch]:
        """Return the batches of a message, unvalidated."""
        if value.startswith(_FILE_MARK):
            # A file is a stream between its mark and its footer.
            value = value[_STREAM_IN_FILE:]
        try:
            n_bytes = inflated_bytes(value)
            if n_bytes > self._max_group_bytes:
                raise _RefusedError(TOO_LARGE)
            self._make_room(n_bytes)
            if self._fitting is None or not value.startswith(self._head):
                # To open a stream costs half of what its rows do.
                self._turn_to(pa.ipc.open_stream(pa.BufferReader(value)).schema)
                self._head = first_message(value)
            assert self._fitting is not None
            batches = []
            n_rows = 0
            for batch in pa.ipc.open_stream(pa.BufferReader(value), options=self._fitting.options):
                n_rows += batch.num_rows
                if n_rows > MAX_ROWS:
                    raise _RefusedError(TOO_LARGE)
                batches.append(batch)
        except (*ARROW_ERRORS, ValueError) as error:
            raise _RefusedError(BROKEN) from error
        return batches

    def _turn_to(self, schema: pa.Schema) -> None:
        """Go on with messages of a schema."""
        if self._fitting is None or not schema.equals(self._fitting.schema, check_metadata=True):
            fitting = self._fit(schema)
            self.finish()
            self._fitting = fitting

    def _make_room(self, n_bytes: int) -> None:
        """Judge what is held before there is too much of it."""
        if self._n_bytes + n_bytes > self._max_group_bytes:
            self.finish()
        self._n_bytes += n_bytes

    def _fit(self, schema: pa.Schema) -> _Fitting:
        try:
            check_names(self._file, schema.names)
            check_types(self._file, schema)
        except SourceError as error:
            raise _RefusedError(UNFIT, error.message) from None
        wanted = [number for number, name in enumerate(schema.names) if name in NAMES]
        options = pa.ipc.IpcReadOptions(included_fields=wanted, use_threads=False)
        return _Fitting(schema, tuple(schema.names), options)

    def _refuse(self, place: int, reason: str, detail: str = "") -> None:
        account = Account(n_rows=1)
        account.reject(reason, [place])
        self.parts.append(
            Part(empty_batch(self._file, account), [Rejection(place << LINE_BITS, reason, detail=detail)])
        )


def _rejected(
    file: str, columns: Mapping[str, pa.Array], rows: NDArray[np.int64], kept: NDArray[np.int64]
) -> Iterator[Rejection]:
    """Yield the reasons of each message of which not every row became a flow."""
    keys, starts, sizes = np.unique(rows, return_index=True, return_counts=True)
    left = np.searchsorted(kept, keys, side="right") - np.searchsorted(kept, keys, side="left")
    for number in np.flatnonzero(left < sizes).tolist():
        start, size = int(starts[number]), int(sizes[number])
        chosen = {name: column.slice(start, size) for name, column in columns.items()}
        again = flow_batch(file, chosen, rows[start : start + size], Account(), StoredEvidence(dict))
        for entry in again.account.rejected.values():
            yield Rejection(int(keys[number]), entry.reason, entry.count)
