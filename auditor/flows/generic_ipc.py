"""Arrow IPC files and streams to record batches that may be touched.

Arrow's reader trusts what it reads: one wrong string offset would make the process read foreign memory. So
only the wanted columns are read, and ``trusted`` checks every offset and dictionary code before anything else
looks at a value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from auditor.errors import Position, SourceError
from auditor.flows.generic_arrays import ARROW_ERRORS, checked, flat
from auditor.flows.generic_names import NAMES
from auditor.flows.generic_schema import check_types

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pyarrow import NativeFile

_FILE_MARK = b"ARROW1"
_OLD_FEATHER_MARK = b"FEA1"


def record_batches(
    name: str, source: NativeFile, max_batch_bytes: int, check: Callable[[Sequence[str]], None]
) -> Iterator[tuple[float, pa.RecordBatch]]:
    """Yield the batches of an Arrow IPC file (Feather version 2) or stream, wanted columns only, unvalidated.

    Parameters
    ----------
    name : str
        File as messages name it.
    source : pyarrow.NativeFile
        Seekable, at its beginning.
    max_batch_bytes : int
        A batch that takes more memory is refused.
    check : callable
        Takes every column name before anything else is read; raises SourceError if they will not do.

    Yields
    ------
    share : float
        Share of the source, 0 to 1, up to the end of the batch.
    batch : pyarrow.RecordBatch
        In order.

    Raises
    ------
    SourceError
        It is no Arrow IPC, its columns do not fit, or it cannot be read any further.
    """
    place = Position(name)
    head = source.read(len(_FILE_MARK))
    source.seek(0)
    if head.startswith(_OLD_FEATHER_MARK):
        raise SourceError("Feather version 1 is not read; write the table again as version 2", place)
    is_file = head == _FILE_MARK
    kind = "file" if is_file else "stream"
    n_read = 0
    try:
        schema = (pa.ipc.open_file if is_file else pa.ipc.open_stream)(source).schema
        check(schema.names)
        check_types(name, schema)
        wanted = [number for number, column in enumerate(schema.names) if column in NAMES]
        options = pa.ipc.IpcReadOptions(included_fields=wanted, use_threads=False)
        source.seek(0)
        batches = (_of_file if is_file else _of_stream)(source, options)
        for share, batch in batches:
            n_bytes = batch.get_total_buffer_size()
            if n_bytes > max_batch_bytes:
                raise SourceError(
                    f"record batch {n_read + 1} takes {n_bytes} bytes, at most {max_batch_bytes} are read; "
                    "write smaller batches",
                    place,
                )
            n_read += 1
            yield share, batch
    except ARROW_ERRORS as error:
        raise SourceError(
            f"expected an Arrow IPC {kind}, it is broken after record batch {n_read}", place
        ) from error


def _of_file(source: NativeFile, options: pa.ipc.IpcReadOptions) -> Iterator[tuple[float, pa.RecordBatch]]:
    reader = pa.ipc.open_file(source, options=options)
    for number in range(reader.num_record_batches):
        yield (number + 1) / reader.num_record_batches, reader.get_batch(number)


def _of_stream(source: NativeFile, options: pa.ipc.IpcReadOptions) -> Iterator[tuple[float, pa.RecordBatch]]:
    size = max(1, source.size())
    for batch in pa.ipc.open_stream(source, options=options):
        yield source.tell() / size, batch


def trusted(name: str, batch: pa.RecordBatch, number: int) -> dict[str, pa.Array]:
    """Return the columns of a batch by name, see ``checked`` and ``flat``.

    Parameters
    ----------
    name : str
        File as messages name it.
    batch : pyarrow.RecordBatch
        As ``record_batches`` yields it, or a slice of that.
    number : int
        Number of the batch in the file, from 1, for messages.

    Raises
    ------
    SourceError
        The batch is corrupt.
    """
    columns: dict[str, pa.Array] = {}
    try:
        for column, values in zip(batch.schema.names, batch.columns, strict=True):
            columns[column] = flat(checked(values))
    except pa.ArrowException as error:
        raise SourceError(f"column `{column}` of record batch {number} is corrupt", Position(name)) from error
    return columns
