"""The scanner of Hubble events against the exact parser, on events that nobody would write."""

from __future__ import annotations

import json
from functools import partial
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.flows import json_pieces
from auditor.flows.hubble_exact import decode_records
from auditor.flows.hubble_scan import scan_block
from auditor.flows.json_lines import decode_block
from tests.flows.hubble_events import as_line, odd_events, spoiled, usual_events
from tests.flows.same import same_batches, seen
from tests.flows.streams import cut

LIMIT = 20_000
USUAL_LINES = usual_events().map(as_line)
ENDS = st.sampled_from((b"\n", b"\n", b"\r\n", b"\n\n", b" \r\n\t\n"))
FLOW = as_line(
    [
        (
            "flow",
            [
                ("time", '"2023-08-21T12:12:18.5Z"'),
                ("IP", [("source", '"10.0.0.1"'), ("destination", '"10.0.0.2"')]),
                ("l4", [("TCP", [("source_port", "40000"), ("destination_port", "80")])]),
                ("labels", '["a","b"]'),
            ],
        )
    ]
)


def decoded(content, block_bytes, *, is_exact, limit=LIMIT):
    """Decode a log, block by block."""

    def exact(records):
        return decode_records("flows", records, limit)

    blocks = cut(content, block_bytes, limit)
    scan = None if is_exact else partial(scan_block, "flows", limit=limit)
    return [decode_block(block, scan, exact) for block in blocks]


def odd_lines(content, limit=LIMIT):
    """Return the numbers of the lines that the scanner leaves to the exact parser; assert that others are JSON."""
    lines = content.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    numbers = set()
    for block in cut(content, limit=limit):
        _, odd = scan_block("flows", block, limit)
        # Of a line that is too long the end may be gone.
        assert all(text == lines[number - 1] or len(text) > limit for number, text in odd)
        numbers |= {number for number, _ in odd}
    for number, line in enumerate(lines, 1):
        if line.strip() and number not in numbers:
            assert isinstance(json.loads(line, parse_constant=pytest.fail)["flow"], dict)
    return sorted(numbers)


def agree(content, block_bytes=1 << 20, limit=LIMIT):
    """Assert that scanner and exact parser say the same of a log, whatever it is."""
    exact = decoded(content, 1 << 20, is_exact=True, limit=limit)
    same_batches(decoded(content, block_bytes, is_exact=False, limit=limit), exact)
    return odd_lines(content, limit)


@given(st.lists(USUAL_LINES, min_size=1, max_size=4), st.sampled_from((b"\n", b"\r\n")), st.booleans())
def test_scan_block__reads_usual_events_by_itself(lines, end, is_ended):
    """Whatever the order of keys, no usual event is left to the exact parser, and it reads the same."""
    content = end.join(lines) + (end if is_ended else b"")
    assert agree(content) == []


@given(usual_events(), st.lists(st.sampled_from(("", " ", "  ", " " * 70)), min_size=1, max_size=7))
def test_scan_block__reads_spaces_by_itself(event, blanks):
    """Spaces between tokens are usual, however many there are."""
    assert agree(as_line(event, blanks)) == []


@given(st.lists(odd_events() | USUAL_LINES, min_size=1, max_size=4), ENDS, st.integers(1, 500))
def test_scan_block__agrees_on_odd_events(lines, end, size):
    """Odd keys, values and blanks cost nobody but their own line, and mean what the exact parser says."""
    agree(end.join(lines), size)


@given(spoiled(st.lists(USUAL_LINES, min_size=1, max_size=3).map(b"\n".join)), st.integers(1, 500))
def test_scan_block__agrees_on_broken_bytes(content, size):
    """Bytes removed, repeated and put in anywhere are seen, also those that pair with a later line."""
    agree(content, size)


@given(st.text('{}[]:,"\\ \n\r\ta1-.eu\x00\u00fc', max_size=200).map(str.encode), st.integers(1, 100))
def test_scan_block__agrees_on_soup(content, size):
    """Tokens in any order are no events, for either."""
    agree(content, size)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b" \t\r",
        b"\x0b\x0c",
        FLOW,
        FLOW + FLOW,
        FLOW + b" " + FLOW,
        FLOW + b",",
        FLOW + b"}",
        FLOW[:-1],
        b"[" + FLOW + b"]",
        FLOW.replace(b'"labels"', b'"aggregate"').replace(b'["a","b"]', b'{"egress_flow_count":7}'),
        FLOW.replace(b'{"flow"', b'{"lost_events":{"source":1,"num_events_lost":5},"flow"'),
        FLOW.replace(b'{"flow"', b'{"lost_events":null,"flow"'),
        b'{"lost_events":{"source":1,"num_events_lost":5}}',
        FLOW.replace(b'"b"]', b'"b'),
        b'"}' + FLOW,
        b'{"a":"',
        b'","b":"x"}',
        b'{"a":"\\',
        FLOW.replace(b'"a"', b'"' + b"\\\\" * 70 + b'"'),
        FLOW.replace(b'"a"', b'"' + b"\\\\" * 70 + b'\\"'),
        FLOW.replace(b'"a"', b'"' + b"\\" * 141 + b'"'),
        FLOW.replace(b'"flow"', b'"f\\u006cow"'),
        FLOW.replace(b'"IP"', b'"\\u0049P"'),
        FLOW.replace(b'"10.0.0.1"', b'"10.0.0.\\u0031"'),
        FLOW.replace(b"10.0.0.1", b"10.0.0.999"),
        FLOW.replace(b"10.0.0.2", b"10.0.0.999"),
        FLOW.replace(b"10.0.0.1", b"10.0.0.999").replace(b"10.0.0.2", b"10.0.0.999"),
        FLOW.replace(b"10.0.0.1", b"").replace(b"10.0.0.2", b"-"),
        FLOW.replace(b"80", b"8\xff0"),
        FLOW.replace(b'{"TCP"', b'{"XXX":{},"TCP"'),
        FLOW.replace(b'{"TCP"', b'{"XXX":null,"TCP"'),
        FLOW.replace(b'{"TCP"', b'{"UDP":{},"TCP"'),
        FLOW.replace(b'{"TCP"', b'{"UDP":null,"TCP"'),
        FLOW.replace(b'"TCP"', b'"XXX"'),
        FLOW.replace(b'"labels":["a","b"]', b'"uuid":"\\q"'),
        FLOW.replace(b'"labels":["a","b"]', b'"uuid":"\\ud800"'),
        FLOW.replace(b'"labels":["a","b"]', b'"event_type":{"type":1}'),
        FLOW.replace(b'"labels":["a","b"]', b'"verdict":2,"event_type":{"type":5}'),
        FLOW.replace(b'"labels":["a","b"]', b'"verdict":2,"drop_reason":133'),
        FLOW.replace(b'"labels":["a","b"]', b'"is_reply":true').replace(b'"source_port":40000,', b""),
        FLOW.replace(b',"destination_port":80', b""),
        FLOW.replace(b"40000", b"65536"),
        FLOW.replace(b"80", b"65536"),
        FLOW.replace(b'"time":"2023-08-21T12:12:18.5Z",', b"")[:-1] + b',"time":"2023-08-21T12:12:19Z"}',
    ],
)
def test_scan_block__agrees_between_usual_lines(line):
    """A line of any kind leaves its neighbours alone, wherever in 64 bytes it begins."""
    for padding in (*range(0, 66, 5), 63, 64):
        content = b" " * padding + FLOW + b"\n" + line + b"\n" + FLOW
        odd = agree(content, limit=2_000)
        # What is no printable ASCII may make its neighbours within 64 bytes odd too.
        assert not {1, 3} & set(odd) or not line.isascii() or not line.decode().isprintable()
        same_batches(
            decoded(content, 1, is_exact=False, limit=2_000),
            decoded(content, 1 << 20, is_exact=True, limit=2_000),
        )


@pytest.mark.parametrize("size", [1 << 20, 250_000])
def test_scan_block__reads_more_lines_than_it_notes_at_once(size, monkeypatch):
    """What is noted of one thousand lines does not show in the next; the places of odd lines are their own."""
    monkeypatch.setattr(json_pieces, "PIECE_BYTES", size)
    lines = [FLOW if number % 7 else b"odd" for number in range(1, 2_101)]
    for place in (1_023, 1_024, 1_025, 2_047, 2_048, 2_049):
        lines[place] = b""
    # Without ports or addresses after lines that have some: a value of the line noted there before would show.
    lines[1_030:1_060] = [b'{"flow":{}}'] * 30
    content = b"\n".join(lines)
    odd = agree(content)
    assert odd == [number for number, line in enumerate(lines, 1) if line in (b"odd", b'{"flow":{}}')]


@pytest.mark.parametrize(
    "letters", [b'"', b'""\n', b"\\", b'\\"', b'"\\\n', b'\\"\n', b"\n", b"{", b'{"', b'["",']
)
def test_scan_block__finds_room_for_any_number_of_quotes(letters):
    """A text of nothing but quotes or backslashes needs more room than usual text, and is read as any other."""
    for n in (1, 63, 64, 65, 127, 128, 129, 1_000):
        agree(letters * n + b"\n" + FLOW, limit=1_500)
        agree((letters * n)[: 2 * n] + FLOW, limit=1_500)


@pytest.mark.jit_only
@pytest.mark.parametrize("letters", [b'"', b"\\", b'\\"', b'""\n'])
def test_scan_block__finds_room_in_a_large_block(letters):
    """The list of quotes grows as far as the text can need."""
    content = FLOW + b"\n" + letters * 100_000 + b"\n" + FLOW
    odd = agree(content, limit=1_000_000)
    assert odd
    assert not {1, content.count(b"\n") + 1} & set(odd)


def test_scan_block__does_not_depend_on_cuts():
    """Blocks of any size say the same, those of one byte too, whatever stands at a cut."""
    content = b"\xef\xbb\xbf" + FLOW + b"\r\n\n" + FLOW.replace(b'"a"', b'"\\\\"') + b'\n{"flow":"\n' + FLOW
    whole = seen(decoded(content, 1 << 20, is_exact=False))
    assert (len(whole["rows"]), whole["n_rows"]) == (3, 4)
    for size in range(1, len(content) + 2):
        assert seen(decoded(content, size, is_exact=False)) == whole


@pytest.mark.parametrize("limit", [len(FLOW) - 1, len(FLOW), len(FLOW) + 1])
def test_scan_block__rejects_lines_over_the_limit(limit):
    """The limit counts every byte of the line, spaces and a carriage return at its end too."""
    for line in (FLOW, FLOW + b"\r", b" " + FLOW, FLOW + b" ", b" " * (limit + 1), b" " * limit):
        content = b"\n".join([line, b"", line])
        exact = decoded(content, 1 << 20, is_exact=True, limit=limit)
        for size in (1, 50, len(line), 1_000):
            same_batches(decoded(content, size, is_exact=False, limit=limit), exact)


def test_scan_block__keeps_the_numbers_of_lines():
    """Rows are lines of the file, from the first one of the block on."""
    content = b"\n" * 5 + FLOW + b"\n\n" + FLOW.replace(b"10.0.0.1", b"10.0.0.999") + b"\n" + FLOW
    (batch,) = decoded(content + b"\n", 1 << 20, is_exact=False)
    assert batch.rows.tolist() == [6, 9]
    assert batch.account.rejected["source address is no IP address"].rows == [8]
    assert batch.evidence(np.array([1])).time_start.tolist() == [1692619938500000000]


@pytest.mark.parametrize("size", [1, 40, 260, 700, 5_000])
def test_scan_block__does_not_depend_on_pieces(size, monkeypatch):
    """A block is scanned piece by piece; where one ends changes nothing, nor that a line is longer than it."""
    lines = [
        FLOW,
        b"",
        FLOW.replace(b"10.0.0.1", b"10.0.0.999"),
        b'{"node_status":{}}',
        FLOW + b"\r",
        b"broken",
    ]
    content = b"\n".join(lines * 3)
    whole = seen(decoded(content, 1 << 20, is_exact=True))
    monkeypatch.setattr(json_pieces, "PIECE_BYTES", size)
    assert seen(decoded(content, 1 << 20, is_exact=False)) == whole


@given(
    st.lists(USUAL_LINES, min_size=1, max_size=5), st.sampled_from((b"\n", b"\r\n")), st.integers(1, 1_500)
)
def test_scan_block__reads_usual_events_by_itself_in_pieces(lines, end, size):
    """What stands at the border of two pieces is usual: no event there is left to the exact parser."""
    with patch.object(json_pieces, "PIECE_BYTES", size):
        assert agree(end.join(lines)) == []


@given(st.lists(odd_events() | USUAL_LINES, min_size=2, max_size=5), ENDS, st.integers(1, 1_500))
def test_scan_block__agrees_on_odd_events_in_pieces(lines, end, size):
    """Quotes of one piece do not pair with those of the next, and its odd lines and addresses keep their places."""
    with patch.object(json_pieces, "PIECE_BYTES", size):
        agree(end.join(lines))


@given(spoiled(st.lists(USUAL_LINES, min_size=2, max_size=4).map(b"\n".join)), st.integers(1, 1_500))
def test_scan_block__agrees_on_broken_bytes_in_pieces(content, size):
    """A quote or a backslash too many spoils its own line, also where a piece ends behind it."""
    with patch.object(json_pieces, "PIECE_BYTES", size):
        agree(content)


@given(st.lists(USUAL_LINES, min_size=2, max_size=5).map(b"\n".join), st.integers(1, 1_500))
def test_scan_block__makes_room_for_more_quotes(content, size):
    """A piece that has more of them than expected is read again, and those before it are not."""
    with (
        patch.object(json_pieces, "PIECE_BYTES", size),
        patch.object(json_pieces, "BYTES_A_QUOTE", 1 << 20),
        patch.object(json_pieces, "_ROOM", json_pieces._Room()),  # noqa: SLF001 - memory that nobody used
    ):
        assert agree(content) == []
