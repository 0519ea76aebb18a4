"""What the scanned values of Hubble events say: a flow, a record of another kind, or one for the exact parser.

The rules are those of ``auditor.flows.hubble_meaning``, which decides wherever this says ``EVENT_ODD``: whenever a
value is not of the usual form, and for every record that is rejected.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kernels import codes
from kernels.hubble_values import (
    ABSENT,
    DESTINATION_ADDRESS,
    DESTINATION_ID,
    DESTINATION_PORT,
    DIRECTION,
    DIRECTIONS,
    DROP_REASON,
    DROP_REASON_DESC,
    EVENT,
    EVENT_BLANK,
    EVENT_FLOW,
    EVENT_ODD,
    FLOW,
    L7,
    LOW,
    OUTER_TIME,
    REASONS,
    SHIFT_32,
    SOURCE_ADDRESS,
    SOURCE_ID,
    SOURCE_PORT,
    TIME,
    TRANSPORT,
    TYPE,
    TYPES,
    UNUSUAL,
    VERDICT,
    VERDICTS,
    enum_value,
    is_local,
    observed_of,
    opener_hint,
    record_kind,
    whole_number,
)
from kernels.jit import kernel
from kernels.json import LINE_BLANK, LINE_READ, scan_lines
from kernels.json_program import KIND_NULL
from kernels.memory import base_of
from kernels.times import TIME_UNKNOWN, time_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kernels.json_program import Found, Program

_MAX_PORT = 65535


class Events(NamedTuple):
    """Out: the flows among L lines, F of them, at the beginning of each array.

    Attributes
    ----------
    state : ndarray of uint8, shape (L,)
        ``EVENT_*`` of each line, or more for a record of another kind.
    line : ndarray of int32, shape (L,)
        Line of each flow.
    addresses : ndarray of int32, shape (L, 2, 2)
        Where the source and the destination address of each flow begin and end.
    protocol, hint, observed : ndarray of uint8, shape (L,)
        IANA number, ``codes.HINT_*`` and ``codes.OBSERVED_*`` of each flow.
    ports : ndarray of uint16, shape (2, L)
        Source and destination port of each flow.
    time : ndarray of int64, shape (L,)
        Nanoseconds since 1970, ``TIME_UNKNOWN`` where the record has no time.
    """

    state: NDArray[np.uint8]
    line: NDArray[np.int32]
    addresses: NDArray[np.int32]
    protocol: NDArray[np.uint8]
    hint: NDArray[np.uint8]
    observed: NDArray[np.uint8]
    ports: NDArray[np.uint16]
    time: NDArray[np.int64]


@kernel
def read_lines(
    text: NDArray[np.uint8],
    places: tuple[NDArray[np.uint32], NDArray[np.uint32]],
    numbers: NDArray[np.int64],
    meaning: tuple[Program, NDArray[np.uint8]],
    found: Found,
    events: Events,
) -> int:
    """Say what each line of a text is, and note the flows.

    Parameters
    ----------
    text : ndarray of uint8, shape (N,)
        As given to ``kernels.json_index.index_lines``.
    places : tuple of ndarray
        Its quotes and lines.
    numbers : ndarray of int64, shape (4,)
        Bytes of the longest line that is read, and how many flows were noted before; then, if the text is a piece of a
        longer one, how many lines and how many bytes of that stand before it.
    meaning : tuple of Program and ndarray of uint8
        What is wanted of a line, and the names of enum values, as ``read_events`` takes them.
    found : Found
        Scratch for some lines: as many are scanned before they are read as still are in the nearest cache then.
    events : Events
        Out.

    Returns
    -------
    int
        How many flows are noted now.
    """
    quotes, lines = places
    program, vocabulary = meaning
    n_flows = int(numbers[1])
    n_together = len(found.status)
    limits = np.empty(3, np.uint64)
    bounds = np.empty(5, np.int64)
    limits[2] = numbers[0]
    bounds[3] = numbers[2]
    bounds[4] = numbers[3]
    for first in range(0, len(lines), n_together):
        last = min(first + n_together, len(lines))
        found.kinds[:] = 0
        limits[0] = bounds[0] = first
        limits[1] = bounds[1] = last
        bounds[2] = n_flows
        scan_lines(text, quotes, lines, limits, program, found)
        n_flows = read_events(text, found, bounds, vocabulary, events)
    return n_flows


@kernel
def read_events(
    text: NDArray[np.uint8],
    found: Found,
    bounds: NDArray[np.int64],
    vocabulary: NDArray[np.uint8],
    events: Events,
) -> int:
    """Say what each line is, and note the flows.

    Parameters
    ----------
    text : ndarray of uint8, shape (N,)
        The lines.
    found : Found
        What ``kernels.json.scan_lines`` noted of some of them.
    bounds : ndarray of int64, shape (5,)
        The first of these lines, the line behind the last one, and how many flows were noted before; then, if the text
        is a piece of a longer one, how many lines and how many bytes of that stand before it.
    vocabulary : ndarray of uint8, shape (V * WORD_BYTES,)
        Names of enum values, then padding.
    events : Events
        Out.

    Returns
    -------
    int
        How many flows are noted now.
    """
    statuses, kinds, spans = found
    source = base_of(text)
    words = base_of(vocabulary)
    n_flows = int(bounds[2])
    n_before, shift = bounds[3], bounds[4]
    for line in range(bounds[0], bounds[1]):
        row = line - bounds[0]
        if statuses[row] != LINE_READ:
            events.state[n_before + line] = EVENT_BLANK if statuses[row] == LINE_BLANK else EVENT_ODD
            continue
        events.state[n_before + line] = EVENT_ODD
        if kinds[row, FLOW] == ABSENT:
            continue
        event = (
            0 if kinds[row, EVENT] == ABSENT else whole_number(source, kinds[row, EVENT], spans[row, EVENT])
        )
        kind = enum_value(source, kinds[row, TYPE], spans[row, TYPE], (words, TYPES[0], TYPES[1]))
        if event == UNUSUAL or kind == UNUSUAL:
            continue
        state = record_kind(event, kind, kinds[row, L7] != ABSENT and kinds[row, L7] != KIND_NULL)
        if state != EVENT_FLOW:
            events.state[n_before + line] = state
            continue
        protocol = kinds[row, TRANSPORT]
        src_port = 0
        if kinds[row, SOURCE_PORT] != ABSENT:
            src_port = whole_number(source, kinds[row, SOURCE_PORT], spans[row, SOURCE_PORT])
        dst_port = 0
        if kinds[row, DESTINATION_PORT] != ABSENT:
            dst_port = whole_number(source, kinds[row, DESTINATION_PORT], spans[row, DESTINATION_PORT])
        verdict = enum_value(
            source, kinds[row, VERDICT], spans[row, VERDICT], (words, VERDICTS[0], VERDICTS[1])
        )
        description = enum_value(
            source,
            kinds[row, DROP_REASON_DESC],
            spans[row, DROP_REASON_DESC],
            (words, REASONS[0], REASONS[1]),
        )
        reason = 0
        if kinds[row, DROP_REASON] != ABSENT:
            reason = whole_number(source, kinds[row, DROP_REASON], spans[row, DROP_REASON])
        direction = enum_value(
            source, kinds[row, DIRECTION], spans[row, DIRECTION], (words, DIRECTIONS[0], DIRECTIONS[1])
        )
        client = is_local(source, kinds[row, SOURCE_ID], spans[row, SOURCE_ID])
        server = is_local(source, kinds[row, DESTINATION_ID], spans[row, DESTINATION_ID])
        time_slot = OUTER_TIME if kinds[row, TIME] == ABSENT else TIME
        time = TIME_UNKNOWN
        if kinds[row, time_slot] != ABSENT:
            time = time_of(source, spans[row, time_slot] & LOW, spans[row, time_slot] >> SHIFT_32)
            if time == TIME_UNKNOWN:
                continue
        if (
            kinds[row, SOURCE_ADDRESS] == ABSENT
            or kinds[row, DESTINATION_ADDRESS] == ABSENT
            or protocol == ABSENT
            or src_port < 0
            or src_port > _MAX_PORT
            or dst_port < 0
            or dst_port > _MAX_PORT
            or verdict == UNUSUAL
            or description == UNUSUAL
            or reason == UNUSUAL
            or direction == UNUSUAL
            or client == UNUSUAL
            or server == UNUSUAL
        ):
            continue
        has_verdict = kinds[row, VERDICT] != ABSENT
        observed = observed_of(verdict, has_verdict, description, reason, event)
        hint = opener_hint(kinds, row, event, observed, direction, (client, server))
        if protocol == 6 or protocol == 17 or protocol == 132:
            # Without the port that the connection went to it cannot be judged: the exact parser says why.
            is_answer = hint == codes.HINT_DESTINATION_REPLY_FLAG or hint == codes.HINT_DESTINATION_TCP_FLAGS
            needed = SOURCE_PORT if is_answer else DESTINATION_PORT
            if kinds[row, needed] == ABSENT:
                continue
        events.state[n_before + line] = EVENT_FLOW
        events.line[n_flows] = n_before + line
        events.addresses[n_flows, 0, 0] = np.int64(spans[row, SOURCE_ADDRESS] & LOW) + shift
        events.addresses[n_flows, 0, 1] = np.int64(spans[row, SOURCE_ADDRESS] >> SHIFT_32) + shift
        events.addresses[n_flows, 1, 0] = np.int64(spans[row, DESTINATION_ADDRESS] & LOW) + shift
        events.addresses[n_flows, 1, 1] = np.int64(spans[row, DESTINATION_ADDRESS] >> SHIFT_32) + shift
        events.protocol[n_flows] = protocol
        events.hint[n_flows] = hint
        events.observed[n_flows] = observed
        events.ports[0, n_flows] = src_port
        events.ports[1, n_flows] = dst_port
        events.time[n_flows] = time
        n_flows += 1
    return n_flows
