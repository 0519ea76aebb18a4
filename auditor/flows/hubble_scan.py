"""A block of Hubble lines to a batch: the scanner reads what is usual, and names the lines for the exact parser."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np

from auditor.flows import json_pieces
from auditor.flows.evidence import TimeEvidence
from auditor.flows.hubble_meaning import DIRECTION_NAMES, REASON_NAMES, TYPE_NAMES, VERDICT_NAMES
from auditor.flows.json_lines import Scanned, ends_of, odd_texts
from auditor.flows.json_pieces import ValueBlock, indexed
from auditor.flows.path_program import ANY, SCALAR, SKIPPED, TRUTH, Wanted, compile_program
from auditor.flows.schema import Account, FlowBatch
from kernels import hubble_values as slot
from kernels.hubble import Events, read_lines
from kernels.hubble_block import N_FLOWS, N_LINES, N_PROGRESS, read_block
from kernels.json_program import KIND_OBJECT, KIND_STRING, Found
from kernels.memory import PADDING

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from auditor.flows.blocks import LineBlock

_LINES_AT_ONCE = 64
"""Lines whose values are noted before they are read: what is noted of them stays in the cache."""

_TRANSPORT = {
    "source_port": Wanted(slot.SOURCE_PORT, SCALAR),
    "destination_port": Wanted(slot.DESTINATION_PORT, SCALAR),
    "flags": Wanted(
        slot.FLAGS, KIND_OBJECT, {"SYN": Wanted(slot.SYN, TRUTH), "ACK": Wanted(slot.ACK, TRUTH)}
    ),
}
_NETWORK = {
    "source": Wanted(slot.SOURCE_ADDRESS, KIND_STRING),
    "destination": Wanted(slot.DESTINATION_ADDRESS, KIND_STRING),
    "ipVersion": SKIPPED,
}
_ENDPOINT = dict.fromkeys(
    ("identity", "cluster_name", "namespace", "labels", "pod_name", "workloads"), SKIPPED
)
_FLOW = {
    "time": Wanted(slot.TIME, KIND_STRING),
    "verdict": Wanted(slot.VERDICT, SCALAR),
    "drop_reason": Wanted(slot.DROP_REASON, SCALAR),
    "drop_reason_desc": Wanted(slot.DROP_REASON_DESC, SCALAR),
    "IP": Wanted(slot.NETWORK, KIND_OBJECT, _NETWORK),
    "l4": Wanted(
        slot.TRANSPORTS,
        KIND_OBJECT,
        {
            name: Wanted(slot.TRANSPORT, KIND_OBJECT, _TRANSPORT, mark=number)
            for name, number in slot.PROTOCOLS.items()
        },
        is_closed=True,
    ),
    "source": Wanted(slot.SOURCE, KIND_OBJECT, {"ID": Wanted(slot.SOURCE_ID, SCALAR), **_ENDPOINT}),
    "destination": Wanted(
        slot.DESTINATION, KIND_OBJECT, {"ID": Wanted(slot.DESTINATION_ID, SCALAR), **_ENDPOINT}
    ),
    "Type": Wanted(slot.TYPE, SCALAR),
    "l7": Wanted(slot.L7, ANY),
    "event_type": Wanted(
        slot.EVENT_TYPE, KIND_OBJECT, {"type": Wanted(slot.EVENT, SCALAR), "sub_type": SKIPPED}
    ),
    "traffic_direction": Wanted(slot.DIRECTION, SCALAR),
    "is_reply": Wanted(slot.IS_REPLY, TRUTH),
    "reply": Wanted(slot.REPLY, TRUTH),
    # Of no kind that is usual: such lines are the exact parser's.
    "aggregate": Wanted(slot.AGGREGATE, 0),
    **dict.fromkeys(
        (
            *("uuid", "emitter", "ethernet", "node_name", "trace_observation_point", "trace_reason"),
            *("interface", "Summary"),
        ),
        SKIPPED,
    ),
}
PROGRAM = compile_program(
    {
        "flow": Wanted(slot.FLOW, KIND_OBJECT, _FLOW),
        "time": Wanted(slot.OUTER_TIME, KIND_STRING),
        "lost_events": Wanted(slot.OTHER_EVENT, 0),
        "node_name": SKIPPED,
    }
)
"""What is wanted of an exported event."""


def _vocabulary() -> NDArray[np.uint8]:
    """Return the names of enum values as the kernel reads them, in the order of its ranges."""
    words = b""
    for names, (first, end) in (
        (VERDICT_NAMES, slot.VERDICTS),
        (REASON_NAMES, slot.REASONS),
        (TYPE_NAMES, slot.TYPES),
        (DIRECTION_NAMES, slot.DIRECTIONS),
    ):
        assert (first, end) == (len(words) // slot.WORD_BYTES, len(words) // slot.WORD_BYTES + len(names))
        for name, number in names.items():
            words += name.encode().ljust(slot.WORD_BYTES - 2, b"\0") + bytes([len(name), number])
    return np.frombuffer(words + bytes(PADDING), np.uint8)


_MEANING = (PROGRAM, _vocabulary())


class _Room(threading.local):
    """What a thread needs again and again: the values noted of some lines."""

    def __init__(self) -> None:
        self.found = Found(
            status=np.empty(_LINES_AT_ONCE, np.uint8),
            kinds=np.empty((_LINES_AT_ONCE, slot.N_SLOTS + 1), np.uint8),
            spans=np.empty((_LINES_AT_ONCE, slot.N_SLOTS + 1), np.uint64),
        )


_ROOM = _Room()


def scan_block(file: str, block: LineBlock | ValueBlock, limit: int) -> Scanned:
    """Read the events of usual form.

    Parameters
    ----------
    file : str
        As messages name it.
    block : LineBlock or ValueBlock
        The lines.
    limit : int
        Bytes of the longest line that is read.

    Raises
    ------
    OtherLinesError
        If values are not what they should be.
    """
    text = block.text
    events, n, lines = _read(block, limit)
    odd = np.flatnonzero(events.state == slot.EVENT_ODD)
    codes, addresses, kept, odd = ends_of(text, events.addresses[:n], events.line[:n], odd)
    rows = events.line[kept].astype(np.int64) + block.first_line
    account = Account(n_rows=len(rows))
    counts = np.bincount(events.state, minlength=slot.EVENT_SKIPPED)
    for reason, count in zip(slot.SKIPPED_KINDS, counts[slot.EVENT_SKIPPED :].tolist(), strict=False):
        account.n_rows += count
        account.skip(reason, count)
    batch = FlowBatch(
        file=file,
        account=account,
        rows=rows,
        src_codes=codes[0, kept],
        dst_codes=codes[1, kept],
        sources=addresses,
        destinations=addresses,
        protocol=events.protocol[kept],
        src_port=events.ports[0, kept],
        dst_port=events.ports[1, kept],
        opener_hint=events.hint[kept],
        observed=events.observed[kept],
        weight=None,
        evidence=TimeEvidence(events.time[kept]),
    )
    return Scanned(batch, odd_texts(block, odd, lines))


def _read(block: LineBlock | ValueBlock, limit: int) -> tuple[Events, int, NDArray[np.uint32]]:
    """Scan a block piece by piece; return what the lines say, how many flows there are, and the lines."""
    n_lines = block.n_lines
    events = Events(
        state=np.empty(n_lines, np.uint8),
        line=np.empty(n_lines, np.int32),
        addresses=np.empty((n_lines, 2, 2), np.int32),
        protocol=np.empty(n_lines, np.uint8),
        hint=np.empty(n_lines, np.uint8),
        observed=np.empty(n_lines, np.uint8),
        ports=np.empty((2, n_lines), np.uint16),
        time=np.empty(n_lines, np.int64),
    )
    lines = np.empty((n_lines, 4), np.uint32)
    if not isinstance(block, ValueBlock):
        return events, _read_lines(block, limit, lines, events), lines
    text = block.text
    n_flows = 0
    for piece in indexed(block, lines):
        numbers = np.array([limit, n_flows, piece.n_before, piece.start], np.int64)
        places = piece.quotes, piece.lines
        n_flows = read_lines(text[piece.start :], places, numbers, _MEANING, _ROOM.found, events)
    return events, n_flows, lines


def _read_lines(block: LineBlock, limit: int, lines: NDArray[np.uint32], events: Events) -> int:
    """Scan a block of lines; return how many flows there are."""
    text, sizes = block.text, (block.size, json_pieces.PIECE_BYTES, limit)
    progress = np.zeros(N_PROGRESS, np.int64)
    n_bytes = min(block.size, json_pieces.PIECE_BYTES)
    n_quotes = n_bytes // json_pieces.BYTES_A_QUOTE
    while n_bytes:
        quotes = json_pieces.room_for(n_quotes)
        n_bytes = read_block(text, sizes, (quotes, lines), _MEANING, _ROOM.found, events, progress)
        n_quotes = json_pieces.more_quotes(n_quotes, n_bytes)
    assert progress[N_LINES] == block.n_lines
    return int(progress[N_FLOWS])
