"""JSON Lines of a user's own shape, an object a flow: values under the report's names, or where ``--json-fields`` says.

Whole-file JSON (an array, or objects over several lines) is read too, one object after the other by the exact parser.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

from auditor.errors import SourceError
from auditor.flows.blocks import line_blocks
from auditor.flows.generic_names import NO_OBSERVED_JSON
from auditor.flows.hubble_documents import document_blocks, is_documents
from auditor.flows.json_exact import decode_objects
from auditor.flows.json_fields import DEFAULT_FIELDS, field_program, read_fields
from auditor.flows.json_scan import scan_objects
from auditor.flows.merge import merge
from auditor.flows.unreadable import UnreadablePart
from kernels.codes import OBSERVED_UNSEEN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from auditor.flows.blocks import LineBlock
    from auditor.flows.hubble_exact import Records
    from auditor.flows.json_fields import FieldProgram
    from auditor.flows.json_pieces import ValueBlock
    from auditor.flows.options import FlowOptions
    from auditor.flows.schema import FlowBatch, FlowPart
    from auditor.sources.files import InputFile

_HEAD_BYTES = 1 << 16


class JsonLog:
    """A log of JSON objects (see ``schema.FlowLog``).

    Parameters
    ----------
    file : InputFile
        Plain or compressed.
    options : FlowOptions
        ``json_fields``, ``block_bytes``, ``max_line_bytes`` and ``exact`` count here.

    Raises
    ------
    ConfigError
        ``json_fields`` has no meaning.
    """

    format = "generic-json"

    def __init__(self, file: InputFile, options: FlowOptions) -> None:
        self._file = file
        self._options = options
        self._fields = DEFAULT_FIELDS if options.json_fields is None else read_fields(options.json_fields)
        self._program = None if options.exact else field_program(self._fields)
        self._n_flows = 0
        self._has_observed = False
        self.share_read = 0.0

    @property
    def file(self) -> str:
        """The name that messages and reports use."""
        return self._file.name

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a user must know about this log."""
        return (NO_OBSERVED_JSON,) if self._n_flows and not self._has_observed else ()

    def parts(self) -> Iterator[FlowPart]:
        """Yield the parts in file order: a block of whole lines, or of whole documents."""
        as_documents = is_documents(self._file.head(_HEAD_BYTES))
        with self._file.open() as stream:
            if as_documents:
                for documents in document_blocks(stream, self._options):
                    self.share_read = stream.share
                    yield partial(self._documents, documents)
                return
            for block in line_blocks(stream, self._options):
                self.share_read = stream.share
                if isinstance(block, SourceError):
                    yield UnreadablePart(block)
                else:
                    yield partial(self._lines, block)

    def _lines(self, block: LineBlock) -> FlowBatch:
        return self._looked_at(
            JsonLines(self.file, block, self._options.max_line_bytes, self._program, self._exact)()
        )

    def _documents(self, records: Records) -> FlowBatch:
        return self._looked_at(self._exact(records))

    def _exact(self, records: Records) -> FlowBatch:
        return decode_objects(self.file, records, self._options.max_line_bytes, self._fields)

    def _looked_at(self, batch: FlowBatch) -> FlowBatch:
        """See whether anything was observed; parts are decoded on several threads, and none takes back what is said."""
        self._n_flows += batch.n_flows
        if not self._has_observed and (batch.observed != OBSERVED_UNSEEN).any():
            self._has_observed = True
        return batch


@dataclass(frozen=True, slots=True)
class JsonLines:
    """A block of lines (see ``schema.FlowPart``).

    Attributes
    ----------
    file : str
        The name that messages and reports use.
    block : LineBlock or ValueBlock
        The lines; the latter only with a program.
    max_line_bytes : int
        A longer line is rejected.
    program : FieldProgram or None
        What the scanner looks for; None has the exact parser read every line.
    decode : callable
        The exact parser, for records with their line numbers.
    """

    file: str
    block: LineBlock | ValueBlock
    max_line_bytes: int
    program: FieldProgram | None
    decode: Callable[[Records], FlowBatch]

    def __call__(self) -> FlowBatch:
        """Decode the block."""
        if self.program is None:
            return self.decode(zip(count(self.block.first_line), self.block.content().split(b"\n")))
        batch, odd = scan_objects(self.file, self.block, self.max_line_bytes, self.program)
        return merge(batch, self.decode(odd)) if odd else batch
