"""Carriers of Hubble records, and lines that carry none."""

from __future__ import annotations

import json

import pytest

from auditor.flows.hubble_records import (
    RejectedRecordError,
    SkippedRecordError,
    read_record,
    whole_number,
)
from tests.flows.decoded import FLOW

BARE = json.dumps(FLOW)
WRAPPED = json.dumps({"flow": FLOW, "node_name": "worker", "time": FLOW["time"]})
SORTED = json.dumps({"flow": FLOW, "time": FLOW["time"], "secret_key": [{"a": None}]}, sort_keys=True)
LOGFMT = f"level=info msg={json.dumps(WRAPPED)} subsys=hubble"


@pytest.mark.parametrize(
    "line",
    [
        WRAPPED,
        SORTED,
        BARE,
        json.dumps({"flow": FLOW}),
        f"  {WRAPPED} \r",
        LOGFMT,
        f'time="2024-03-01T00:00:00Z" {LOGFMT}',
        json.dumps({"log": WRAPPED + "\n", "stream": "stdout", "kubernetes": {"pod_name": "cilium"}}),
        json.dumps({"message": WRAPPED, "@timestamp": 1700000000.5, "source": "file"}),
        json.dumps({"log": json.dumps({"message": WRAPPED})}),
        json.dumps({"level": "info", "msg": BARE}),
        json.dumps({"flow": FLOW, "lost_events": None, "log": 5, "message": {"a": 1}, "level": ["x"]}),
    ],
)
def test_read_record__finds_the_flow_in_every_carrier(line):
    """The same flow comes out, whoever wrapped it."""
    flow = read_record(line.encode())
    assert (flow.IP.source, flow.IP.destination) == ("10.0.0.1", "10.0.0.2")
    assert flow.l4["TCP"].destination_port == 80
    assert flow.time == FLOW["time"]
    assert flow.is_reply is False


def test_read_record__takes_the_time_of_the_envelope():
    """A field mask without ``time`` leaves the one beside the flow."""
    assert read_record(b'{"flow":{"IP":{}},"time":"2023-08-21T12:12:18Z"}').time == "2023-08-21T12:12:18Z"


@pytest.mark.parametrize(
    ("line", "reason", "losses"),
    [
        ('{"node_status":{"state_change":"NODE_CONNECTED","node_names":["a"]}}', "node_status", ()),
        ('{"agent_event":{"type":"AGENT_STARTED"},"node_name":"a"}', "agent_event", ()),
        ('{"debug_event":{"type":"DBG_ENCAP"}}', "debug_event", ()),
        (
            '{"lost_events":{"source":"PERF_EVENT_RING_BUFFER","num_events_lost":"23"}}',
            "lost_events",
            (("lost_events PERF_EVENT_RING_BUFFER", 23),),
        ),
        (
            '{"lost_events":{"source":2,"num_events_lost":7}}',
            "lost_events",
            (("lost_events OBSERVER_EVENTS_QUEUE", 7),),
        ),
        ('{"lost_events":{"source":"HUBBLE_RING_BUFFER"}}', "lost_events", ()),
        (
            '{"lost_events":{"source":"<script>","num_events_lost":"1"}}',
            "lost_events",
            (("lost_events UNKNOWN_LOST_EVENT_SOURCE", 1),),
        ),
        (
            '{"lost_events":{"source":9,"num_events_lost":1}}',
            "lost_events",
            (("lost_events UNKNOWN_LOST_EVENT_SOURCE", 1),),
        ),
        ('level=info msg="Serving cilium health API" subsys=daemon', "agent-log", ()),
        ("level=debug msg=short subsys=hubble", "agent-log", ()),
        ('time=2025-03-01T00:00:00Z level=info source=/go/x.go:1 msg="started"', "agent-log", ()),
        ('{"level":"info","msg":"started","source":"/go/x.go:1","time":"2025-03-01"}', "agent-log", ()),
    ],
)
def test_read_record__skips_what_is_no_flow(line, reason, losses):
    """Other events and the agent's own log lines are told apart, and losses are counted with their source."""
    with pytest.raises(SkippedRecordError) as caught:
        read_record(line.encode())
    assert (caught.value.reason, caught.value.losses) == (reason, losses)


DEEP = "[" * 20_000 + "]" * 20_000


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("not json at all", "not JSON"),
        (WRAPPED[:-10], "not JSON"),
        (WRAPPED + "x", "not JSON"),
        (WRAPPED + WRAPPED, "not JSON"),
        ('{"flow":{"time":"a\0b"}}', "not JSON"),
        ("\0" * 40, "not JSON"),
        ('{"flow":{"time":"\\ud800"}}', "not JSON"),
        ("5", "not a JSON object"),
        (f"[{WRAPPED}]", "not a JSON object"),
        ('"text"', "not a JSON object"),
        (DEEP, "JSON nested too deep"),
        (f'{{"flow":{{"l7":{DEEP}}}}}', "JSON nested too deep"),
        (f'{{"unknown":{DEEP}}}', "JSON nested too deep"),
        ('{"flow":[]}', "a field has a value of the wrong type"),
        ('{"flow":{"IP":"10.0.0.1"}}', "a field has a value of the wrong type"),
        ('{"flow":{"is_reply":"true"}}', "a field has a value of the wrong type"),
        ('{"flow":{"l4":{"TCP":{"source_port":true}}}}', "a field has a value of the wrong type"),
        ('{"flow":{"drop_reason":' + "9" * 6000 + "}}", "a field has a value of the wrong type"),
        ("{}", "JSON object without a flow"),
        ('{"flow":null,"time":"x"}', "JSON object without a flow"),
        ('{"a":{"flow":1}}', "JSON object without a flow"),
        ('{"records":[]}', "JSON object without a flow"),
        ('{"lost_events":{"num_events_lost":"many"}}', "lost_events without a valid count"),
        ('{"lost_events":{"num_events_lost":"-1"}}', "lost_events without a valid count"),
        ('level=info msg="{\\"flow\\":{}', "log line quotes its message wrongly"),
        ('level=info msg="{\\"flow\\":\\q{}}"', "log line quotes its message wrongly"),
        ('level=info msg="{\\"flow\\":"', "not JSON"),
        (
            json.dumps({"log": json.dumps({"log": json.dumps({"log": WRAPPED})})}),
            "record quoted inside records too many times",
        ),
    ],
)
def test_read_record__rejects_what_nobody_understands(line, reason):
    """Every broken record has its reason."""
    with pytest.raises(RejectedRecordError, match=f"^{reason}$"):
        read_record(line.encode())


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (None, 0),
        (7, 7),
        ("7", 7),
        ("-7", -7),
        (8080.0, 8080),
        (80.5, None),
        (float("inf"), None),
        ("", None),
        (" 7", None),
        ("1_0", None),
        ("٣", None),
        ("1" * 20, 11111111111111111111),
        ("1" * 21, None),
    ],
)
def test_whole_number__reads_numbers_and_their_text(value, number):
    """Absent is 0; what is no whole number is None."""
    assert whole_number(value) == number
