"""A segment as a file: Arrow IPC with LZ4 buffers, its facts and their checksum in the metadata of the file."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, NamedTuple

import blake3
import msgspec
import pyarrow as pa

from auditor.errors import Position, StateError
from auditor.report.schema import FLOWS
from auditor.service.facts import facts_json, parse_facts
from auditor.service.names import ChainName, segment_bounds
from auditor.sinks.columns import TEXT, joined

if TYPE_CHECKING:
    from auditor.service.facts import SegmentFacts

FACTS = "auditor.segment"
CHECKSUM = "auditor.checksum"

ROWS = pa.schema(
    [
        *(field for field in FLOWS if field.name not in ("source_file", "source_row")),
        ("topic", TEXT),
        ("partition", pa.int32()),
        ("offset", pa.int64()),
    ],
    metadata=FLOWS.metadata,
)
"""One flow, as in a report; where it came from is a topic, a partition and an offset."""

_ROWS_PER_BATCH = 64 * 1024


class Segment(NamedTuple):
    """A segment that was read in full, and is sound.

    Attributes
    ----------
    facts : SegmentFacts
        What it says of itself.
    table : pyarrow.Table
        Its rows, of ``ROWS``.
    checksum : str
        Of both.
    """

    facts: SegmentFacts
    table: pa.Table
    checksum: str


def no_rows() -> pa.Table:
    """Return the table of a segment without rows."""
    return joined([], ROWS)


def encode(facts: SegmentFacts, table: pa.Table) -> bytes:
    """Return the file of a segment; the same facts and rows give the same bytes.

    Parameters
    ----------
    facts : SegmentFacts
        Whose ``n_rows`` is the length of the table.
    table : pyarrow.Table
        Of ``ROWS``, in the order of offsets.
    """
    assert facts.n_rows == table.num_rows, "the facts count other rows"
    table = joined(table.to_batches(), ROWS)
    text = facts_json(facts)
    marks = {FACTS: text, CHECKSUM: _checksum(text, table)}
    options = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False)
    content = io.BytesIO()
    with pa.ipc.new_file(content, ROWS, options=options, metadata=marks) as writer:
        writer.write_table(table, max_chunksize=_ROWS_PER_BATCH)
    return content.getvalue()


def read_facts(name: str, content: bytes) -> tuple[SegmentFacts, str]:
    """Return what a segment says of itself and the checksum it carries, without a look at its rows.

    Raises
    ------
    StateError
        If it is torn, or says that it is another one than its name says.
    """
    _, facts, _, checksum = _open(name, content)
    return facts, checksum


def decode(name: str, content: bytes) -> Segment:
    """Return a segment, every byte that counts checked.

    Raises
    ------
    StateError
        If it is torn or damaged, or says that it is another one than its name says.
    """
    reader, facts, text, checksum = _open(name, content)
    try:
        table = reader.read_all()
        table.validate(full=True)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise StateError("the file of a segment is damaged", Position(name)) from error
    if not table.schema.equals(ROWS):
        raise StateError("expected the columns of a segment, found others", Position(name))
    if _checksum(text, joined(table.to_batches(), ROWS)) != checksum:
        raise StateError("the file of a segment is damaged: its checksum differs", Position(name))
    if table.num_rows != facts.n_rows:
        raise StateError(
            f"expected `{facts.n_rows}` rows as the segment says, found `{table.num_rows}`", Position(name)
        )
    return Segment(facts, table, checksum)


def _open(name: str, content: bytes) -> tuple[pa.RecordBatchFileReader, SegmentFacts, bytes, str]:
    if not content:
        raise StateError("the file of a segment is empty: the disk lost what was written", Position(name))
    try:
        reader = pa.ipc.open_file(pa.BufferReader(content))
        marks = reader.metadata or {}
    except (pa.ArrowException, OSError, ValueError) as error:
        raise StateError(
            f"the file of a segment is torn: it has {len(content)} bytes and no end", Position(name)
        ) from error
    text = marks.get(FACTS.encode())
    checksum = marks.get(CHECKSUM.encode())
    if text is None or checksum is None:
        raise StateError("expected a segment, found an Arrow file that is none", Position(name))
    try:
        facts = parse_facts(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise StateError(f"the facts of a segment have no meaning: {error}", Position(name)) from error
    if _name_of(facts) != name:
        raise StateError(
            f"expected the segment that the name says, found `{_name_of(facts)}`", Position(name)
        )
    return reader, facts, text, checksum.decode("ascii", "replace")


def _name_of(facts: SegmentFacts) -> str:
    chain = ChainName(facts.topic, facts.topic_id, facts.partition)
    name = chain.merged(facts.start, facts.end) if facts.parts else chain.segment(facts.start)
    assert segment_bounds(name) is not None
    return name


def _checksum(text: bytes, table: pa.Table) -> str:
    """Return the BLAKE3 of the facts and of canonical columns: it does not depend on how the file packs them."""
    digest = blake3.blake3(text)
    for column in table.columns:
        for chunk in column.chunks:
            _hash(digest, chunk)
    return digest.hexdigest()


def _hash(digest: blake3.blake3, array: pa.Array) -> None:
    for buffer in array.buffers():
        digest.update(b"-" if buffer is None else buffer.size.to_bytes(8, "little"))
        if buffer is not None:
            digest.update(buffer)
    if isinstance(array, pa.DictionaryArray):
        _hash(digest, array.dictionary)
