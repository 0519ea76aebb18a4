"""A part of a VPC text log to a batch: the scanner reads what is usual, the exact decoder all other lines."""

from __future__ import annotations

import threading
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
from kernels.memory import PADDING
from kernels.text_index import index_fields

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from auditor.flows.blocks import LineBlock
    from auditor.flows.vpc_columns import Columns

    Places = Callable[[NDArray[np.int32]], NDArray[np.int64]]

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
        found, n, (n_empty, n_lost), odd, lines = self._scanned()
        codes, addresses, status = intern_addresses(block.text, found.addresses[:n])
        kept: slice | NDArray[np.int64] = slice(0, n)
        if (status != ADDRESS_OK).any():
            # What is no address is for the exact decoder to count.
            is_sound = ~((status != ADDRESS_OK)[codes]).any(axis=0)
            odd = np.sort(np.concatenate([odd, found.line[:n][~is_sound]]))
            kept = np.flatnonzero(is_sound)
        start, end, n_bytes, n_packets = (
            found.evidence[place, kept] if name in names else None
            for place, name in enumerate(("start", "end", "bytes", "packets"))
        )
        rows = found.line[kept].astype(np.int64) + block.first_line
        account = Account(n_rows=len(rows) + n_empty)
        account.skip("NODATA", n_empty - n_lost)
        account.skip("SKIPDATA", n_lost)
        if n_lost:
            account.lose("SKIPDATA", n_lost)
        batch = FlowBatch(
            file=self.file,
            account=account,
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
        starts = np.where(odd > 0, lines(odd - 1) + 1, 0).tolist()
        text = b"\n".join(map(block.content, starts, lines(odd).tolist()))
        return merge(batch, self._exact(text, odd.astype(np.int64) + block.first_line))

    def _scanned(self) -> tuple[scan.Records, int, tuple[int, int], NDArray[np.int32], Places]:
        """Return the records, their number, those of NODATA and SKIPDATA, odd lines, and what tells where lines end."""
        block = self.block
        indexed = np.empty((block.n_lines, 2), np.uint32)
        n_needed = block.size // 6
        while True:
            if len(_ROOM.ends) < n_needed + PADDING:
                _ROOM.ends = np.empty(n_needed + PADDING, np.uint32)
            n_ends, n_lines = index_fields(block.text, np.uint64(block.size), _ROOM.ends, indexed)
            if n_ends <= len(_ROOM.ends) - PADDING:
                break
            n_needed = min(block.size + 1, 4 * n_needed) + PADDING
        assert n_lines == block.n_lines
        ends = _ROOM.ends.view()
        ends.flags.writeable = indexed.flags.writeable = False
        found = _room(block.n_lines)
        n, n_odd, n_empty, n_lost = scan.scan_records(block.text, ends, indexed, self._rules(), found)

        def end_of(lines: NDArray[np.int32]) -> NDArray[np.int64]:
            places: NDArray[np.int64] = ends[indexed[lines, 0]].astype(np.int64)
            return places

        return found, n, (n_empty, n_lost), found.odd[:n_odd], end_of

    def _exact(self, text: bytes, numbers: NDArray[np.int64]) -> FlowBatch:
        return ExactLines(self.file, text, numbers, self.columns, self.headers, self.max_line_bytes)()

    def _rules(self) -> scan.Rules:
        """Return the columns as the scanner takes them."""
        version = DEFAULT_VERSION if self.columns.is_assumed else -1
        filled = [(column, _SLOTS[name]) for column, name in enumerate(self.columns.names) if name in _SLOTS]
        numbers = [
            (column, slot)
            for column, slot in filled
            if slot >= scan.PROTOCOL and (slot != scan.VERSION or version >= 0)
        ]
        texts = [(column, slot) for column, slot in filled if slot < scan.PROTOCOL]
        # Where --vpc-format does not fit the first record, all records are for the exact decoder to count.
        longest = 0 if self.columns.n_found else self.max_line_bytes
        limits = np.array([longest, version, LAST_SECOND, len(self.columns.names)], np.int64)
        pairs = np.array(numbers, np.uint64), np.array(texts, np.uint64)
        for array in (limits, *pairs):
            array.flags.writeable = False
        return scan.Rules(*pairs, limits, HINTS)


class _Room(threading.local):
    """What a thread needs again and again: where fields end."""

    def __init__(self) -> None:
        self.ends = np.empty(0, np.uint32)


_ROOM = _Room()


def _room(n_lines: int) -> scan.Records:
    """Return arrays for as many records as there may be."""
    return scan.Records(
        line=np.empty(n_lines, np.int32),
        addresses=np.empty((n_lines, 2, 2), np.int32),
        protocol=np.empty(n_lines, np.uint8),
        hint=np.empty(n_lines, np.uint8),
        observed=np.empty(n_lines, np.uint8),
        ports=np.empty((2, n_lines), np.uint16),
        evidence=np.empty((4, n_lines), np.int64),
        odd=np.empty(n_lines, np.int32),
    )
