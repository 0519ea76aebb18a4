"""A byte scanner of flow-log text: records of usual form to columns, in one pass; all other lines are set aside.

The columns of the text are a program: for each the slot that its field fills. Sixty-four bytes are compared at a time
to find where fields end. A record is taken only if nothing about it is unusual; the exact decoder reads the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kernels import codes
from kernels.digits import BROKEN, MISSING, number_at
from kernels.jit import device, kernel
from kernels.memory import (
    NO_BITS,
    ONE,
    WIDTH,
    base_of,
    byte_at,
    load_64,
    mask_below,
    trailing_zeros,
    without_lowest,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kernels.memory import Base

SKIPPED = -1
PACKET_SOURCE = 0
PACKET_DESTINATION = 1
SOURCE = 2
DESTINATION = 3
LOG_STATUS = 4
ACTION = 5
PROTOCOL = 6
SOURCE_PORT = 7
DESTINATION_PORT = 8
TCP_FLAGS = 9
START = 10
END = 11
N_BYTES = 12
N_PACKETS = 13
VERSION = 14
N_SLOTS = 15

_N_ADDRESSES = 4
_MAX_PORT = 65535
_TCP = 6
_SYN_ACK = 18
_THIRTY_TWO = np.uint64(32)
_LOW = np.uint64(0xFFFF_FFFF)
_SIX_BYTES = np.uint64(0xFFFF_FFFF_FFFF)
_TWO_BYTES = np.uint64(0xFFFF)
_OK = np.uint64(0x4B4F)
_ACCEPT = np.uint64(0x5450_4543_4341)
_REJECT = np.uint64(0x5443_454A_4552)


class Rules(NamedTuple):
    """What the records of a text look like.

    Attributes
    ----------
    slots : ndarray of int8, shape (C,)
        The slot that each column fills, or ``SKIPPED``. ``PROTOCOL``, ``DESTINATION_PORT`` and an address of either
        side are among them.
    limits : ndarray of int64, shape (3,)
        Bytes of the longest line; the version that records must have, -1 for any; the last second that is a time.
    hints : ndarray of uint8, shape (256,)
        ``codes.HINT_*`` for TCP flags.
    """

    slots: NDArray[np.int8]
    limits: NDArray[np.int64]
    hints: NDArray[np.uint8]


class Records(NamedTuple):
    """Out: the records among L lines, F of them, at the beginning of each array.

    Attributes
    ----------
    line : ndarray of int32, shape (L, 3)
        Number in the text (from 0) of the line of each record, where it begins and where it ends.
    addresses : ndarray of int32, shape (2, L, 2)
        Where the source and the destination address of each record begin and end: those of the packet, where it has
        none those of the interface.
    protocol, hint, observed : ndarray of uint8, shape (L,)
        IANA number, ``codes.HINT_*`` and ``codes.OBSERVED_*``.
    ports : ndarray of uint16, shape (2, L)
        Source and destination port, 0 where the text has no such column.
    evidence : ndarray of int64, shape (4, L)
        Start and end in seconds since 1970, bytes, packets; ``MISSING`` where not known.
    odd : ndarray of int32, shape (L, 3)
        As ``line``, for the lines that are set aside.
    """

    line: NDArray[np.int32]
    addresses: NDArray[np.int32]
    protocol: NDArray[np.uint8]
    hint: NDArray[np.uint8]
    observed: NDArray[np.uint8]
    ports: NDArray[np.uint16]
    evidence: NDArray[np.int64]
    odd: NDArray[np.int32]


@device
def _action_at(text: Base, first: np.uint64, end: np.uint64) -> int:
    """Return ``codes.OBSERVED_*`` of an action, ``BROKEN`` for anything else than ACCEPT and REJECT."""
    if end - first != np.uint64(6):
        return BROKEN
    word = load_64(text, first) & _SIX_BYTES
    if word == _ACCEPT:
        return codes.OBSERVED_FORWARDED
    return codes.OBSERVED_REFUSED if word == _REJECT else BROKEN


@device
def _is_dash(text: Base, span: np.uint64) -> bool:
    """Return whether a field, its beginning in the lower half and its end in the upper one, is ``-`` or nothing."""
    first = span & _LOW
    length = (span >> _THIRTY_TWO) - first
    return length == NO_BITS or (length == ONE and byte_at(text, first) == 45)


@kernel
def scan_records(
    text: NDArray[np.uint8], size: np.uint64, rules: Rules, records: Records
) -> tuple[int, int, int]:
    """Read records of usual form; set all other lines aside that are not blank.

    Parameters
    ----------
    text : ndarray of uint8, shape (size + PADDING,)
        Whole lines, less than 2 GiB; a line feed stands behind the last one, within ``size`` or at its end.
    size : uint64
        Bytes that count.
    rules : Rules
        The columns.
    records : Records
        Out.

    Returns
    -------
    n_records, n_odd, n_lines : int
        How many lines are records, how many are set aside, how many there are.
    """
    slots, limits, hints = rules.slots, rules.limits, rules.hints
    lines, addresses, odd = records.line, records.addresses, records.odd
    protocols, all_hints, all_observed = records.protocol, records.hint, records.observed
    ports, evidence = records.ports, records.evidence
    source = base_of(text)
    n_columns = len(slots)
    longest = np.uint64(limits[0])
    values = np.zeros(N_SLOTS, np.int64)
    values[SOURCE_PORT] = MISSING  # unless a column fills it
    fields = np.zeros(_N_ADDRESSES, np.uint64)
    n_records = 0
    n_odd = 0
    n_lines = 0
    column = 0
    is_odd = False
    field = NO_BITS  # where the present field began
    start = NO_BITS  # where the present line began
    at = NO_BITS
    while at <= size:
        # Blanks and line feeds, and with them what no usual record has: other control characters, all beyond ASCII.
        ends = mask_below(source, at, 33)
        if size - at < WIDTH:
            ends = (ends & ((ONE << (size - at)) - ONE)) | (ONE << (size - at))
        while ends:
            end = at + trailing_zeros(ends)
            ends = without_lowest(ends)
            byte = byte_at(source, end) if end < size else 10
            if byte != 32 and byte != 10 and not 9 <= byte <= 13:
                is_odd = True
                continue
            if end > field:
                if column == 0 and byte_at(source, field) == 35:
                    is_odd = True  # a comment
                if column < n_columns:
                    slot = slots[column]
                    if slot >= PROTOCOL:
                        values[slot] = number_at(source, field, end)
                    elif slot >= LOG_STATUS:
                        if slot == ACTION:
                            values[ACTION] = _action_at(source, field, end)
                        elif end - field != np.uint64(2) or load_64(source, field) & _TWO_BYTES != _OK:
                            is_odd = True
                    elif slot >= 0:
                        fields[slot] = field | (end << _THIRTY_TWO)
                column += 1
            field = end + ONE
            if byte != 10:
                continue
            if column == 0 and not is_odd and end - start <= longest:
                if end < size:
                    n_lines += 1
                start = field
                continue
            from_field = fields[PACKET_SOURCE]
            if _is_dash(source, from_field):
                from_field = fields[SOURCE]
            to_field = fields[PACKET_DESTINATION]
            if _is_dash(source, to_field):
                to_field = fields[DESTINATION]
            flags = values[TCP_FLAGS]
            if (
                is_odd
                or column != n_columns
                or end - start > longest
                or values[PROTOCOL] < 0
                or values[PROTOCOL] > 255
                or values[SOURCE_PORT] < MISSING
                or values[SOURCE_PORT] > _MAX_PORT
                # What a reply is judged by is the port it comes from.
                or (
                    values[SOURCE_PORT] == MISSING
                    and values[PROTOCOL] == _TCP
                    and flags >= 0
                    and flags & _SYN_ACK == _SYN_ACK
                )
                or values[DESTINATION_PORT] < 0
                or values[DESTINATION_PORT] > _MAX_PORT
                or values[ACTION] < 0
                or flags < MISSING
                or flags > 255
                or values[START] < MISSING
                or values[START] > limits[2]
                or values[END] < MISSING
                or values[END] > limits[2]
                or values[N_BYTES] < MISSING
                or values[N_PACKETS] < MISSING
                or (limits[1] >= 0 and values[VERSION] != limits[1])
                or _is_dash(source, from_field)
                or _is_dash(source, to_field)
            ):
                odd[n_odd, 0] = n_lines
                odd[n_odd, 1] = start
                odd[n_odd, 2] = end
                n_odd += 1
            else:
                lines[n_records, 0] = n_lines
                lines[n_records, 1] = start
                lines[n_records, 2] = end
                addresses[0, n_records, 0] = from_field & _LOW
                addresses[0, n_records, 1] = from_field >> _THIRTY_TWO
                addresses[1, n_records, 0] = to_field & _LOW
                addresses[1, n_records, 1] = to_field >> _THIRTY_TWO
                protocols[n_records] = values[PROTOCOL]
                all_hints[n_records] = (
                    hints[flags] if values[PROTOCOL] == _TCP and flags >= 0 else codes.HINT_NONE
                )
                all_observed[n_records] = values[ACTION]
                ports[0, n_records] = max(values[SOURCE_PORT], 0)
                ports[1, n_records] = values[DESTINATION_PORT]
                evidence[0, n_records] = values[START]
                evidence[1, n_records] = values[END]
                evidence[2, n_records] = values[N_BYTES]
                evidence[3, n_records] = values[N_PACKETS]
                n_records += 1
            n_lines += 1
            column = 0
            is_odd = False
            start = field
        at += WIDTH
    return n_records, n_odd, n_lines
