"""The fields of a Hubble event that a verdict needs, as a user of msgspec would write them down."""

from __future__ import annotations

from msgspec import Struct


class Flags(Struct, gc=False):
    """TCP flags that tell who opened."""

    SYN: bool = False
    ACK: bool = False


class Transport(Struct, gc=False):
    """Ports."""

    source_port: int | None = None
    destination_port: int | None = None
    flags: Flags | None = None


class Transports(Struct, gc=False):
    """The protocols of the log."""

    TCP: Transport | None = None
    UDP: Transport | None = None
    SCTP: Transport | None = None
    ICMPv4: Transport | None = None
    ICMPv6: Transport | None = None


class Network(Struct, gc=False):
    """Addresses."""

    source: str | None = None
    destination: str | None = None


class Side(Struct, gc=False):
    """An end."""

    ID: int | None = None


class EventType(Struct, gc=False):
    """What the agent saw."""

    type: int = 0


class Flow(Struct, gc=False):
    """The fields that a verdict needs."""

    time: str | None = None
    verdict: str | None = None
    drop_reason_desc: str | None = None
    IP: Network | None = None
    l4: Transports | None = None
    source: Side | None = None
    destination: Side | None = None
    Type: str | None = None
    event_type: EventType | None = None
    traffic_direction: str | None = None
    is_reply: bool | None = None


class Event(Struct, gc=False):
    """A line."""

    flow: Flow | None = None
