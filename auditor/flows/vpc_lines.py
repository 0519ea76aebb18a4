"""A part of a VPC text log to a batch: the scanner reads what is usual, the exact decoder all other lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from auditor.flows.evidence import LAST_SECOND, KeptEvidence
from auditor.flows.merge import merge
from auditor.flows.schema import Account, FlowBatch
from auditor.flows.spans import intern_addresses
from auditor.flows.vpc_exact import DEFAULT_VERSION, ExactLines
from auditor.flows.vpc_records import HINTS
from kernels import records as scan
from kernels.codes import ADDRESS_OK

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from auditor.flows.blocks import LineBlock
    from auditor.flows.vpc_columns import Columns

_SLOTS = {
    "pkt-srcaddr": scan.PACKET_SOURCE,
    "pkt-dstaddr": scan.PACKET_DESTINATION,
    "srcaddr": scan.SOURCE,
    "dstaddr": scan.DESTINATION,
    "log-status": scan.LOG_STATUS,
    "action": scan.ACTION,
    "protocol": scan.PROTOCOL,
    "srcport": scan.SOURCE_PORT,
    "dstport": scan.DESTINATION_PORT,
    "tcp-flags": scan.TCP_FLAGS,
    "start": scan.START,
    "end": scan.END,
    "bytes": scan.N_BYTES,
    "packets": scan.N_PACKETS,
    "version": scan.VERSION,
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
        found = _room(block.n_lines)
        n, n_odd, _ = scan.scan_records(block.text, np.uint64(block.size), self._rules(), found)
        codes, addresses, status = intern_addresses(block.text, found.addresses[:, :n])
        kept: slice | NDArray[np.int64] = slice(0, n)
        odd = found.odd[:n_odd]
        if (status != ADDRESS_OK).any():
            # What is no address is for the exact decoder to count.
            is_sound = ~((status != ADDRESS_OK)[codes]).any(axis=0)
            odd = np.concatenate([odd, found.line[:n][~is_sound]])
            odd = odd[np.argsort(odd[:, 0], kind="stable")]
            kept = np.flatnonzero(is_sound)
        start, end, n_bytes, n_packets = (
            found.evidence[place, kept] if name in names else None
            for place, name in enumerate(("start", "end", "bytes", "packets"))
        )
        rows = found.line[kept, 0].astype(np.int64) + block.first_line
        batch = FlowBatch(
            file=self.file,
            account=Account(n_rows=len(rows)),
            rows=rows,
            src_codes=codes[0, kept],
            dst_codes=codes[1, kept],
            sources=addresses,
            destinations=addresses,
            protocol=found.protocol[kept],
            src_port=found.ports[0, kept],
            dst_port=found.ports[1, kept],
            opener_hint=found.hint[kept],
            observed=found.observed[kept],
            weight=None,
            evidence=KeptEvidence(start, end, n_bytes, n_packets),
        )
        if not len(odd):
            return batch
        text = b"\n".join(block.content(first, last) for _, first, last in odd.tolist())
        return merge(batch, self._exact(text, odd[:, 0].astype(np.int64) + block.first_line))

    def _exact(self, text: bytes, numbers: NDArray[np.int64]) -> FlowBatch:
        return ExactLines(self.file, text, numbers, self.columns, self.headers, self.max_line_bytes)()

    def _rules(self) -> scan.Rules:
        """Return the columns as the scanner takes them."""
        slots = np.array([_SLOTS.get(name, scan.SKIPPED) for name in self.columns.names], np.int8)
        version = DEFAULT_VERSION if self.columns.is_assumed else -1
        # Where --vpc-format does not fit the first record, all records are for the exact decoder to count.
        longest = 0 if self.columns.n_found else self.max_line_bytes
        limits = np.array([longest, version, LAST_SECOND], np.int64)
        slots.flags.writeable = limits.flags.writeable = False
        return scan.Rules(slots, limits, HINTS)


def _room(n_lines: int) -> scan.Records:
    """Return arrays for as many records as there may be."""
    return scan.Records(
        line=np.empty((n_lines, 3), np.int32),
        addresses=np.empty((2, n_lines, 2), np.int32),
        protocol=np.empty(n_lines, np.uint8),
        hint=np.empty(n_lines, np.uint8),
        observed=np.empty(n_lines, np.uint8),
        ports=np.empty((2, n_lines), np.uint16),
        evidence=np.empty((4, n_lines), np.int64),
        odd=np.empty((n_lines, 3), np.int32),
    )
