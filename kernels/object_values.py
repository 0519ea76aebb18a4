"""Single values of flows written as JSON objects: what the text of each says, by the rules of generic flow tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kernels import codes
from kernels.hubble_values import ABSENT, LOW, SHIFT_32, UNUSUAL, whole_number
from kernels.jit import device, stage
from kernels.json_program import KIND_FALSE, KIND_NULL, KIND_NUMBER, KIND_STRING, KIND_TRUE
from kernels.memory import LOW_BYTES, NO_BITS, ONE, byte_at, load_64
from kernels.times import TIME_UNKNOWN, time_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kernels.memory import Base

# Places of the values of a flow, in the order of ``auditor.flows.generic_names.NAMES``.
SOURCE_ADDRESS = 0
DESTINATION_ADDRESS = 1
PROTOCOL = 2
DESTINATION_PORT = 3
SOURCE_PORT = 4
OBSERVED = 5
WEIGHT = 6
IS_REPLY = 7
TCP_FLAGS = 8
TIME_START = 9
TIME_END = 10
BYTES = 11
PACKETS = 12
N_VALUES = 13

WORD_BYTES = 16
"""Bytes of the longest word that is known."""

FOLD = np.uint64(0xDFDF_DFDF_DFDF_DFDF)
"""Makes letters upper case; other bytes become what no text holds, the same on both sides."""

_EIGHT = np.uint64(8)
_MAX_LENGTH = np.uint64(WORD_BYTES)
_TCP = 6
_SYN, _ACK, _PSH_URG = 2, 16, 40
_NS_PER_S = 1_000_000_000
_LAST_SECOND = 9_223_372_036
_MOST_SECOND_DIGITS = 10


class Words(NamedTuple):
    """Names that values may have.

    Attributes
    ----------
    letters : ndarray of uint64, shape (W, 3)
        Each name under ``FOLD``, zeros behind it, and its length.
    numbers : ndarray of int64, shape (W,)
        What it stands for.
    n_protocols : ndarray of int64, shape (1,)
        So many are protocols, the others what was observed.
    """

    letters: NDArray[np.uint64]
    numbers: NDArray[np.int64]
    n_protocols: NDArray[np.int64]


@device
def is_absent(kind: int) -> bool:
    """Return whether there is no value, or null."""
    return bool(kind == ABSENT or kind == KIND_NULL)


@device
def seconds_of(text: Base, span: np.uint64) -> int:
    """Return the nanoseconds of a number of seconds, digits with or without a fraction; ``TIME_UNKNOWN`` for others."""
    at = span & LOW
    end = span >> SHIFT_32
    seconds = 0
    n_digits = 0
    while at < end and n_digits <= _MOST_SECOND_DIGITS:
        digit = byte_at(text, at) - 48
        if digit < 0 or digit > 9:
            break
        seconds = seconds * 10 + digit
        n_digits += 1
        at += ONE
    if n_digits == 0 or seconds >= _LAST_SECOND:
        return TIME_UNKNOWN
    fraction = 0
    if at < end:
        if byte_at(text, at) != 46:
            return TIME_UNKNOWN
        at += ONE
        scale = _NS_PER_S
        while at < end:
            digit = byte_at(text, at) - 48
            if digit < 0 or digit > 9:
                return TIME_UNKNOWN
            scale //= 10
            fraction += digit * scale
            at += ONE
    return seconds * _NS_PER_S + fraction


@stage
def moment(text: Base, kind: int, span: np.uint64) -> tuple[int, bool]:
    """Return a time in nanoseconds, and whether the value is of usual form."""
    if is_absent(kind):
        return TIME_UNKNOWN, True
    time = TIME_UNKNOWN
    if kind == KIND_STRING:
        time = time_of(text, span & LOW, span >> SHIFT_32)
    elif kind == KIND_NUMBER:
        time = seconds_of(text, span)
    return time, time != TIME_UNKNOWN


@stage
def word_place(text: Base, span: np.uint64, words: tuple[NDArray[np.uint64], int, int]) -> int:
    """Return the place of a word from a first one up to a last one, -1 if it is none of them."""
    first = span & LOW
    length = (span >> SHIFT_32) - first
    if length == NO_BITS or length > _MAX_LENGTH:
        return -1
    letters, begin, stop = words
    low_length = min(length, _EIGHT)
    low = load_64(text, first) & FOLD & LOW_BYTES[low_length]
    high = load_64(text, first + _EIGHT) & FOLD & LOW_BYTES[length - low_length]
    for place in range(begin, stop):
        if letters[place, 0] == low and letters[place, 1] == high and letters[place, 2] == length:
            return place
    return -1


@device
def number_of(text: Base, kind: int, span: np.uint64, otherwise: int) -> int:
    """Return a whole number, ``otherwise`` where there is none, ``UNUSUAL`` for anything else."""
    return otherwise if is_absent(kind) else whole_number(text, kind, span)


@device
def reply_of(text: Base, kind: int, span: np.uint64) -> int:
    """Return whether a flow is a reply, 1 or 0; -1 where there is no such value, ``UNUSUAL`` for anything else."""
    if kind == KIND_TRUE or kind == KIND_FALSE:
        return int(kind == KIND_TRUE)
    number = number_of(text, kind, span, -1)
    return number if number <= 1 else UNUSUAL


@device
def hint_of(protocol: int, flags: int, reply: int) -> int:
    """Say which end opened the connection, as ``auditor.flows.generic_batch`` does."""
    if reply >= 0:
        return codes.HINT_DESTINATION_REPLY_FLAG if reply else codes.HINT_SOURCE_REPLY_FLAG
    if protocol != _TCP or flags & _SYN == 0:
        return codes.HINT_NONE
    if flags & _ACK == 0:
        return codes.HINT_SOURCE_TCP_FLAGS
    return codes.HINT_DESTINATION_TCP_FLAGS if flags & _PSH_URG == 0 else codes.HINT_NONE


@device
def has_ports(protocol: int) -> bool:
    """Return whether a protocol has ports: TCP, UDP, DCCP, SCTP, UDPLITE."""
    return bool(protocol == 6 or protocol == 17 or protocol == 33 or protocol == 132 or protocol == 136)
