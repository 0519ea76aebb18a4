"""Messages that could not be read, in files beside the segments.

A segment names its file of dead letters, which is written first: creating the segment commits both. A file that no
segment names was left by a writer that died or lost a race; it is garbage, removed when it is old.
"""

from __future__ import annotations

import io
import uuid
from typing import TYPE_CHECKING

import blake3
import pyarrow as pa

from auditor.errors import Position, SinkError, StateError
from auditor.service.facts import SideFile
from auditor.service.names import REJECTED
from auditor.service.storage import TEMPORARY
from auditor.sinks.columns import TEXT

if TYPE_CHECKING:
    from collections.abc import Container

    from auditor.service.names import ChainName
    from auditor.service.storage import Storage

LETTERS = pa.schema(
    [
        ("offset", pa.int64()),
        ("reason", TEXT),
        ("timestamp", pa.timestamp("ms", "UTC")),
        ("value", pa.binary()),
    ],
    metadata={"auditor.schema": "1"},
)
"""One message: where it was, why it could not be read, when it was written, and its bytes."""


def write_dead_letters(storage: Storage, chain: ChainName, start: int, letters: pa.Table) -> SideFile:
    """Write the dead letters of the segment that will start at ``start``, under a name of their own.

    Parameters
    ----------
    storage : Storage
        Where segments lie.
    chain : ChainName
        Of the segment.
    start : int
        Of the segment.
    letters : pyarrow.Table
        Of ``LETTERS``.

    Raises
    ------
    SinkError
        If the storage fails.
    """
    content = io.BytesIO()
    options = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False)
    with pa.ipc.new_file(content, LETTERS, options=options) as writer:
        writer.write_table(letters.combine_chunks())
    name = f"{chain.rejected_folder}{start:020}-{uuid.uuid4().hex}.arrow"
    if not storage.create(name, content.getvalue()):
        raise SinkError("expected a name that nobody has, it is taken", Position(name))
    return SideFile(name, blake3.blake3(content.getvalue()).hexdigest(), letters.num_rows)


def read_dead_letters(storage: Storage, side: SideFile) -> pa.Table:
    """Return dead letters as they were written.

    Raises
    ------
    StateError
        If they are gone or damaged.
    """
    content = storage.read(side.name)
    if content is None:
        raise StateError("expected the dead letters of a segment, they are gone", Position(side.name))
    if blake3.blake3(content).hexdigest() != side.checksum:
        raise StateError("dead letters are damaged: their checksum differs", Position(side.name))
    table = pa.ipc.open_file(pa.BufferReader(content)).read_all()
    if table.num_rows != side.n_rows:
        raise StateError(
            f"expected `{side.n_rows}` dead letters, found `{table.num_rows}`", Position(side.name)
        )
    return table


def is_dead_letters(name: str) -> bool:
    """Return whether a name is that of a file of dead letters."""
    parts = name.split("/")
    return len(parts) == 5 and parts[2] == REJECTED and parts[4].endswith(".arrow")  # noqa: PLR2004  depth


def is_temporary(name: str) -> bool:
    """Return whether a name is that of a file that was being written."""
    return name.rpartition("/")[2].startswith(TEMPORARY)


def remove_garbage(storage: Storage, named: Container[str], before_s: float) -> list[str]:
    """Remove what no segment names, if it is old: its writer may be about to name it.

    Parameters
    ----------
    storage : Storage
        Where segments lie.
    named : container of str
        Files of dead letters that segments name.
    before_s : float
        What was written later stays, in seconds since 1970.

    Returns
    -------
    list of str
        What was removed.
    """
    removed = []
    for name in storage.names(""):
        is_garbage = is_temporary(name) or (is_dead_letters(name) and name not in named)
        if not is_garbage:
            continue
        modified_s = storage.modified_s(name)
        if modified_s is not None and modified_s < before_s:
            storage.remove(name)
            removed.append(name)
    return removed
