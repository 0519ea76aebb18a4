"""What an object, or a text, in a message seems to be: a carrier of records, an event, a record."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec
from msgspec import Raw, Struct

from auditor.flows.hubble_records import is_present
from auditor.flows.vpc_columns import read_header

if TYPE_CHECKING:
    from auditor.flows.vpc_columns import Columns

_ABSENT = Raw()
_HUBBLE = ("{", "[", "level=", "time=", "ts=", "msg=")
_STATUSES = {b"OK", b"NODATA", b"SKIPDATA"}


class Lambda(Struct, gc=False):
    """What a function is called with: base64 of gzip."""

    data: str | None = None


class Carrier(Struct, gc=False):
    """The keys that say what an object is."""

    flow: Raw = _ABSENT
    lost_events: Raw = _ABSENT
    node_status: Raw = _ABSENT
    agent_event: Raw = _ABSENT
    debug_event: Raw = _ABSENT
    level: Raw = _ABSENT
    log: Raw = _ABSENT
    message: Raw = _ABSENT
    msg: Raw = _ABSENT
    log_events: Raw = msgspec.field(default=_ABSENT, name="logEvents")
    awslogs: Raw = _ABSENT


class LogEvent(Struct, gc=False):
    """One line of a log, and its time, which is not needed."""

    message: str | None = None


class LogBatch(Struct, gc=False, rename="camel"):
    """What a subscription of CloudWatch Logs delivers."""

    message_type: str | None = None
    log_events: list[LogEvent] | None = None


CARRIER = msgspec.json.Decoder(Carrier)
LAMBDA = msgspec.json.Decoder(Lambda)
LOG_BATCH = msgspec.json.Decoder(LogBatch)
TEXT = msgspec.json.Decoder(str)


class Found(NamedTuple):
    """A line found in a message.

    Attributes
    ----------
    key : int
        Where it stands, see ``messages_text.key_of``.
    text : bytes
        The line.
    original : bytes
        The record that the exact parser reads if the line is not of usual form.
    depth : int
        How many carriers it was taken out of.
    wanted : str or None
        The format it must have, None for whichever it has.
    """

    key: int
    text: bytes
    original: bytes
    depth: int
    wanted: str | None


def may_carry(record: bytes) -> bool:
    """Return whether a record is worth a look: it is UTF-8 and has what may be the key of a carrier."""
    # Spelled out: this is asked of every line that is not of usual form.
    has_key = (
        b'"log"' in record
        or b'"message"' in record
        or b'"msg"' in record
        or b'"logEvents"' in record
        or b'"awslogs"' in record
        or b"\\u" in record  # keys may be written with escapes
    )
    return has_key and _is_utf8(record)


def is_event(carrier: Carrier) -> bool:
    """Return whether an object is a flow of Hubble, or what stands beside flows."""
    return (
        is_present(carrier.flow)
        or is_present(carrier.lost_events)
        or is_present(carrier.node_status)
        or is_present(carrier.agent_event)
        or is_present(carrier.debug_event)
    )


def is_hubble(text: str) -> bool:
    """Return whether a text is JSON, or an agent's log, rather than VPC records.

    Parameters
    ----------
    text : str
        Without blanks in front of it.
    """
    return text.startswith(_HUBBLE)


def is_vpc(text: str, columns: Columns) -> bool:
    """Return whether a text that nobody promised to be VPC records begins with one, or with a header.

    Parameters
    ----------
    text : str
        Without blanks around it.
    columns : Columns
        Those of records without a header.
    """
    line = text.partition("\n")[0].encode()
    try:
        if read_header(line) is not None:
            return True
    except ValueError:
        return True
    fields = line.split()
    return len(fields) == len(columns.names) and (not columns.is_assumed or fields[-1] in _STATUSES)


def _is_utf8(text: bytes) -> bool:
    if text.isascii():
        return True
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
