"""Single values of Hubble events: what the text of each says, by the rules of ``auditor.flows.hubble_meaning``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kernels import codes
from kernels.jit import device
from kernels.json_program import KIND_FALSE, KIND_NULL, KIND_NUMBER, KIND_STRING, KIND_TRUE
from kernels.memory import LOW_BYTES, NO_BITS, ONE, byte_at, load_64

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kernels.memory import Base

# Slots of the path program (see kernels.json.Program).
FLOW = 0
OUTER_TIME = 1
TIME = 2
VERDICT = 3
DROP_REASON = 4
DROP_REASON_DESC = 5
NETWORK = 6
SOURCE_ADDRESS = 7
DESTINATION_ADDRESS = 8
TRANSPORTS = 9
TRANSPORT = 10
SOURCE_PORT = 11
DESTINATION_PORT = 12
FLAGS = 13
SYN = 14
ACK = 15
SOURCE = 16
SOURCE_ID = 17
DESTINATION = 18
DESTINATION_ID = 19
TYPE = 20
L7 = 21
EVENT_TYPE = 22
EVENT = 23
DIRECTION = 24
IS_REPLY = 25
REPLY = 26
OTHER_EVENT = 27
AGGREGATE = 28
N_SLOTS = 29

EVENT_FLOW = 0
EVENT_ODD = 1
EVENT_BLANK = 2
EVENT_SKIPPED = 3
"""From here on: a record of another kind, ``SKIPPED_KINDS`` names it."""

SKIPPED_KINDS = ("l7-record", "sock-record", "debug-record", "capture-record", "agent-record")

_L7_RECORD = 3
_SOCK_RECORD = 4
_DEBUG_RECORD = 5
_CAPTURE_RECORD = 6
_AGENT_RECORD = 7

PROTOCOLS = {"TCP": 6, "UDP": 17, "SCTP": 132, "ICMPv4": 1, "ICMPv6": 58, "VRRP": 112, "IGMP": 2}
"""IANA number of each key of ``l4``; the program marks the slot TRANSPORT with it."""

ABSENT = 0
UNUSUAL = -2
UNKNOWN = -1
_EIGHT = np.uint64(8)
_MAX_DIGITS = np.uint64(18)
_WORD_LENGTH = np.uint64(32)
LOW = np.uint64(0xFFFF_FFFF)
SHIFT_32 = np.uint64(32)


WORD_BYTES = 34
"""Bytes of a word of the vocabulary: a name with zeros behind it (32), its length, the number it stands for."""

# Where the words of each enum stand in the vocabulary: the first one, and the one behind the last.
VERDICTS = (0, 8)
REASONS = (8, 12)
TYPES = (12, 16)
DIRECTIONS = (16, 19)


@device
def whole_number(text: Base, kind: int, span: np.uint64) -> int:
    """Return the number that 1 to 18 digits write, as number or text; ``UNUSUAL`` for anything else."""
    at = span & LOW
    end = span >> SHIFT_32
    if (kind != KIND_NUMBER and kind != KIND_STRING) or at == end or end - at > _MAX_DIGITS:
        return UNUSUAL
    number = 0
    while at < end:
        digit = byte_at(text, at) - 48
        if digit < 0 or digit > 9:
            return UNUSUAL
        number = number * 10 + digit
        at += ONE
    return number


@device
def enum_value(text: Base, kind: int, span: np.uint64, names: tuple[Base, int, int]) -> int:
    """Return the number of an enum value: 0 if absent, ``UNKNOWN`` for a name nobody knows, or ``UNUSUAL``.

    ``names`` are the vocabulary, and the first and the last but one of its words that belong to the enum.
    """
    if kind == ABSENT or kind == KIND_NULL:
        return 0
    first = span & LOW
    length = (span >> SHIFT_32) - first
    if kind != KIND_STRING or not 65 <= byte_at(text, first) <= 90:
        return whole_number(text, kind, span)
    vocabulary, known, last = names
    while known < last:
        entry = np.uint64(known * WORD_BYTES)
        known += 1
        if np.uint64(byte_at(vocabulary, entry + _WORD_LENGTH)) != length:
            continue
        at = first
        left = length
        is_equal = True
        while is_equal and left > _EIGHT:
            is_equal = load_64(text, at) == load_64(vocabulary, entry)
            at += _EIGHT
            entry += _EIGHT
            left -= _EIGHT
        if is_equal and (load_64(text, at) ^ load_64(vocabulary, entry)) & LOW_BYTES[left] == NO_BITS:
            return byte_at(vocabulary, np.uint64(known * WORD_BYTES) - ONE)
    return UNKNOWN


@device
def record_kind(event: int, kind: int, has_l7: bool) -> int:
    """Return the state of a record of another kind than a flow, ``EVENT_FLOW`` if it is none."""
    if event == 129:
        return _L7_RECORD
    if event == 2:
        return _DEBUG_RECORD
    if event == 3:
        return _CAPTURE_RECORD
    if event == 7:
        return _SOCK_RECORD
    if event == 130:
        return _AGENT_RECORD
    if kind == 2 or has_l7:
        return _L7_RECORD
    return _SOCK_RECORD if kind == 3 else EVENT_FLOW


@device
def observed_of(verdict: int, has_verdict: bool, description: int, reason: int, event: int) -> int:
    """Map the verdict; only drops for a policy reason count as dropped by policy."""
    if not has_verdict and event == 1:
        verdict = 2
    if verdict == 1 or verdict == 5:
        return codes.OBSERVED_FORWARDED
    if verdict == 4:
        return codes.OBSERVED_AUDITED
    if verdict != 2:
        return codes.OBSERVED_UNSEEN
    why = description if description != 0 else reason
    if why == 133 or why == 181 or why == 189 or (why == 0 and event == 5):
        return codes.OBSERVED_DROPPED
    return codes.OBSERVED_REFUSED


@device
def is_local(text: Base, kind: int, span: np.uint64) -> int:
    """Return whether an endpoint has an id, 1 or 0, or ``UNUSUAL``: text counts as one unless it is empty."""
    if kind == ABSENT or kind == KIND_NULL:
        return 0
    if kind == KIND_STRING:
        return 1 if span >> SHIFT_32 > span & LOW else 0
    number = whole_number(text, kind, span)
    return number if number == UNUSUAL else int(number != 0)


@device
def opener_hint(
    kinds: NDArray[np.uint8], row: int, event: int, observed: int, direction: int, ends: tuple[int, int]
) -> int:
    """Say which end opened the connection, by the surest sign first."""
    if kinds[row, IS_REPLY] == KIND_TRUE or kinds[row, IS_REPLY] == KIND_FALSE:
        is_reply = kinds[row, IS_REPLY] == KIND_TRUE
        return codes.HINT_DESTINATION_REPLY_FLAG if is_reply else codes.HINT_SOURCE_REPLY_FLAG
    if kinds[row, REPLY] == KIND_TRUE:
        return codes.HINT_DESTINATION_REPLY_FLAG
    if kinds[row, SYN] == KIND_TRUE:
        is_answer = kinds[row, ACK] == KIND_TRUE
        return codes.HINT_DESTINATION_TCP_FLAGS if is_answer else codes.HINT_SOURCE_TCP_FLAGS
    if observed == codes.OBSERVED_DROPPED or observed == codes.OBSERVED_AUDITED or event == 1 or event == 5:
        return codes.HINT_SOURCE_RECORDED
    source, destination = ends
    if source == destination or (direction != 1 and direction != 2):
        return codes.HINT_NONE
    opens = (source == 1) == (direction == 2)
    return codes.HINT_SOURCE_RECORDED if opens else codes.HINT_DESTINATION_REPLY_FLAG
