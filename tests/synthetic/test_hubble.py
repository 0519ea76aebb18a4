"""Synthetic Hubble logs are what benchmarks take them for."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest

import auditor
from auditor.compiler.build import build
from auditor.flows.schema import Account
from auditor.flows.sniff import FlowOptions, open_flow_log
from auditor.sources.files import find_files
from auditor.synthetic.hubble import HubbleShares, hubble_events, hubble_lines, write_hubble
from auditor.synthetic.hubble_sorts import AUDITED, DROPS, LAYER_7, REFUSALS, SORTS, VERDICTS
from data.synthetic import connection_pool, synthetic_cluster
from kernels import codes

N = 6_000
PLENTY = HubbleShares(audited=0.02, drops=0.02, agent=0.02, non_ascii=0.3)


@pytest.fixture(scope="module")
def world():
    """Make a small cluster and a pool of its connections."""
    inventory, policies = synthetic_cluster(60, 400, seed=3)
    return inventory, policies, connection_pool(inventory, policies, seed=3)


@pytest.fixture(scope="module")
def events(world):
    """One block of a log with much of everything."""
    (block,) = hubble_events(world[2], N, seed=5, shares=PLENTY)
    return block


def lines_of(events):
    """Return the lines, parsed."""
    return [json.loads(line) for line in events.text.splitlines()]


def is_of(events, *groups):
    """Return which lines are of these groups of sorts."""
    sorts = [SORTS.index(share.sort) for group in groups for share in group]
    return np.isin(events.sorts, sorts)


def test_hubble_lines__repeat_themselves(world):
    """The same seed gives the same bytes, another seed others."""
    texts = [b"".join(hubble_lines(world[2], 500, seed)) for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]


@pytest.mark.parametrize("compression", ["none", "gzip", "zstd"])
def test_write_hubble__writes_the_same_lines_however_compressed(world, tmp_path, compression):
    """Any reader of the project reads it, and twice written are twice the same bytes."""
    for name in ("one", "two"):
        write_hubble(tmp_path / name, world[2], 300, 1, compression=compression)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    (file,) = find_files([str(tmp_path / "one")])
    assert file.read_bytes() == b"".join(hubble_lines(world[2], 300, 1))


def test_hubble_events__are_read_as_they_were_meant(world, events, tmp_path):
    """No line is rejected, and every flow has the ends, the ports, and the outcome that were drawn for it."""
    (tmp_path / "log").write_bytes(events.text)
    (file,) = find_files([str(tmp_path / "log")])
    account, found = Account(), []
    for part in open_flow_log(file, FlowOptions()).parts():
        batch = part()
        account.add(batch.account)
        high, low = batch.sources.high, batch.sources.low
        for place, row in enumerate(batch.rows.tolist()):
            ends = [
                (int(high[code]), int(low[code])) for code in (batch.src_codes[place], batch.dst_codes[place])
            ]
            numbers = (
                batch.protocol[place],
                batch.src_port[place],
                batch.dst_port[place],
                batch.observed[place],
            )
            found.append((row, *ends, *map(int, numbers)))
    assert account.rejected == {}
    assert account.n_rows == N
    flows = events.flows
    is_flow = ~is_of(events, LAYER_7) & (events.sorts >= 0)
    is_flow &= np.array([sort < 0 or SORTS[sort].type != "SOCK" for sort in events.sorts.tolist()])
    observed = observed_of(events)
    expected = [
        (
            place + 1,
            *((int(flows.high[end[place]]), int(flows.low[end[place]])) for end in (flows.src, flows.dst)),
            int(flows.protocol[place]),
            int(flows.src_port[place]),
            int(flows.dst_port[place]),
            observed[place],
        )
        for place in np.flatnonzero(is_flow).tolist()
    ]
    assert found == expected


def observed_of(events):
    """Return what a reader must make of each line's verdict."""
    outcomes = {
        "FORWARDED": codes.OBSERVED_FORWARDED,
        "REDIRECTED": codes.OBSERVED_FORWARDED,
        "AUDIT": codes.OBSERVED_AUDITED,
        "TRANSLATED": codes.OBSERVED_UNSEEN,
    }
    found = []
    for place in events.sorts.tolist():
        sort = SORTS[place]
        dropped = codes.OBSERVED_DROPPED if sort.reason and sort.reason[0] == 133 else codes.OBSERVED_REFUSED
        found.append(outcomes.get(sort.verdict, dropped))
    return found


def test_hubble_events__agree_with_the_oracle_of_the_pool(world, events, tmp_path):
    """An audit finds as many violations, and as many rightly dropped flows, as the pool's oracle says."""
    inventory, policies, _ = world
    (tmp_path / "log").write_bytes(events.text)
    tables = build(policies, inventory)
    run = auditor.audit(tables, str(tmp_path / "log"), own_node="judge", rows="all")
    rows = run.to_arrow().select(["finding"]).to_pydict()["finding"]
    passed = np.isin(observed_of(events), (codes.OBSERVED_FORWARDED, codes.OBSERVED_AUDITED))
    is_flow = np.array([sort >= 0 and SORTS[sort].type == "L3_L4" for sort in events.sorts.tolist()])
    findings = Counter(rows)
    assert findings["VIOLATION"] == int((events.flows.is_denied & passed & is_flow).sum())
    assert findings["BLOCKED"] == int((events.flows.is_denied & ~passed & is_flow).sum())
    assert findings["UNDECIDED"] == 0


def test_hubble_events__have_the_shares_that_they_promise(world):
    """By default a line has about 1.5 kB, a fifth is L7, and one flow in a hundred a violation."""
    (block,) = hubble_events(world[2], 20_000, seed=1)
    assert 1_300 < len(block.text) / 20_000 < 1_700
    assert is_of(block, LAYER_7).mean() == pytest.approx(0.2, rel=0.05)
    assert is_of(block, VERDICTS).mean() == pytest.approx(0.14, rel=0.1)
    assert is_of(block, REFUSALS).mean() == pytest.approx(0.02, rel=0.2)
    assert is_of(block, DROPS).mean() == pytest.approx(0.006, rel=0.4)
    quiet = ~is_of(block, REFUSALS, AUDITED)
    assert block.flows.is_denied[quiet].mean() == pytest.approx(0.0095, rel=0.2)


def test_hubble_events__mix_what_real_logs_mix(events):
    """Every protocol, both address families, absent and false reply flags, escapes, all lengths of times."""
    lines = lines_of(events)
    flows = [line["flow"] for line in lines if "flow" in line]
    assert {name for flow in flows for name in flow["l4"]} == {"TCP", "UDP", "SCTP", "ICMPv4", "ICMPv6"}
    assert {flow["IP"]["ipVersion"] for flow in flows} == {"IPv4", "IPv6"}
    assert {flow.get("is_reply") for flow in flows} == {True, False, None}
    assert {len(line["time"]) for line in lines} == {20, 24, 27, 30}
    assert {next(iter(line)) for line in lines} == {"flow", "lost_events", "node_status"}
    assert {flow["verdict"] for flow in flows} == {
        "FORWARDED",
        "DROPPED",
        "AUDIT",
        "REDIRECTED",
        "TRANSLATED",
    }
    verdicts = [flow for flow in flows if flow.get("event_type", {}).get("type") == 5]
    assert {flow.get("policy_match_type") for flow in verdicts} >= {None, 1, 2, 3, 4}
    assert {flow["drop_reason_desc"] for flow in flows if "drop_reason_desc" in flow} >= {"POLICY_DENIED"}
    assert {type(flow["l7"].get("latency_ns")) for flow in flows if "l7" in flow} == {str, type(None)}
    sizes = {
        len(flow[side]["labels"])
        for flow in flows
        for side in ("source", "destination")
        if flow[side].get("ID")
    }
    assert min(sizes) >= 5
    assert max(sizes) <= 12
    orders = {tuple(flow) for flow in flows}
    assert {order == tuple(sorted(order)) for order in orders} == {True, False}
    assert len(orders) > 40
    assert b"\\u0026" in events.text
    assert not events.text.isascii()


def test_hubble_events__refuse_nothing_where_nothing_is_denied(world):
    """A pool without denied connections has no refused packet in its log."""
    pool = world[2]
    allowed = ~pool.is_denied
    columns = {
        name: getattr(pool, name)[allowed]
        for name in ("source", "destination", "protocol", "port", "is_denied")
    }
    (block,) = hubble_events(pool._replace(**columns), 2_000, seed=1)
    assert not is_of(block, REFUSALS, AUDITED).any()
