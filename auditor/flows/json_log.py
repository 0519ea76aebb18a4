"""JSON Lines of a user's own shape, an object a flow: values under the report's names, or where ``--json-fields`` says.

Whole-file JSON (an array, or objects over several lines) is read too, one object after the other by the exact parser.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from auditor.flows.generic_names import NO_OBSERVED_JSON
from auditor.flows.json_exact import decode_objects
from auditor.flows.json_fields import DEFAULT_FIELDS, field_program, read_fields
from auditor.flows.json_lines import json_parts
from auditor.flows.json_scan import scan_objects
from kernels.codes import OBSERVED_UNSEEN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.flows.hubble_exact import Records
    from auditor.flows.json_fields import Path
    from auditor.flows.options import FlowOptions
    from auditor.flows.schema import FlowBatch, FlowPart
    from auditor.sources.files import InputFile

NO_ADDRESSES = (
    "no object of the log has an address under `{}` and another under `{}`; say with --json-fields where they stand, "
    "and write a dot that is part of a key as `\\.`"
)
"""What a user must know of a log without a flow."""

_MISSING = frozenset(("source address is missing", "destination address is missing"))


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
        self._has_flows = False
        self._has_observed = False
        self._lacks_addresses = False
        self.share_read = 0.0

    @property
    def file(self) -> str:
        """The name that messages and reports use."""
        return self._file.name

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a user must know about this log."""
        if self._has_flows:
            return () if self._has_observed else (NO_OBSERVED_JSON,)
        if not self._lacks_addresses:
            return ()
        ends = [_written(self._fields[name]) for name in ("src_ip", "dst_ip")]
        return (NO_ADDRESSES.format(*ends),)

    def parts(self) -> Iterator[FlowPart]:
        """Yield the parts in file order: a block of whole lines, or of whole documents."""
        limit, program = self._options.max_line_bytes, self._program
        scan = None if program is None else partial(scan_objects, self.file, limit=limit, wanted=program)
        for share, part in json_parts(self._file, self._options, scan, self._exact):
            self.share_read = share
            yield partial(self._looked_at, part)
            del part

    def _exact(self, records: Records) -> FlowBatch:
        return decode_objects(self.file, records, self._options.max_line_bytes, self._fields)

    def _looked_at(self, part: FlowPart) -> FlowBatch:
        """Decode a part, on any thread, and see whether anything was observed: none takes back what is said."""
        batch = part()
        if batch.n_flows:
            self._has_flows = True
            self._has_observed = self._has_observed or bool((batch.observed != OBSERVED_UNSEEN).any())
        elif not _MISSING.isdisjoint(batch.account.rejected):
            self._lacks_addresses = True
        return batch


def _written(path: Path) -> str:
    """Return a path as ``--json-fields`` takes it."""
    return ".".join(re.sub(r"([.,\\])", r"\\\1", key) for key in path)
