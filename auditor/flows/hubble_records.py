r"""One line of a Hubble log to the flow in it; what the flow means is decided elsewhere.

A line is an export event or a ``hubble observe`` response (``{"flow": {...}}``), a bare flow (before
December 2022), a record quoted in an agent's log line (``level=info msg="{\"flow\": ...}"``), or a record
that a shipper put as text under ``log``, ``message`` or ``msg``. Only what a verdict needs is read; URLs,
headers and labels are never kept.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec
from msgspec import Raw, Struct

MAX_WRAPPERS = 2
"""How many times a record may be quoted as text inside another."""

Number = int | float | str | None
"""64-bit integers are JSON strings, shippers turn integers into ``8080.0``, and zero is left out."""

_ABSENT = Raw()


class RejectedRecordError(Exception):
    """Nobody understands the record."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class SkippedRecordError(Exception):
    """The record is no flow; ``losses`` is what it says was lost: (cause, count) pairs."""

    def __init__(self, reason: str, losses: tuple[tuple[str, int], ...] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.losses = losses


class Flags(Struct, gc=False):
    """TCP flags; absent is false."""

    SYN: bool | None = None
    ACK: bool | None = None


class Transport(Struct, gc=False):
    """What stands under the one key of ``l4``; ICMP types and the like are not needed."""

    source_port: Number = None
    destination_port: Number = None
    flags: Flags | None = None


class Network(Struct, gc=False):
    """Addresses; ``source`` is the one before source translation."""

    source: str | None = None
    destination: str | None = None


class Side(Struct, gc=False):
    """``ID`` stands only on the side that lives on the reporting node."""

    ID: Number = None


class EventType(Struct, gc=False):
    """What the agent saw: 1 drop, 4 trace, 5 policy verdict, and others."""

    type: Number = None


class Aggregate(Struct, gc=False):
    """How many events one exported line stands for."""

    ingress_flow_count: Number = None
    egress_flow_count: Number = None
    unknown_direction_flow_count: Number = None


class Flow(Struct, gc=False):
    """The parts of ``flow.Flow`` that a verdict needs, named as in the log.

    Proto3 JSON leaves out zero values, and a field mask leaves out anything, so every field may be absent.
    """

    time: Any = None
    verdict: Number = None
    drop_reason: Number = None
    drop_reason_desc: Number = None
    IP: Network | None = None
    l4: dict[str, Transport | None] | None = None
    source: Side | None = None
    destination: Side | None = None
    Type: Number = None
    l7: Raw = _ABSENT
    event_type: EventType | None = None
    traffic_direction: Number = None
    is_reply: bool | None = None
    reply: bool | None = None
    aggregate: Aggregate | None = None


class LostEvents(Struct, gc=False):
    """Events that Hubble or the kernel dropped before anyone saw them."""

    source: Number = None
    num_events_lost: Number = None


class Envelope(Struct, gc=False):
    """A line's outer object.

    Hubble writes exactly one of the first five; shippers write text under one of the last three.
    """

    flow: Flow | None = None
    node_status: Raw = _ABSENT
    lost_events: LostEvents | None = None
    agent_event: Raw = _ABSENT
    debug_event: Raw = _ABSENT
    time: Any = None
    level: Raw = _ABSENT
    log: Raw = _ABSENT
    message: Raw = _ABSENT
    msg: Raw = _ABSENT


_ENVELOPE = msgspec.json.Decoder(Envelope)
_FLOW = msgspec.json.Decoder(Flow)
_TEXT = msgspec.json.Decoder(str)
_MAX_DIGITS = 20  # of an unsigned 64-bit integer

_AGENT_LOG = re.compile(rb'\A(?:level|time|ts|msg)=(?:"|\S)')
_MESSAGE = re.compile(rb'(?:\A|\s)msg="(?P<text>(?:[^"\\]|\\.)*)"')
_OPEN_MESSAGE = re.compile(rb'(?:\A|\s)msg="\s*\{')
# Only then is an object read as a bare flow: a JSON log line of the agent has a ``source`` of another type.
_FLOW_KEY = re.compile(rb'"(?:IP|l4|event_type|verdict|Type)"\s*:')
_LOSS_SOURCES = (
    "UNKNOWN_LOST_EVENT_SOURCE",
    "PERF_EVENT_RING_BUFFER",
    "OBSERVER_EVENTS_QUEUE",
    "HUBBLE_RING_BUFFER",
)


def read_record(line: bytes) -> Flow:
    """Decode one record.

    Parameters
    ----------
    line : bytes
        One line without its end, not blank, of valid UTF-8; or one JSON document over several lines.

    Returns
    -------
    Flow
        With the envelope's time where it has none of its own.

    Raises
    ------
    SkippedRecordError
        The record is of another kind than a flow.
    RejectedRecordError
        It is broken, or an object in which no flow is found.
    """
    try:
        return _read(line, 0)
    except RecursionError:
        raise RejectedRecordError("JSON nested too deep") from None
    except msgspec.ValidationError:
        raise RejectedRecordError("a field has a value of the wrong type") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise RejectedRecordError("not JSON") from None


def _read(line: bytes, depth: int) -> Flow:
    """Read a line from which ``depth`` wrappers were taken off."""
    if depth > MAX_WRAPPERS:
        raise RejectedRecordError("record quoted inside records too many times")
    if not line.startswith(b"{"):
        return _read_text(line, depth)
    envelope = _ENVELOPE.decode(line)
    flow = envelope.flow
    if flow is None:
        return _read_without_flow(envelope, line, depth)
    if flow.time is None:
        flow.time = envelope.time
    return flow


def _read_text(line: bytes, depth: int) -> Flow:
    """Read a line that does not start as an object: an agent's log line, perhaps with a record in it."""
    stripped = line.strip()
    if stripped.startswith(b"{"):
        return _read(stripped, depth)
    if not _AGENT_LOG.match(stripped):
        msgspec.json.decode(stripped, type=Raw)
        raise RejectedRecordError("not a JSON object")
    quoted = _MESSAGE.search(stripped)
    if quoted is None and _OPEN_MESSAGE.search(stripped):
        raise RejectedRecordError("log line quotes its message wrongly")
    if quoted is None or not quoted["text"].lstrip().startswith(b"{"):
        raise SkippedRecordError("agent-log")
    try:
        message = _TEXT.decode(b'"' + quoted["text"] + b'"')
    except msgspec.DecodeError:
        raise RejectedRecordError("log line quotes its message wrongly") from None
    return _read(message.strip().encode(), depth + 1)


def _read_without_flow(envelope: Envelope, line: bytes, depth: int) -> Flow:
    """Read an object without ``flow``: another event, quoted text, a bare flow, or an agent's log line."""
    if envelope.lost_events is not None:
        raise _loss(envelope.lost_events)
    for name in ("node_status", "agent_event", "debug_event"):
        if is_present(getattr(envelope, name)):
            raise SkippedRecordError(name)
    for quoted in (envelope.log, envelope.message, envelope.msg):
        if bytes(quoted).startswith(b'"'):
            text = _TEXT.decode(quoted).strip()
            if text.startswith("{"):
                return _read(text.encode(), depth + 1)
    bare = _FLOW.decode(line) if _FLOW_KEY.search(line) else Flow()
    if any(part is not None for part in (bare.IP, bare.l4, bare.event_type, bare.verdict, bare.Type)):
        return bare
    if is_present(envelope.level) and (is_present(envelope.msg) or is_present(envelope.message)):
        raise SkippedRecordError("agent-log")
    raise RejectedRecordError("JSON object without a flow")


def _loss(lost: LostEvents) -> SkippedRecordError | RejectedRecordError:
    count = whole_number(lost.num_events_lost)
    if count is None or not 0 <= count < 1 << 63:
        return RejectedRecordError("lost_events without a valid count")
    source = lost.source
    if source not in _LOSS_SOURCES:
        number = whole_number(source)
        known = number is not None and 0 <= number < len(_LOSS_SOURCES)
        source = _LOSS_SOURCES[number if known and number is not None else 0]
    losses = ((f"lost_events {source}", count),) if count else ()
    return SkippedRecordError("lost_events", losses)


def is_present(value: Raw) -> bool:
    """Return whether a field that is not decoded stands in the record; null counts as absent."""
    return bool(value) and bytes(value) != b"null"


def whole_number(value: Number) -> int | None:
    """Return the whole number that a JSON number or text stands for.

    Parameters
    ----------
    value : int, float, str or None
        As the log has it.

    Returns
    -------
    int or None
        0 for what is absent, None for what is no whole number.
    """
    if value is None:
        return 0
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    # int() would also read spaces, underscores and other scripts' digits, and is slow on endless ones.
    digits = value.removeprefix("-")
    return int(value) if digits.isascii() and digits.isdecimal() and len(digits) <= _MAX_DIGITS else None
