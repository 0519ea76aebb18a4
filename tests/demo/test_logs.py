"""The logs of the demonstration look like those of AWS and Hubble."""

from __future__ import annotations

import json
from collections import Counter

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from auditor.demo.gaps import GAPS
from auditor.demo.hubble import hubble_events
from auditor.demo.hubble_events import timestamp
from auditor.demo.traffic import gap_links, legal_links
from auditor.demo.vpc import N_NODATA, N_SKIPDATA, SCHEMA, rows_without_flows, vpc_flows
from tests.demo.world import SEED, cluster

N_FLOWS = 20_000


@pytest.fixture(scope="module")
def links():
    """Legal and planted links."""
    return legal_links(cluster(), SEED), gap_links(cluster(), SEED)


@pytest.fixture(scope="module")
def flows(links):
    """Rows of the VPC log."""
    return vpc_flows(cluster(), *links, N_FLOWS, SEED)


@pytest.fixture(scope="module")
def events(links):
    """Lines of the Hubble log."""
    return hubble_events(cluster(), *links, 12_000, SEED)


def test_vpc_flows__repeat_themselves(flows, links):
    """The same seed gives the same rows."""
    assert flows.equals(vpc_flows(cluster(), *links, N_FLOWS, SEED))


def test_vpc_flows__are_within_the_types_of_aws(flows):
    """Full validation passes, times ascend, ports fit."""
    flows.validate(full=True)
    assert flows.schema == SCHEMA
    start = flows["start"].to_numpy()
    assert (start[1:] >= start[:-1]).all()
    assert pc.max(flows["dstport"]).as_py() <= 65_535


def test_vpc_flows__show_the_node_on_the_interfaces_own_side(flows):
    """Only packet columns name pods on both sides, as on EKS."""
    own = {node.address for node in cluster().nodes}
    rows = flows.select(
        ["type", "flow_direction", "srcaddr", "dstaddr", "pkt_srcaddr", "pkt_dstaddr"]
    ).to_pylist()
    for row in rows[:2_000]:
        if row["type"] == "IPv4":
            near, far = (
                ("srcaddr", "dstaddr") if row["flow_direction"] == "egress" else ("dstaddr", "srcaddr")
            )
            assert row[near] in own
            assert row[far] == row[f"pkt_{far}"]


def test_vpc_flows__hold_every_gap_in_its_share(flows):
    """About one row in a hundred shows a gap; refused ones are REJECT."""
    rejected = pc.sum(pc.equal(flows["action"].cast(pa.string()), "REJECT")).as_py()
    refused = sum(gap.vpc for gap in GAPS if gap.outcome == "refused")
    assert rejected == pytest.approx(refused * N_FLOWS, rel=1)
    assert rejected > 0


def test_rows_without_flows__have_null_numbers_and_dashes():
    """A quiet window has no addresses: AWS writes null and a dash."""
    rows = rows_without_flows(cluster()).to_pylist()
    assert Counter(row["log_status"] for row in rows) == {"NODATA": N_NODATA, "SKIPDATA": N_SKIPDATA}
    assert {(row["protocol"], row["pkt_srcaddr"], row["action"]) for row in rows} == {(None, "-", "-")}


def test_hubble_events__are_in_order_and_repeat_themselves(events, links):
    """Lines ascend in time, and the same seed gives the same lines."""
    assert [line["time"] for line in events] == sorted(line["time"] for line in events)
    assert events == hubble_events(cluster(), *links, 12_000, SEED)


def test_hubble_events__hold_every_kind_of_line(events):
    """Flows of all event types, losses and states of nodes."""
    kinds = Counter(
        next(key for key in ("flow", "lost_events", "node_status") if key in line) for line in events
    )
    assert kinds["lost_events"] == 3
    assert kinds["node_status"] == 10
    flows = [line["flow"] for line in events if "flow" in line]
    assert {flow["event_type"]["type"] for flow in flows} == {1, 4, 5, 129}
    assert {flow["verdict"] for flow in flows} == {"FORWARDED", "DROPPED", "AUDIT"}
    assert {next(iter(flow["l4"])) for flow in flows} == {"TCP", "UDP", "SCTP", "ICMPv4"}
    assert {flow["IP"]["ipVersion"] for flow in flows} == {"IPv4", "IPv6"}
    assert {flow.get("drop_reason_desc") for flow in flows} == {
        None,
        "POLICY_DENIED",
        "STALE_OR_UNROUTABLE_IP",
    }


def test_hubble_events__do_not_answer_what_is_unanswered(links):
    """A ping in vain has no reply."""
    pings = [link for link in links[1] if link.gap and link.gap.name == "ping"]
    events = hubble_events(cluster(), links[0][:1], pings, 0, SEED)
    traces = [line["flow"] for line in events if "ICMPv4" in line.get("flow", {}).get("l4", {})]
    assert traces
    assert not any(flow["is_reply"] for flow in traces)


def test_hubble_events__leave_out_zeros():
    """An echo reply has no type, as in canonical JSON."""
    pings = [link for link in legal_links(cluster(), SEED) if link.protocol == "ICMP"]
    events = hubble_events(cluster(), pings, [], 200, SEED)
    replies = [line["flow"]["l4"] for line in events if line.get("flow", {}).get("is_reply")]
    assert {json.dumps(each) for each in replies} == {'{"ICMPv4": {}}'}


@pytest.mark.parametrize(
    ("at_ns", "text"),
    [
        (0, "2026-01-05T12:00:00.000000Z"),
        (61_000_001_000, "2026-01-05T12:01:01.000001Z"),
        (3_599_999_999_999, "2026-01-05T12:59:59.999999999Z"),
    ],
)
def test_timestamp__has_6_or_9_digits(at_ns, text):
    """Trailing groups of zeros are dropped, as Hubble drops them."""
    assert timestamp(at_ns) == text
