"""Hubble logs as files: blocks, accounts, evidence."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path

import pytest

from auditor.flows.hubble import AGGREGATED, HubbleLog
from auditor.flows.options import FlowOptions
from auditor.sources.files import InputFile
from kernels import codes
from tests.flows.decoded import decode, flow_line, input_file

CORPORA = Path(__file__).parents[2].parent / "shared" / "corpora"

MIXED = b"\n".join(
    [
        b"\xef\xbb\xbf" + flow_line(),
        b"",
        b'level=info msg="Starting up"',
        flow_line(
            IP={"source": "fe80::1", "destination": "ff02::2"}, l4={"ICMPv6": {"type": 133}}, time=None
        ),
        b"not json",
        b'{"lost_events":{"source":"PERF_EVENT_RING_BUFFER","num_events_lost":"23"}}\r',
        b" \t\r",
        flow_line(Type="L7"),
        flow_line(IP={"source": "10.0.0.999", "destination": "10.0.0.2"}),
        flow_line(IP={"source": "-", "destination": "10.0.0.2"}),
        flow_line(Summary="\u00fc"),
        b'{"node_status":{"state_change":"NODE_GONE"}}',
        flow_line(Summary="x").replace(b'"x"', b'"\xff"'),
        flow_line(IP={"source": "10.0.0.1", "destination": "fe80::1%eth0"}),
        flow_line(verdict="DROPPED", drop_reason_desc="POLICY_DENIED", time="x"),
    ]
)

FLOW = b'{"IP":{"source":"::1","destination":"::2"},"l4":{"ICMPv6":{}},"time":"2023-08-21T12:12:18.5Z"}'
SMALL = FLOW + b"\r\n\n" + FLOW.replace(b"::2", b"x") + b'\nlevel=info msg="a"\n{\xff}\n' + FLOW


def hubble(tmp_path, content, **options):
    """Decode a log."""
    return decode(HubbleLog(input_file(tmp_path / "log", content), FlowOptions(**options)))


def test_hubble_log__accounts_for_every_line(tmp_path):
    """Flows keep their line numbers, and every other line is skipped or rejected with its reason."""
    found = hubble(tmp_path, MIXED)
    assert [row[:6] for row in found.rows] == [
        (1, "10.0.0.1", "10.0.0.2", 6, 40000, 80),
        (4, "fe80::1", "ff02::2", 58, 0, 0),
        (11, "10.0.0.1", "10.0.0.2", 6, 40000, 80),
        (15, "10.0.0.1", "10.0.0.2", 6, 40000, 80),
    ]
    assert found.account.n_rows == 13
    assert found.account.skipped == {"agent-log": 1, "lost_events": 1, "l7-record": 1, "node_status": 1}
    assert found.account.losses == {"lost_events PERF_EVENT_RING_BUFFER": 23}
    assert found.rejected == {
        "not JSON": (1, [5]),
        "not UTF-8": (1, [13]),
        "source address is no IP address": (1, [9]),
        "no source address (field mask?)": (1, [10]),
        "destination address is no IP address": (1, [14]),
    }
    assert (found.errors, found.warnings) == ([], ())


def test_hubble_log__keeps_times_and_no_counters(tmp_path):
    """Start and end are the event's time, exact; a broken time is null, and the flow is judged."""
    found = hubble(tmp_path, MIXED)
    exact = "1692619938510175415"
    # The second flow has none of its own: the envelope's counts.
    assert found.times == [(exact, exact)] * 3 + [(None, None)]
    assert found.counters == [(None, None)] * 4


def test_hubble_log__does_not_depend_on_the_cuts(tmp_path):
    """Wherever blocks end, flows and accounts are the same."""
    whole = hubble(tmp_path, SMALL)
    assert (len(whole.rows), whole.account.n_rejected, sum(whole.account.skipped.values())) == (2, 2, 1)
    for block_bytes in range(1, len(SMALL) + 1):
        found = hubble(tmp_path, SMALL, block_bytes=block_bytes)
        assert (found.rows, found.account, found.times) == (whole.rows, whole.account, whole.times)


def test_hubble_log__rejects_long_lines_alone(tmp_path):
    """A line over the limit is not decoded, those around it are."""
    long = flow_line(Summary="x" * 3000)
    content = b"\n".join([flow_line(), long, flow_line()])
    for block_bytes in (100, 5000, 1 << 20):
        found = hubble(tmp_path, content, block_bytes=block_bytes, max_line_bytes=2000)
        assert [row.row for row in found.rows] == [1, 3]
        assert found.rejected == {"record is longer than 2000 bytes": (1, [2])}


@pytest.mark.parametrize("content", [b"\0" * 100, b"\0\n" * 3, flow_line() + b"\0"])
def test_hubble_log__survives_nul_bytes(tmp_path, content):
    """Sparse files and torn writes are no JSON."""
    found = hubble(tmp_path, content)
    assert found.rows == []
    assert list(found.rejected) == ["not JSON"]


def test_hubble_log__survives_deep_nesting(tmp_path):
    """A hundred thousand brackets reject one line."""
    content = b'{"flow":{"l7":' + b"[" * 100_000 + b"\n" + flow_line()
    found = hubble(tmp_path, content)
    assert ([row.row for row in found.rows], found.rejected) == ([2], {"JSON nested too deep": (1, [1])})


def test_hubble_log__reads_gzip(tmp_path):
    """The compressed log decodes to the same."""
    found = hubble(tmp_path, gzip.compress(MIXED))
    assert found.rows == hubble(tmp_path, MIXED).rows


def test_hubble_log__reads_cut_off_gzip_as_far_as_it_goes(tmp_path):
    """Whole lines before the end count, then the failure is reported with its line."""
    lines = [flow_line(uuid=str(number)) for number in range(2000)]
    packed = gzip.compress(b"\n".join(lines), compresslevel=1)
    found = hubble(tmp_path, packed[: len(packed) // 2], block_bytes=1000)
    n = len(found.rows)
    assert n > 100
    assert len(found.errors) == 1
    assert found.errors[0].endswith(f"the gzip stream is cut off - at log:{n + 1}")


def test_hubble_log__warns_of_aggregation(tmp_path):
    """Aggregated lines have weights, and their other fields are not to be trusted."""
    found = hubble(tmp_path, flow_line(aggregate={"egress_flow_count": 5}) + b"\n" + flow_line())
    assert ([row.weight for row in found.rows], found.warnings) == ([5, 1], (AGGREGATED,))


def test_hubble_log__keeps_both_reports_of_a_connection(tmp_path):
    """Two nodes report one connection: both are flows, and the reply points back."""
    reply = flow_line(
        IP={"source": "10.0.0.2", "destination": "10.0.0.1"},
        l4={"TCP": {"source_port": 80, "destination_port": 40000}},
        is_reply=True,
    )
    found = hubble(tmp_path, b"\n".join([flow_line(node_name="a"), flow_line(node_name="b"), reply]))
    hints = [row.hint for row in found.rows]
    assert hints == [codes.HINT_SOURCE_REPLY_FLAG] * 2 + [codes.HINT_DESTINATION_REPLY_FLAG]


def test_hubble_log__has_nothing_in_a_blank_file(tmp_path):
    """Blank lines are no rows."""
    found = hubble(tmp_path, b"\n\n  \n")
    assert (found.rows, found.account.n_rows, found.errors) == ([], 0, [])


def test_hubble_log__names_itself(tmp_path):
    """File and format are what reports print."""
    log = HubbleLog(input_file(tmp_path / "log", b""), FlowOptions())
    assert (log.file, log.format) == ("log", "hubble-json")


def test_hubble_log__keeps_no_secrets(tmp_path):
    """Nothing of URLs, headers or labels is left in a batch."""
    secret = flow_line(Summary="hunter2", source={"labels": ["k8s:token=hunter2"]})
    log = HubbleLog(input_file(tmp_path / "log", secret), FlowOptions())
    batches = [part() for part in log.parts()]
    assert "hunter2" not in repr([(batch, batch.sources.texts.array()) for batch in batches])


@pytest.mark.skipif(not CORPORA.exists(), reason="the corpora folder is absent")
@pytest.mark.parametrize(
    ("name", "n_flows", "skipped", "hints"),
    [
        ("330-dns-flows.jsonl", 0, {"l7-record": 330}, {}),
        ("400-icmpv4-flows.jsonl", 18, {}, {3: 7, 4: 4, 0: 7}),
        ("400-tcp-flows.jsonl", 335, {"l7-record": 65}, {3: 185, 4: 100, 0: 45, 1: 4, 2: 1}),
        ("5-http-flows.jsonl", 0, {"l7-record": 5}, {}),
        ("cilium-docs-export-fieldmask.jsonl", 2, {}, {0: 1, 1: 1}),
    ],
)
def test_hubble_log__reads_captured_logs(name, n_flows, skipped, hints):
    """Every line of real logs is a flow or an L7 record, and none is rejected."""
    path = CORPORA / "flows" / "hubble" / name
    found = decode(HubbleLog(InputFile(name, path, path.stat().st_size), FlowOptions()))
    assert (len(found.rows), found.account.skipped, found.rejected, found.errors) == (
        n_flows,
        skipped,
        {},
        [],
    )
    assert Counter(row.hint for row in found.rows) == hints
    lines = path.read_text(encoding="utf-8").splitlines()
    for row, times in zip(found.rows, found.times, strict=True):
        flow = json.loads(lines[row.row - 1])["flow"]
        assert (row.source, row.destination) == (flow["IP"]["source"], flow["IP"]["destination"])
        assert times[0] is not None
