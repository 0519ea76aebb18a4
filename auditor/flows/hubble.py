"""Cilium Hubble logs: what the exporter writes and what ``hubble observe -o json`` prints, one record a line.

Whole-file JSON (an array, or objects over several lines, as ``jq`` prints them) is read too, see
``hubble_documents``. One broken record is rejected alone.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from auditor.flows.hubble_exact import decode_records
from auditor.flows.hubble_scan import scan_block
from auditor.flows.json_lines import json_parts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.flows.hubble_exact import Records
    from auditor.flows.options import FlowOptions
    from auditor.flows.schema import FlowBatch, FlowPart
    from auditor.sources.files import InputFile

AGGREGATED = (
    "the exporter has aggregated flows: one line stands for several, and what lies outside its aggregation "
    "fields, perhaps the port, is that of the first one only"
)
"""What a user must know of a log with ``aggregate`` in its flows."""


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
        scan = None if self._options.exact else partial(scan_block, self.file, limit=limit)
        for share, part in json_parts(self._file, self._options, scan, self._decode):
            self.share_read = share
            yield part
            del part

    def _decode(self, records: Records) -> FlowBatch:
        """Decode records one by one, and see whether they are aggregated."""
        batch = decode_records(self.file, records, self._options.max_line_bytes)
        if batch.weight is not None:
            self._is_aggregated = True
        return batch
