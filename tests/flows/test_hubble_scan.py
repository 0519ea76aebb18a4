"""The scanner of Hubble lines against the exact parser: equal in every column and count, whatever the lines are."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.flows import hubble_scan
from data.synthetic import connection_pool, synthetic_cluster
from kernels.json import LINE_READ
from tests.flows.decoded import flow_line
from tests.flows.hubble_events import PIECES, encoded, records
from tests.flows.same import same_batches
from tests.flows.scanning import LIMIT, blocks_of, exact, odd_lines, scanned


@given(st.lists(records(), max_size=6))
def test_scan_block__agrees_on_any_event(lines):
    """Values of the wrong kind, absent, null, in any order and spelling."""
    content = encoded(lines)
    same_batches(scanned(content), exact(content))


@given(
    st.lists(records(), min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(0, 3_000), st.integers(0, 3), PIECES), min_size=1, max_size=3),
    st.integers(1, 400),
)
def test_scan_block__agrees_on_broken_text(lines, changes, block_bytes):
    """Pieces put anywhere spoil the same lines for both, wherever blocks end."""
    content = encoded(lines)
    for place, length, piece in changes:
        at = place % (len(content) + 1)
        content = content[:at] + piece.encode("utf-8", "surrogatepass") + content[at + length :]
    same_batches(scanned(content, block_bytes), exact(content))


@given(st.lists(records(), max_size=4), st.lists(st.tuples(st.integers(0, 3_000), PIECES), max_size=2))
def test_scan_lines__reads_json_only(lines, changes):
    """A line that the scanner reads is JSON to the standard library too."""
    content = encoded(lines)
    for place, piece in changes:
        at = place % (len(content) + 1)
        content = content[:at] + piece.encode("utf-8", "surrogatepass") + content[at:]
    for block in blocks_of(content):
        found = hubble_scan._index(block.text, block.size, block.n_lines)  # noqa: SLF001 - the stage in question
        hubble_scan._read(block.text, found, LIMIT)  # noqa: SLF001 - leaves what it noted in the room of the thread
        is_read = hubble_scan._ROOM.status[: block.n_lines] == LINE_READ  # noqa: SLF001 - there
        for line in np.flatnonzero(is_read).tolist():
            start = int(found[line - 1, 0]) + 1 if line else 0
            json.loads(block.content(start, int(found[line, 0])))


@pytest.mark.parametrize(
    "line",
    [
        flow_line(),
        flow_line(l4={"UDP": {"destination_port": 53}}, is_reply=None),
        flow_line(l4={"ICMPv4": {}}, Summary='a \\ "b" \u00e9'),
        flow_line(event_type={"type": 129}, l7={"http": {"url": "a?b=1&c"}}).replace(b"&", b"\\u0026"),
        flow_line(verdict="DROPPED", drop_reason_desc="POLICY_DENIED", event_type={"type": 1}, is_reply=None),
        flow_line().replace(b", ", b",").replace(b": ", b":"),
        flow_line(time=None),
        flow_line(
            source={"ID": 1, "labels": ["k8s:a=b", "c"], "workloads": [{"kind": "Deployment", "name": "x"}]}
        ),
        b"  " + flow_line() + b"\r",
        b"",
        b" \t\r",
    ],
)
def test_scan_block__reads_what_is_usual(line):
    """Usual lines, with escapes and spaces in them, are not left to the exact parser, or all this proves nothing."""
    assert odd_lines(line) == []
    same_batches(scanned(line), exact(line))


@pytest.mark.parametrize(
    "line",
    [
        b'{"flow":{}}',
        b'{"node_status":{}}',
        b'{"lost_events":{"num_events_lost":"5"}}',
        flow_line().replace(b'"IP"', b'"\\u0049P"'),
        flow_line().replace(b'"IP"', b'"IP":{},"IP"'),
        flow_line(aggregate={"ingress_flow_count": 5}),
        flow_line(Summary="\u00e9").decode("unicode_escape").encode(),
        flow_line() + b"}",
        flow_line()[:-1],
        flow_line() + b" " + flow_line(),
        b"[" + flow_line() + b"]",
        flow_line(x=[[[]]]).replace(b"[[[]]]", b"[" * 70 + b"]" * 70),
        flow_line(x=1).replace(b'"x": 1', b'"x": 1e5'),
        flow_line(Summary="x" * LIMIT),
    ],
)
def test_scan_block__leaves_what_is_unusual(line):
    """The exact parser decides about such lines alone; those around them are scanned."""
    content = flow_line() + b"\n" + line + b"\n" + flow_line()
    assert odd_lines(content) == [line]
    same_batches(scanned(content), exact(content))


def test_scan_block__does_not_depend_on_cuts():
    """Every size of the blocks gives the same flows and counts."""
    content = b"\n".join(
        [flow_line(), b'{"node_status":{}}', b"", flow_line(is_reply=True), b"broken", flow_line()]
    )
    expected = exact(content)
    for size in range(1, len(content) + 2):
        same_batches(scanned(content, size), expected)


@pytest.mark.parametrize(
    "text", [b'"' * 2_001, b"\\" * 1_999, b'\\"' * 900, b'"' * 64 + b"\\" * 63 + b'"' * 3, b"\n" * 5_000]
)
def test_scan_block__survives_nothing_but_quotes(text):
    """More quotes than lines usually have, and backslashes across the borders of words."""
    same_batches(scanned(text), exact(text))


@pytest.mark.parametrize("n_before", range(70))
def test_index_lines__sees_escapes_across_words(n_before):
    """A backslash at the end of 64 bytes escapes the quote at the beginning of the next."""
    line = b'{"x":"' + b"y" * n_before + b'\\\\\\"",' + flow_line()[1:]
    assert odd_lines(line) == []
    same_batches(scanned(line), exact(line))


@pytest.mark.jit_only
def test_scan_block__reads_more_lines_than_are_noted_at_once():
    """Thousands of generated events, L7 and losses among them, most of them read by the scanner."""
    from data.hubble import hubble_lines

    pool = connection_pool(*synthetic_cluster(20, 60, seed=3), seed=3)
    content = b"".join(hubble_lines(pool, 3_000, 3))
    same_batches(scanned(content), exact(content))
    assert len(odd_lines(content)) < 60
