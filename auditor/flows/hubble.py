"""Cilium Hubble logs: what the exporter writes and what ``hubble observe -o json`` prints, one record a line.

Whole-file JSON (an array, or objects over several lines, as ``jq`` prints them) is read too, see
``hubble_documents``. One broken record is rejected alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

from auditor.errors import SourceError
from auditor.flows.blocks import line_blocks
from auditor.flows.hubble_documents import document_blocks, is_documents
from auditor.flows.hubble_exact import decode_records
from auditor.flows.hubble_scan import scan_block
from auditor.flows.merge import merge
from auditor.flows.unreadable import UnreadablePart

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from auditor.flows.blocks import LineBlock
    from auditor.flows.hubble_exact import Records
    from auditor.flows.json_pieces import ValueBlock
    from auditor.flows.options import FlowOptions
    from auditor.flows.schema import FlowBatch, FlowPart
    from auditor.sources.files import InputFile

AGGREGATED = (
    "the exporter has aggregated flows: one line stands for several, and what lies outside its aggregation "
    "fields, perhaps the port, is that of the first one only"
)
"""What a user must know of a log with ``aggregate`` in its flows."""

_HEAD_BYTES = 1 << 16


class HubbleLog:
    """A Hubble log (see ``schema.FlowLog``).

    Parameters
    ----------
    file : InputFile
        Plain or compressed.
    options : FlowOptions
        ``block_bytes``, ``max_line_bytes`` and ``exact`` count here.
    """

    format = "hubble-json"

    def __init__(self, file: InputFile, options: FlowOptions) -> None:
        self._file = file
        self._options = options
        self._is_aggregated = False
        self.share_read = 0.0

    @property
    def file(self) -> str:
        """The name that messages and reports use."""
        return self._file.name

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a user must know about this log."""
        return (AGGREGATED,) if self._is_aggregated else ()

    def parts(self) -> Iterator[FlowPart]:
        """Yield the parts in file order: a block of whole lines, or of whole documents."""
        limit = self._options.max_line_bytes
        as_documents = is_documents(self._file.head(_HEAD_BYTES))
        with self._file.open() as stream:
            if as_documents:
                for documents in document_blocks(stream, self._options):
                    self.share_read = stream.share
                    yield partial(self._decode, documents)
                return
            for block in line_blocks(stream, self._options):
                self.share_read = stream.share
                if isinstance(block, SourceError):
                    yield UnreadablePart(block)
                    continue
                yield HubbleLines(self.file, block, limit, self._decode, self._options.exact)

    def _decode(self, records: Records) -> FlowBatch:
        """Decode records one by one, and see whether they are aggregated."""
        batch = decode_records(self.file, records, self._options.max_line_bytes)
        if batch.weight is not None:
            self._is_aggregated = True
        return batch


@dataclass(frozen=True, slots=True)
class HubbleLines:
    """A block of lines (see ``schema.FlowPart``).

    Attributes
    ----------
    file : str
        The name that messages and reports use.
    block : LineBlock or ValueBlock
        The lines; the latter only if not ``is_exact``.
    max_line_bytes : int
        A longer line is rejected.
    decode : callable
        The exact parser, for records with their line numbers.
    is_exact : bool
        Whether it reads every line.
    """

    file: str
    block: LineBlock | ValueBlock
    max_line_bytes: int
    decode: Callable[[Records], FlowBatch]
    is_exact: bool = False

    def __call__(self) -> FlowBatch:
        """Decode the block."""
        if self.is_exact:
            return self.decode(zip(count(self.block.first_line), self.block.content().split(b"\n")))
        batch, odd = scan_block(self.file, self.block, self.max_line_bytes)
        return merge(batch, self.decode(odd)) if odd else batch
