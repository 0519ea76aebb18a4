"""A byte scanner of flow-log text: records of usual form to columns, in one pass; all other lines are set aside.

The columns of the text are a program: for each slot the column that fills it. ``text_index`` says where fields end, so
columns that nobody wants cost nothing. A record is taken only if nothing is unusual; the exact decoder reads the rest.
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
    base_of,
    byte_at,
    load_64,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kernels.memory import Base

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

_N_TEXTS = 6
_MAX_PORT = 65535
_TCP = 6
_SYN_ACK = 18
_TWO = np.uint64(2)
_SIX = np.uint64(6)
_EIGHT = np.uint64(8)
_THIRTY_TWO = np.uint64(32)
_LOW = np.uint64(0xFFFF_FFFF)
_SIX_BYTES = np.uint64(0xFFFF_FFFF_FFFF)
_TWO_BYTES = np.uint64(0xFFFF)
_OK = np.uint64(0x4B4F)
_NODATA = np.uint64(0x4154_4144_4F4E)
_SKIPDATA = np.uint64(0x4154_4144_5049_4B53)
_NO_DATA = -3
_LOST_DATA = -4
_ACCEPT = np.uint64(0x5450_4543_4341)
_REJECT = np.uint64(0x5443_454A_4552)


class Rules(NamedTuple):
    """What the records of a text look like.

    Attributes
    ----------
    numbers : ndarray of uint64, shape (N, 2)
        The columns that are numbers, and the slot that each fills; ``PROTOCOL`` and ``DESTINATION_PORT`` are filled.
    texts : ndarray of uint64, shape (T, 2)
        The same of the columns that are no numbers; an address of either side is filled.
    limits : ndarray of int64, shape (4,)
        Bytes of the longest line; the version that records must have, -1 for any; the last second that is a time; how
        many columns there are.
    hints : ndarray of uint8, shape (256,)
        ``codes.HINT_*`` for TCP flags.
    """

    numbers: NDArray[np.uint64]
    texts: NDArray[np.uint64]
    limits: NDArray[np.int64]
    hints: NDArray[np.uint8]


class Records(NamedTuple):
    """Out: the records among L lines, F of them, at the beginning of each array.

    Attributes
    ----------
    line : ndarray of int32, shape (L,)
        Number in the text (from 0) of the line of each record.
    addresses : ndarray of int32, shape (L, 2, 2)
        Where the source and the destination address of each record begin and end: those of the packet, where it has
        none those of the interface.
    protocol, hint, observed : ndarray of uint8, shape (L,)
        IANA number, ``codes.HINT_*`` and ``codes.OBSERVED_*``.
    ports : ndarray of uint16, shape (2, L)
        Source and destination port, 0 where the text has no such column.
    evidence : ndarray of int64, shape (4, L)
        Start and end in seconds since 1970, bytes, packets; ``MISSING`` where not known.
    odd : ndarray of int32, shape (L,)
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
def _action_at(text: Base, span: np.uint64) -> int:
    """Return ``codes.OBSERVED_*`` of an action, ``BROKEN`` for anything else than ACCEPT, REJECT and no such column."""
    first = span & _LOW
    length = (span >> _THIRTY_TWO) - first
    if length != _SIX:
        return codes.OBSERVED_UNSEEN if span == NO_BITS else BROKEN
    word = load_64(text, first) & _SIX_BYTES
    if word == _ACCEPT:
        return codes.OBSERVED_FORWARDED
    return codes.OBSERVED_REFUSED if word == _REJECT else BROKEN


@device
def _status_at(text: Base, span: np.uint64) -> int:
    """Return 0 if a log status is OK, or if there is no such column, ``_NO_DATA``, ``_LOST_DATA`` or ``BROKEN``."""
    first = span & _LOW
    length = (span >> _THIRTY_TWO) - first
    if length == _TWO:
        return 0 if load_64(text, first) & _TWO_BYTES == _OK else BROKEN
    if length == _SIX and load_64(text, first) & _SIX_BYTES == _NODATA:
        return _NO_DATA
    if length == _EIGHT and load_64(text, first) == _SKIPDATA:
        return _LOST_DATA
    return 0 if span == NO_BITS else BROKEN


@device
def _is_dash(text: Base, span: np.uint64) -> bool:
    """Return whether a field, its beginning in the lower half and its end in the upper one, is ``-`` or nothing."""
    first = span & _LOW
    length = (span >> _THIRTY_TWO) - first
    return length == NO_BITS or (length == ONE and byte_at(text, first) == 45)


@kernel
def scan_records(
    text: NDArray[np.uint8],
    ends: NDArray[np.uint32],
    indexed: NDArray[np.uint32],
    rules: Rules,
    records: Records,
) -> tuple[int, int, int, int]:
    """Read records of usual form; set all other lines aside that are not empty.

    Parameters
    ----------
    text : ndarray of uint8, shape (N,)
        As given to ``text_index.index_fields``.
    ends : ndarray of uint32, shape (E,)
        From there.
    indexed : ndarray of uint32, shape (L, 2)
        The lines, from there.
    rules : Rules
        The columns.
    records : Records
        Out.

    Returns
    -------
    n_records, n_odd, n_empty, n_lost : int
        Lines that are records; set aside; without a flow (NODATA, SKIPDATA); among these those of SKIPDATA.
    """
    numbers, texts, limits, hints = rules.numbers, rules.texts, rules.limits, rules.hints
    n_numbers, n_texts = len(numbers), len(texts)
    lines, addresses, odd = records.line, records.addresses, records.odd
    protocols, all_hints, all_observed = records.protocol, records.hint, records.observed
    ports, evidence = records.ports, records.evidence
    source = base_of(text)
    longest = np.uint64(limits[0])
    n_columns = np.uint64(limits[3])
    values = np.zeros(N_SLOTS, np.int64)
    values[SOURCE_PORT] = MISSING  # unless a column fills it
    fields = np.zeros(_N_TEXTS, np.uint64)
    n_records = 0
    n_odd = 0
    n_empty = 0
    n_lost = 0
    start = NO_BITS
    before = NO_BITS  # ends of earlier lines
    for line in range(len(indexed)):
        behind = np.uint64(indexed[line, 0])
        first = before
        n_fields = behind - first
        begin = start
        end = np.uint64(ends[behind])
        before = behind
        start = end + ONE
        is_usual = (
            n_fields == n_columns
            and indexed[line, 1] == 0
            and end - begin <= longest
            and byte_at(source, begin) != 35
        )
        if is_usual:
            tail = np.uint64(byte_at(source, end - ONE) == 13)  # no part of the last field
            last = n_columns - ONE
            for place in range(n_numbers):
                column = numbers[place, 0]
                field = (np.uint64(ends[first + column]) + ONE) & _LOW
                stop = np.uint64(ends[first + column + ONE])
                if column == last:
                    stop -= tail
                values[numbers[place, 1]] = number_at(source, field, stop)
            for place in range(n_texts):
                column = texts[place, 0]
                field = (np.uint64(ends[first + column]) + ONE) & _LOW
                stop = np.uint64(ends[first + column + ONE])
                if column == last:
                    stop -= tail
                fields[texts[place, 1]] = field | (stop << _THIRTY_TWO)
            values[ACTION] = _action_at(source, fields[ACTION])
            values[LOG_STATUS] = _status_at(source, fields[LOG_STATUS])
            if (
                values[LOG_STATUS] <= _NO_DATA
                and values[PROTOCOL] == MISSING
                and _is_dash(source, fields[ACTION])
                and (limits[1] < 0 or values[VERSION] == limits[1])
            ):
                n_empty += 1
                n_lost += int(values[LOG_STATUS] == _LOST_DATA)
                continue
            from_field = fields[PACKET_SOURCE]
            if _is_dash(source, from_field):
                from_field = fields[SOURCE]
            to_field = fields[PACKET_DESTINATION]
            if _is_dash(source, to_field):
                to_field = fields[DESTINATION]
            flags = values[TCP_FLAGS]
            # One sign bit for all that must not be negative, or too large.
            wrong = (
                values[LOG_STATUS]
                | values[ACTION]
                | values[PROTOCOL]
                | (255 - values[PROTOCOL])
                | (values[SOURCE_PORT] + 1)
                | (_MAX_PORT - values[SOURCE_PORT])
                | values[DESTINATION_PORT]
                | (_MAX_PORT - values[DESTINATION_PORT])
                | (flags + 1)
                | (255 - flags)
                | (values[START] + 1)
                | (limits[2] - values[START])
                | (values[END] + 1)
                | (limits[2] - values[END])
                | (values[N_BYTES] + 1)
                | (values[N_PACKETS] + 1)
            )
            is_usual = (
                wrong >= 0
                and not _is_dash(source, from_field)
                and not _is_dash(source, to_field)
                and (limits[1] < 0 or values[VERSION] == limits[1])
                # What a reply is judged by is the port it comes from.
                and not (
                    values[SOURCE_PORT] == MISSING
                    and values[PROTOCOL] == _TCP
                    and flags >= 0
                    and flags & _SYN_ACK == _SYN_ACK
                )
            )
        if is_usual:
            lines[n_records] = line
            addresses[n_records, 0, 0] = from_field & _LOW
            addresses[n_records, 0, 1] = from_field >> _THIRTY_TWO
            addresses[n_records, 1, 0] = to_field & _LOW
            addresses[n_records, 1, 1] = to_field >> _THIRTY_TWO
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
        elif end > begin:
            odd[n_odd] = line
            n_odd += 1
    return n_records, n_odd, n_empty, n_lost
