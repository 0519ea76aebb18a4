"""Flows written as JSON objects of a user's own shape: what the scanned values of lines say.

The rules are those of ``auditor.flows.generic_batch``, which decides wherever this says ``OBJECT_ODD``: whenever a
value is not of the usual form, and for every line that is rejected.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kernels import codes
from kernels.hubble_values import LOW, SHIFT_32, UNUSUAL, whole_number
from kernels.jit import kernel
from kernels.json import LINE_BLANK, LINE_READ, scan_lines
from kernels.json_program import KIND_STRING
from kernels.memory import base_of
from kernels.object_values import (
    BYTES,
    DESTINATION_ADDRESS,
    DESTINATION_PORT,
    IS_REPLY,
    N_VALUES,
    OBSERVED,
    PACKETS,
    PROTOCOL,
    SOURCE_ADDRESS,
    SOURCE_PORT,
    TCP_FLAGS,
    TIME_END,
    TIME_START,
    WEIGHT,
    has_ports,
    hint_of,
    is_absent,
    moment,
    number_of,
    reply_of,
    word_place,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kernels.json_program import Found, Program
    from kernels.object_values import Words

OBJECT_FLOW = 0
OBJECT_ODD = 1
OBJECT_BLANK = 2

_MAX_PORT = 65535
_MAX_PROTOCOL = 255
_MAX_WEIGHT = 1 << 40


class Objects(NamedTuple):
    """Out: the flows among L lines, F of them, at the beginning of each array.

    Attributes
    ----------
    state : ndarray of uint8, shape (L,)
        ``OBJECT_*`` of each line.
    line : ndarray of int32, shape (L,)
        Line of each flow.
    addresses : ndarray of int32, shape (L, 2, 2)
        Where the source and the destination address of each flow begin and end.
    protocol, hint, observed : ndarray of uint8, shape (L,)
        IANA number, ``codes.HINT_*`` and ``codes.OBSERVED_*`` of each flow.
    ports : ndarray of uint16, shape (2, L)
        Source and destination port of each flow.
    weight : ndarray of int64, shape (L,)
        How many flows each stands for.
    times : ndarray of int64, shape (2, L)
        Nanoseconds since 1970 of its beginning and end, ``TIME_UNKNOWN`` where the line does not say.
    counters : ndarray of int64, shape (2, L)
        Bytes and packets, -1 where the line does not say.
    """

    state: NDArray[np.uint8]
    line: NDArray[np.int32]
    addresses: NDArray[np.int32]
    protocol: NDArray[np.uint8]
    hint: NDArray[np.uint8]
    observed: NDArray[np.uint8]
    ports: NDArray[np.uint16]
    weight: NDArray[np.int64]
    times: NDArray[np.int64]
    counters: NDArray[np.int64]


@kernel
def read_objects(
    text: NDArray[np.uint8],
    places: tuple[NDArray[np.uint32], NDArray[np.uint32]],
    numbers: NDArray[np.int64],
    meaning: tuple[Program, NDArray[np.int64], Words],
    found: Found,
    objects: Objects,
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
    meaning : tuple of Program, ndarray of int64 and Words
        What is wanted of a line; the slot of each of ``N_VALUES`` values; the names.
    found : Found
        Scratch for some lines: as many are scanned before they are read as still are in the nearest cache then.
    objects : Objects
        Out.

    Returns
    -------
    int
        How many flows are noted now.
    """
    quotes, lines = places
    program, slots, words = meaning
    letters, meanings = words.letters, words.numbers
    n_protocols = int(words.n_protocols[0])
    n_words = len(meanings)
    n_flows = int(numbers[1])
    n_before, shift = int(numbers[2]), int(numbers[3])
    n_together = len(found.status)
    statuses, kinds, spans = found
    source = base_of(text)
    limits = np.empty(3, np.uint64)
    limits[2] = numbers[0]
    kind = np.empty(N_VALUES, np.uint8)
    span = np.empty(N_VALUES, np.uint64)
    for first in range(0, len(lines), n_together):
        last = min(first + n_together, len(lines))
        kinds[:] = 0
        limits[0] = first
        limits[1] = last
        scan_lines(text, quotes, lines, limits, program, found)
        for row in range(last - first):
            line = n_before + first + row
            if statuses[row] != LINE_READ:
                objects.state[line] = OBJECT_BLANK if statuses[row] == LINE_BLANK else OBJECT_ODD
                continue
            objects.state[line] = OBJECT_ODD
            for value in range(N_VALUES):
                kind[value] = kinds[row, slots[value]]
                span[value] = spans[row, slots[value]]
            if kind[SOURCE_ADDRESS] != KIND_STRING or kind[DESTINATION_ADDRESS] != KIND_STRING:
                continue
            protocol = UNUSUAL
            if kind[PROTOCOL] == KIND_STRING:
                place = word_place(source, span[PROTOCOL], (letters, 0, n_protocols))
                protocol = UNUSUAL if place < 0 else meanings[place]
            if protocol == UNUSUAL:
                protocol = whole_number(source, kind[PROTOCOL], span[PROTOCOL])
            observed = codes.OBSERVED_UNSEEN
            if not is_absent(kind[OBSERVED]):
                place = -1
                if kind[OBSERVED] == KIND_STRING:
                    place = word_place(source, span[OBSERVED], (letters, n_protocols, n_words))
                observed = UNUSUAL if place < 0 else meanings[place]
            src_port = number_of(source, kind[SOURCE_PORT], span[SOURCE_PORT], 0)
            dst_port = number_of(source, kind[DESTINATION_PORT], span[DESTINATION_PORT], 0)
            weight = number_of(source, kind[WEIGHT], span[WEIGHT], 1)
            flags = number_of(source, kind[TCP_FLAGS], span[TCP_FLAGS], 0)
            reply = reply_of(source, kind[IS_REPLY], span[IS_REPLY])
            n_bytes = number_of(source, kind[BYTES], span[BYTES], -1)
            n_packets = number_of(source, kind[PACKETS], span[PACKETS], -1)
            start, is_start = moment(source, kind[TIME_START], span[TIME_START])
            end, is_end = moment(source, kind[TIME_END], span[TIME_END])
            if (
                protocol < 0
                or protocol > _MAX_PROTOCOL
                or observed == UNUSUAL
                or src_port < 0
                or src_port > _MAX_PORT
                or dst_port < 0
                or dst_port > _MAX_PORT
                or weight < 1
                or weight > _MAX_WEIGHT
                or flags < 0
                or flags > _MAX_PORT
                or reply == UNUSUAL
                or n_bytes == UNUSUAL
                or n_packets == UNUSUAL
                or not is_start
                or not is_end
            ):
                continue
            hint = hint_of(protocol, flags, reply)
            if has_ports(protocol):
                # Without the port that the connection went to it cannot be judged: the exact parser says why.
                is_answer = (
                    hint == codes.HINT_DESTINATION_REPLY_FLAG or hint == codes.HINT_DESTINATION_TCP_FLAGS
                )
                if is_absent(kind[DESTINATION_PORT]) or (is_answer and is_absent(kind[SOURCE_PORT])):
                    continue
            objects.state[line] = OBJECT_FLOW
            objects.line[n_flows] = line
            objects.addresses[n_flows, 0, 0] = np.int64(span[SOURCE_ADDRESS] & LOW) + shift
            objects.addresses[n_flows, 0, 1] = np.int64(span[SOURCE_ADDRESS] >> SHIFT_32) + shift
            objects.addresses[n_flows, 1, 0] = np.int64(span[DESTINATION_ADDRESS] & LOW) + shift
            objects.addresses[n_flows, 1, 1] = np.int64(span[DESTINATION_ADDRESS] >> SHIFT_32) + shift
            objects.protocol[n_flows] = protocol
            objects.hint[n_flows] = hint
            objects.observed[n_flows] = observed
            objects.ports[0, n_flows] = src_port
            objects.ports[1, n_flows] = dst_port
            objects.weight[n_flows] = weight
            objects.times[0, n_flows] = start
            objects.times[1, n_flows] = end
            objects.counters[0, n_flows] = n_bytes
            objects.counters[1, n_flows] = n_packets
            n_flows += 1
    return n_flows
