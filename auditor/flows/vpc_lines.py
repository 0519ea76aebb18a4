"""A part of a VPC text log to a batch: the scanner reads what is usual, the exact decoder all other lines."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from auditor.flows.evidence import LAST_SECOND, KeptEvidence
from auditor.flows.merge import merge
from auditor.flows.schema import Account, FlowBatch
from auditor.flows.vpc_exact import DEFAULT_VERSION, ExactLines
from auditor.flows.vpc_records import HINTS
from auditor.flows.vpc_scan import scan
from kernels import record_layout as layout
from kernels.digits import MISSING

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from auditor.flows.blocks import LineBlock
    from auditor.flows.vpc_columns import Columns

_SLOTS = {
    "pkt-srcaddr": layout.PACKET_SOURCE,
    "pkt-dstaddr": layout.PACKET_DESTINATION,
    "srcaddr": layout.SOURCE,
    "dstaddr": layout.DESTINATION,
    "log-status": layout.LOG_STATUS,
    "action": layout.ACTION,
    "protocol": layout.PROTOCOL,
    "srcport": layout.SOURCE_PORT,
    "dstport": layout.DESTINATION_PORT,
    "tcp-flags": layout.TCP_FLAGS,
    "start": layout.START,
    "end": layout.END,
    "bytes": layout.N_BYTES,
    "packets": layout.N_PACKETS,
    "version": layout.VERSION,
}
_NEEDED = (("protocol",), ("dstport",), ("srcaddr", "pkt-srcaddr"), ("dstaddr", "pkt-dstaddr"))


@dataclass(frozen=True, slots=True)
class VpcLines:
    """A part of a VPC text log (see ``schema.FlowPart``).

    Attributes
    ----------
    file : str
        The name that messages and reports use.
    block : LineBlock
        The lines.
    columns : Columns
        Those of every record among them.
    headers : tuple of int
        Numbers of the lines in the file that name the columns.
    max_line_bytes : int
        A longer line is rejected.
    is_exact : bool
        Whether the exact decoder reads every line.
    """

    file: str
    block: LineBlock
    columns: Columns
    headers: tuple[int, ...]
    max_line_bytes: int
    is_exact: bool = False

    def __call__(self) -> FlowBatch:
        """Decode the part."""
        block, names = self.block, self.columns.names
        if self.is_exact or not all(any(name in names for name in either) for either in _NEEDED):
            numbers = np.arange(block.first_line, block.first_line + block.n_lines, dtype=np.int64)
            return self._exact(block.content(), numbers)
        found, counts, addresses = scan(block, _rules(self.columns, self.max_line_bytes))
        n, n_empty, n_lost = counts[[layout.N_RECORDS, layout.N_EMPTY, layout.N_LOST]].tolist()
        start, end, n_bytes, n_packets = (
            found.evidence[place, :n] if name in names else None
            for place, name in enumerate(("start", "end", "bytes", "packets"))
        )
        account = Account(n_rows=n + n_empty)
        account.skip("NODATA", n_empty - n_lost)
        account.skip("SKIPDATA", n_lost)
        if n_lost:
            account.lose("SKIPDATA", n_lost)
        batch = FlowBatch(
            file=self.file,
            account=account,
            rows=found.lines[:n],
            src_codes=found.addresses[0, :n],
            dst_codes=found.addresses[1, :n],
            sources=addresses,
            destinations=addresses,
            protocol=found.protocol[:n],
            src_port=found.ports[0, :n],
            dst_port=found.ports[1, :n],
            opener_hint=found.hint[:n],
            observed=found.observed[:n],
            weight=None,
            evidence=KeptEvidence(start, end, n_bytes, n_packets),
        )
        odd = found.odd[: counts[layout.N_ODD]]
        if self.headers:
            # Nothing is asked of a header but what it names, which is known: the exact decoder is for other lines.
            is_header = np.isin(odd[:, 0], self.headers)
            odd = odd[~is_header]
            n_headers = int(is_header.sum())
            account.n_rows += n_headers
            account.skip("header", n_headers)
        if not len(odd):
            return batch
        numbers, starts, ends = odd[np.argsort(odd[:, 0])].T
        text = b"\n".join(map(block.content, starts.tolist(), ends.tolist()))
        return merge(batch, self._exact(text, np.ascontiguousarray(numbers)))

    def _exact(self, text: bytes, numbers: NDArray[np.int64]) -> FlowBatch:
        return ExactLines(self.file, text, numbers, self.columns, self.headers, self.max_line_bytes)()


@lru_cache(maxsize=8)  # whoever writes logs chooses how long their headers are, and how many
def _rules(columns: Columns, max_line_bytes: int) -> layout.Rules:
    """Return columns as the scanner takes them; the parts of a log have the same."""
    places = np.full(layout.N_SLOTS, -1, np.int64)
    for column, name in enumerate(columns.names):
        if name in _SLOTS:
            places[_SLOTS[name]] = column
    if not columns.is_assumed:
        places[layout.VERSION] = -1
    # Where --vpc-format does not fit the first record, all records are for the exact decoder to count.
    longest = 0 if columns.n_found else max_line_bytes
    limits = np.array([longest, len(columns.names)], np.int64)
    places.flags.writeable = limits.flags.writeable = False
    return layout.Rules(places, _BOUNDS, limits, HINTS)


def _bounds() -> NDArray[np.int64]:
    """Return the least and the greatest number of each slot."""
    bounds = np.zeros((layout.N_SLOTS, 2), np.int64)
    bounds[layout.PROTOCOL] = 0, 255
    bounds[layout.SOURCE_PORT] = MISSING, 65535
    bounds[layout.DESTINATION_PORT] = 0, 65535
    bounds[layout.TCP_FLAGS] = MISSING, 255
    bounds[layout.VERSION] = DEFAULT_VERSION, DEFAULT_VERSION
    bounds[layout.START] = bounds[layout.END] = MISSING, LAST_SECOND
    bounds[layout.N_BYTES] = bounds[layout.N_PACKETS] = MISSING, 2**62
    bounds.flags.writeable = False
    return bounds


_BOUNDS = _bounds()
