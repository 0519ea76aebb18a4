"""What Hubble flows mean: every rule of the mapping, field by field."""

from __future__ import annotations

import json

import msgspec
import pytest

from auditor.flows.hubble_meaning import flow_row
from auditor.flows.hubble_records import Flow, RejectedRecordError, SkippedRecordError
from kernels import codes
from tests.flows.decoded import FLOW

UNSEEN, FORWARDED, DROPPED = codes.OBSERVED_UNSEEN, codes.OBSERVED_FORWARDED, codes.OBSERVED_DROPPED
REFUSED, AUDITED = codes.OBSERVED_REFUSED, codes.OBSERVED_AUDITED
POD, OTHER = (
    {"ID": 881, "identity": "3418"},
    {"identity": 33554433, "labels": ["reserved:world", "k8s:a=b=c"]},
)
SYN = {"source_port": 40000, "destination_port": 80, "flags": {"SYN": True}}


def row(**changes):
    """Return the row of a flow with changes; None leaves a field out."""
    flow = {name: value for name, value in {**FLOW, **changes}.items() if value is not None}
    return flow_row(msgspec.json.decode(json.dumps(flow), type=Flow))


def test_flow_row__reads_the_flow_key():
    """Addresses, protocol and ports are those of the record."""
    assert row()[:8] == ("10.0.0.1", "10.0.0.2", 6, 40000, 80, codes.HINT_SOURCE_REPLY_FLAG, FORWARDED, 1)


def test_flow_row__takes_the_source_before_translation():
    """``source_xlated`` is what the network saw, ``source`` is the pod."""
    network = {"source": "10.0.0.1", "source_xlated": "192.168.0.9", "destination": "10.0.0.2"}
    assert row(IP=network).source == "10.0.0.1"


@pytest.mark.parametrize(
    ("layer", "protocol", "ports"),
    [
        ({"TCP": {"source_port": 1, "destination_port": 2}}, 6, (1, 2)),
        ({"UDP": {"source_port": "1", "destination_port": "65535"}}, 17, (1, 65535)),
        ({"SCTP": {"destination_port": 2.0}}, 132, (0, 2)),
        ({"ICMPv4": {}}, 1, (0, 0)),
        ({"ICMPv4": {"type": 8, "code": 1}}, 1, (0, 0)),
        ({"ICMPv6": {"type": 133}}, 58, (0, 0)),
        ({"VRRP": {"type": 1, "vrid": 5}}, 112, (0, 0)),
        ({"IGMP": {"type": 22, "group_address": "224.0.0.1"}}, 2, (0, 0)),
        ({"UDP": None, "TCP": {"destination_port": 2}}, 6, (0, 2)),
    ],
)
def test_flow_row__knows_protocols_by_their_key(layer, protocol, ports):
    """The key of ``l4`` says the protocol; an empty ICMP is an echo reply."""
    found = row(l4=layer)
    assert (found.protocol, (found.src_port, found.dst_port)) == (protocol, ports)


@pytest.mark.parametrize(
    ("changes", "observed"),
    [
        ({"verdict": "FORWARDED"}, FORWARDED),
        ({"verdict": 1}, FORWARDED),
        ({"verdict": "REDIRECTED"}, FORWARDED),
        ({"verdict": "AUDIT"}, AUDITED),
        ({"verdict": 4.0}, AUDITED),
        ({"verdict": "ERROR"}, UNSEEN),
        ({"verdict": "TRACED"}, UNSEEN),
        ({"verdict": "TRANSLATED"}, UNSEEN),
        ({"verdict": "VERDICT_UNKNOWN"}, UNSEEN),
        ({"verdict": None}, UNSEEN),
        ({"verdict": "SOMETHING_NEW"}, UNSEEN),
        ({"verdict": 15}, UNSEEN),
        ({"verdict": 16}, UNSEEN),
        ({"verdict": "DROPPED", "drop_reason_desc": "POLICY_DENIED"}, DROPPED),
        ({"verdict": "DROPPED", "drop_reason_desc": "POLICY_DENY"}, DROPPED),
        ({"verdict": 2, "drop_reason_desc": "AUTH_REQUIRED"}, DROPPED),
        ({"verdict": "DROPPED", "drop_reason_desc": 133}, DROPPED),
        ({"verdict": "DROPPED", "drop_reason": 181}, DROPPED),
        ({"verdict": "DROPPED", "drop_reason": 189, "drop_reason_desc": "DROP_REASON_UNKNOWN"}, DROPPED),
        ({"verdict": "DROPPED", "drop_reason_desc": "INVALID_SOURCE_IP"}, REFUSED),
        ({"verdict": "DROPPED", "drop_reason_desc": "CT_MAP_INSERTION_FAILED", "drop_reason": 133}, REFUSED),
        ({"verdict": "DROPPED", "drop_reason": 155}, REFUSED),
        ({"verdict": "DROPPED"}, REFUSED),
        ({"verdict": "DROPPED", "event_type": {"type": 1}}, REFUSED),
        # A policy verdict without ``policy_match_type`` is the denial by default.
        ({"verdict": "DROPPED", "event_type": {"type": 5}}, DROPPED),
        ({"verdict": None, "event_type": {"type": 1}, "drop_reason_desc": "POLICY_DENIED"}, DROPPED),
    ],
)
def test_flow_row__maps_the_verdict(changes, observed):
    """Only a drop for a policy reason is dropped by policy, and nothing is made of verdicts nobody knows."""
    assert row(**changes).observed == observed


@pytest.mark.parametrize(
    ("changes", "hint"),
    [
        ({"is_reply": True}, codes.HINT_DESTINATION_REPLY_FLAG),
        ({"is_reply": False}, codes.HINT_SOURCE_REPLY_FLAG),
        ({"is_reply": False, "reply": True}, codes.HINT_SOURCE_REPLY_FLAG),
        ({"is_reply": None, "reply": True}, codes.HINT_DESTINATION_REPLY_FLAG),
        ({"is_reply": True, "l4": {"TCP": SYN}}, codes.HINT_DESTINATION_REPLY_FLAG),
        ({"l4": {"TCP": SYN}}, codes.HINT_SOURCE_TCP_FLAGS),
        ({"l4": {"TCP": {**SYN, "flags": {"SYN": True, "ACK": True}}}}, codes.HINT_DESTINATION_TCP_FLAGS),
        ({"l4": {"TCP": {**SYN, "flags": {"ACK": True}}}}, codes.HINT_NONE),
        ({"event_type": {"type": 5}}, codes.HINT_SOURCE_RECORDED),
        ({"event_type": {"type": 1}, "verdict": "DROPPED"}, codes.HINT_SOURCE_RECORDED),
        ({"event_type": None, "verdict": "DROPPED", "drop_reason": 133}, codes.HINT_SOURCE_RECORDED),
        ({"traffic_direction": "EGRESS", "source": POD}, codes.HINT_SOURCE_RECORDED),
        ({"traffic_direction": 2, "source": POD, "destination": OTHER}, codes.HINT_SOURCE_RECORDED),
        ({"traffic_direction": "EGRESS", "destination": POD}, codes.HINT_DESTINATION_REPLY_FLAG),
        ({"traffic_direction": "INGRESS", "destination": POD}, codes.HINT_SOURCE_RECORDED),
        ({"traffic_direction": "INGRESS", "source": POD}, codes.HINT_DESTINATION_REPLY_FLAG),
        ({"traffic_direction": "INGRESS", "source": {"ID": "881"}}, codes.HINT_DESTINATION_REPLY_FLAG),
        ({"traffic_direction": "INGRESS", "source": POD, "destination": POD}, codes.HINT_NONE),
        ({"traffic_direction": "EGRESS", "source": {}, "destination": {}}, codes.HINT_NONE),
        ({"source": POD}, codes.HINT_NONE),
        ({}, codes.HINT_NONE),
    ],
)
def test_flow_row__says_who_opened_the_connection(changes, hint):
    """The reply flag comes first, then TCP flags, then policy events, then the direction at the local end."""
    assert row(**{"is_reply": None, **changes}).opener_hint == hint


@pytest.mark.parametrize(
    ("counts", "weight"),
    [
        ({}, 1),
        ({"ingress_flow_count": 3, "egress_flow_count": "4", "unknown_direction_flow_count": 2.0}, 9),
        ({"egress_flow_count": 12}, 12),
    ],
)
def test_flow_row__weighs_aggregated_lines(counts, weight):
    """A line of the aggregating exporter stands for the sum of its counts."""
    assert row(aggregate=counts).weight == weight


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"Type": "L7"}, "l7-record"),
        ({"Type": 2}, "l7-record"),
        ({"event_type": {"type": 129}}, "l7-record"),
        ({"event_type": None, "Type": None, "l7": {"type": "REQUEST"}}, "l7-record"),
        ({"Type": "SOCK"}, "sock-record"),
        ({"event_type": {"type": 7}, "verdict": "TRANSLATED"}, "sock-record"),
        ({"event_type": {"type": 2}}, "debug-record"),
        ({"event_type": {"type": "3"}}, "capture-record"),
        ({"event_type": {"type": 130}}, "agent-record"),
    ],
)
def test_flow_row__skips_records_that_are_no_traffic_of_their_own(changes, reason):
    """L7 records repeat a connection, socket records are no packets, and the others are for debugging."""
    with pytest.raises(SkippedRecordError, match=f"^{reason}$"):
        row(**changes)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"IP": None}, "no source address (field mask?)"),
        ({"IP": {"destination": "10.0.0.2"}}, "no source address (field mask?)"),
        ({"IP": {"source": "10.0.0.1", "destination": ""}}, "no destination address (field mask?)"),
        ({"l4": None}, "no protocol"),
        ({"l4": {}}, "no protocol"),
        ({"l4": {"TCP": None}}, "no protocol"),
        ({"l4": {"QUIC": {}}}, "unknown protocol"),
        ({"l4": {"TCP": {}, "UDP": {}}}, "more than one protocol"),
        ({"l4": {"TCP": {"source_port": 65536}}}, "source port is no number from 0 to 65535"),
        ({"l4": {"TCP": {"source_port": "http"}}}, "source port is no number from 0 to 65535"),
        ({"l4": {"TCP": {"destination_port": -1}}}, "destination port is no number from 0 to 65535"),
        ({"l4": {"TCP": {"source_port": 5}}}, "no destination port (field mask?)"),
        (
            {"l4": {"UDP": {"destination_port": 5}}, "is_reply": True},
            "reply without a source port (field mask?)",
        ),
        ({"aggregate": {"egress_flow_count": -1}}, "aggregate counts are no numbers from 0 to 4294967295"),
        ({"aggregate": {"egress_flow_count": "x"}}, "aggregate counts are no numbers from 0 to 4294967295"),
        ({"aggregate": {"egress_flow_count": 2**32}}, "aggregate counts are no numbers from 0 to 4294967295"),
    ],
)
def test_flow_row__rejects_what_cannot_be_judged(changes, reason):
    """Without an address, a protocol or the service's port there is no verdict."""
    with pytest.raises(RejectedRecordError) as caught:
        row(**changes)
    assert caught.value.reason == reason


def test_flow_row__needs_only_the_port_of_the_service():
    """A reply is judged by its source port."""
    assert row(l4={"UDP": {"source_port": 53}}, is_reply=True)[3:5] == (53, 0)
