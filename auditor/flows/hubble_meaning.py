"""What a Hubble flow says: flow key, who opened the connection, what happened, how many events it means.

Rules follow ``flow.proto`` of Cilium 1.19: zero values are absent from the JSON; enums are names or, where
the writer's own version did not know the name, numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from auditor.flows.hubble_records import RejectedRecordError, SkippedRecordError, is_present, whole_number
from kernels import codes
from kernels.hubble_values import PROTOCOLS

if TYPE_CHECKING:
    from auditor.flows.hubble_records import Aggregate, Flow, Number, Transport


_WITH_PORTS = frozenset({6, 17, 132})
_MAX_PORT = 65535
_MAX_COUNT = 2**32 - 1

TYPE_NAMES = {"UNKNOWN_TYPE": 0, "L3_L4": 1, "L7": 2, "SOCK": 3}
_L7, _SOCK = 2, 3
_EVENT_DROP, _EVENT_POLICY_VERDICT = 1, 5
_SKIPPED_EVENTS = {
    2: "debug-record",
    3: "capture-record",
    7: "sock-record",
    129: "l7-record",
    130: "agent-record",
}
VERDICT_NAMES = {
    "VERDICT_UNKNOWN": 0,
    "FORWARDED": 1,
    "DROPPED": 2,
    "ERROR": 3,
    "AUDIT": 4,
    "REDIRECTED": 5,
    "TRACED": 6,
    "TRANSLATED": 7,
}
_DROPPED = 2
_OBSERVED = {1: codes.OBSERVED_FORWARDED, 4: codes.OBSERVED_AUDITED, 5: codes.OBSERVED_FORWARDED}
REASON_NAMES = {"DROP_REASON_UNKNOWN": 0, "POLICY_DENIED": 133, "POLICY_DENY": 181, "AUTH_REQUIRED": 189}
_POLICY_REASONS = frozenset({133, 181, 189})
DIRECTION_NAMES = {"TRAFFIC_DIRECTION_UNKNOWN": 0, "INGRESS": 1, "EGRESS": 2}
_INGRESS, _EGRESS = 1, 2


class FlowRow(NamedTuple):
    """One row of a batch, addresses and time still as text."""

    source: str
    destination: str
    protocol: int
    src_port: int
    dst_port: int
    opener_hint: int
    observed: int
    weight: int
    time: Any


def flow_row(flow: Flow) -> FlowRow:
    """Say what a decoded flow means.

    Parameters
    ----------
    flow : Flow
        As ``read_record`` returned it.

    Returns
    -------
    FlowRow

    Raises
    ------
    SkippedRecordError
        The record repeats a connection or is no network traffic: L7, socket, debug, capture, agent.
    RejectedRecordError
        It cannot be judged: without an address, a protocol, or the port that the connection went to.
    """
    event = 0 if flow.event_type is None else _enum(flow.event_type.type, {})
    _skip(flow, event)
    source, destination = _addresses(flow)
    protocol, transport = _protocol(flow)
    src_port = _port(transport.source_port, "source")
    dst_port = _port(transport.destination_port, "destination")
    observed = _observed(flow, event)
    hint = _opener_hint(flow, event, transport, observed)
    if protocol in _WITH_PORTS:
        _require_service_port(transport, hint)
    weight = 1 if flow.aggregate is None else _weight(flow.aggregate)
    return FlowRow(source, destination, protocol, src_port, dst_port, hint, observed, weight, flow.time)


def _enum(value: Number, names: dict[str, int]) -> int:
    """Return the number of an enum value; -1 for a name or text nobody knows."""
    if isinstance(value, str) and value in names:
        return names[value]
    number = whole_number(value)
    return -1 if number is None else number


def _skip(flow: Flow, event: int) -> None:
    """Refuse records of other kinds; ``Type``, ``l7`` and ``event_type`` may each be masked out."""
    if event in _SKIPPED_EVENTS:
        raise SkippedRecordError(_SKIPPED_EVENTS[event])
    kind = _enum(flow.Type, TYPE_NAMES)
    if kind == _L7 or is_present(flow.l7):
        raise SkippedRecordError("l7-record")
    if kind == _SOCK:
        raise SkippedRecordError("sock-record")


def _addresses(flow: Flow) -> tuple[str, str]:
    network = flow.IP
    if network is None or not network.source:
        raise RejectedRecordError("no source address (field mask?)")
    if not network.destination:
        raise RejectedRecordError("no destination address (field mask?)")
    return network.source, network.destination


def _protocol(flow: Flow) -> tuple[int, Transport]:
    """Return the protocol number and what stands under it."""
    named = [(name, transport) for name, transport in (flow.l4 or {}).items() if transport is not None]
    if not named:
        raise RejectedRecordError("no protocol")
    if len(named) > 1:
        raise RejectedRecordError("more than one protocol")
    name, transport = named[0]
    if name not in PROTOCOLS:
        raise RejectedRecordError("unknown protocol")
    return PROTOCOLS[name], transport


def _port(value: Number, side: str) -> int:
    """Return the port, 0 if absent."""
    number = whole_number(value)
    if number is None or not 0 <= number <= _MAX_PORT:
        raise RejectedRecordError(f"{side} port is no number from 0 to 65535")
    return number


def _require_service_port(transport: Transport, hint: int) -> None:
    """Refuse flows without the port that the connection went to.

    Zero is left out of the JSON, and so is what a field mask removes: an absent port is not known.
    """
    if hint in (codes.HINT_DESTINATION_REPLY_FLAG, codes.HINT_DESTINATION_TCP_FLAGS):
        if transport.source_port is None:
            raise RejectedRecordError("reply without a source port (field mask?)")
    elif transport.destination_port is None:
        raise RejectedRecordError("no destination port (field mask?)")


def _observed(flow: Flow, event: int) -> int:
    """Map the verdict; only drops for a policy reason count as dropped by policy."""
    verdict = _enum(flow.verdict, VERDICT_NAMES)
    if flow.verdict is None and event == _EVENT_DROP:
        verdict = _DROPPED
    if verdict != _DROPPED:
        return _OBSERVED.get(verdict, codes.OBSERVED_UNSEEN)
    reason = _enum(flow.drop_reason_desc, REASON_NAMES) or _enum(flow.drop_reason, {})
    if reason in _POLICY_REASONS or (reason == 0 and event == _EVENT_POLICY_VERDICT):
        return codes.OBSERVED_DROPPED
    return codes.OBSERVED_REFUSED


def _opener_hint(flow: Flow, event: int, transport: Transport, observed: int) -> int:
    """Say which end opened the connection, by the surest sign first."""
    if flow.is_reply is not None or flow.reply:
        return codes.HINT_SOURCE_REPLY_FLAG if flow.is_reply is False else codes.HINT_DESTINATION_REPLY_FLAG
    flags = transport.flags
    if flags is not None and flags.SYN:
        return codes.HINT_DESTINATION_TCP_FLAGS if flags.ACK else codes.HINT_SOURCE_TCP_FLAGS
    # Policy is asked about the first packet of a connection, so such an event shows the opening direction.
    by_policy = observed in (codes.OBSERVED_DROPPED, codes.OBSERVED_AUDITED)
    if by_policy or event in (_EVENT_DROP, _EVENT_POLICY_VERDICT):
        return codes.HINT_SOURCE_RECORDED
    return _hint_by_direction(flow)


def _hint_by_direction(flow: Flow) -> int:
    """Compare the direction, that of the connection as its local endpoint sees it, with where that one is."""
    source_is_local = flow.source is not None and bool(flow.source.ID)
    destination_is_local = flow.destination is not None and bool(flow.destination.ID)
    direction = _enum(flow.traffic_direction, DIRECTION_NAMES)
    if source_is_local == destination_is_local or direction not in (_INGRESS, _EGRESS):
        return codes.HINT_NONE
    opens = source_is_local == (direction == _EGRESS)
    return codes.HINT_SOURCE_RECORDED if opens else codes.HINT_DESTINATION_REPLY_FLAG


def _weight(aggregate: Aggregate) -> int:
    """Add up the counts of an aggregated line, at least 1."""
    total = 0
    for value in (
        aggregate.ingress_flow_count,
        aggregate.egress_flow_count,
        aggregate.unknown_direction_flow_count,
    ):
        count = whole_number(value)
        if count is None or not 0 <= count <= _MAX_COUNT:
            raise RejectedRecordError("aggregate counts are no numbers from 0 to 4294967295")
        total += count
    return max(total, 1)
