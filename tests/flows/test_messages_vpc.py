"""VPC records in messages: which columns a line has, and how many lines are read together."""

from __future__ import annotations

import pytest

from auditor.flows import blocks, messages_text
from tests.flows.message_batches import account_of, batch_of, read, rejects, said
from tests.flows.test_messages import HUBBLE, NOT_DEFAULT, VPC

HEADER = b"srcaddr dstaddr dstport protocol"
OTHER = b"protocol dstport dstaddr srcaddr"
SHORT = b"10.0.0.1 10.0.0.2 443 6"
LONG = b"17 53 10.0.0.2 10.0.0.1"
TWICE = "header names a field twice"


def test_decode_vpc__a_header_counts_to_the_end_of_its_message():
    """The next message has the default format again, or a header of its own."""
    values = [VPC, HEADER + b"\n" + SHORT + b"\n" + SHORT, VPC, OTHER + b"\n" + LONG, SHORT, VPC]
    found = read(batch_of(values))
    assert said(found)["rows"] == [100, 101, 101, 102, 103, 105]
    assert said(found)["dst_port"] == [443, 443, 443, 443, 53, 443]
    assert rejects(found) == [(104, NOT_DEFAULT)]
    assert account_of(found).skipped == {"header": 2}


def test_decode_vpc__a_header_counts_from_its_line():
    """Files that were put together lie in one message."""
    value = b"\n".join([VPC, HEADER, SHORT, OTHER, LONG, OTHER, LONG, b"", b"# format: " + HEADER, SHORT])
    found = read(batch_of([value, VPC]))
    assert said(found)["rows"] == [100] * 5 + [101]
    assert said(found)["dst_port"] == [443, 443, 53, 53, 443, 443]


@pytest.mark.parametrize("n", [2, 300])
def test_decode_vpc__every_message_may_have_a_header(n):
    """As where each is a piece of a file; a header alone is no record."""
    found = read(batch_of([HEADER + b"\n" + SHORT] * n + [HEADER]))
    assert said(found)["rows"] == list(range(100, 100 + n))
    assert account_of(found).skipped == {"header": n + 1}


def test_decode_vpc__a_header_that_cannot_be_used_costs_its_message():
    """Lines above it and the messages around are read."""
    broken = b"srcaddr srcaddr dstport protocol"
    values = [VPC, VPC + b"\n" + broken + b"\n\n" + SHORT + b"\n" + SHORT, VPC]
    found = read(batch_of(values))
    assert said(found)["rows"] == [100, 101, 102]
    assert [(one.offset, one.reason, one.n_rows) for each in found for one in each.rejected] == [
        (101, TWICE, 3)
    ]


def test_decode_vpc__a_header_may_be_too_long_to_be_one():
    """Then it is a line that is too long."""
    found = read(batch_of([HEADER + b" " + b"srcport " * 20 + b"\n" + VPC]), max_line_bytes=100)
    assert said(found)["rows"] == [100]
    assert rejects(found) == [(100, "line is too long")]


def test_decode_vpc__named_columns_are_those_of_every_message():
    """Up to a header."""
    found = read(batch_of([SHORT, OTHER + b"\n" + LONG, SHORT, VPC]), vpc_format=HEADER.decode())
    assert said(found)["rows"] == [100, 101, 102]
    assert rejects(found) == [(103, "number of fields is not that of the header or --vpc-format")]


@pytest.mark.parametrize("line", [VPC, HUBBLE])
def test_bounded__cuts_many_lines(monkeypatch, line):
    """Memory for each line is asked for some lines at a time, and nothing else changes."""
    values = [line + b"\n" + line + b"\nx", line, b"\n".join([HEADER, SHORT, SHORT, SHORT]), line + b"\n" * 9]
    whole = said(read(batch_of(values)))
    monkeypatch.setattr(blocks, "MAX_LINES", 2)
    assert said(read(batch_of(values))) == whole


@pytest.mark.jit_only
def test_gathered__lets_go_of_much_memory(monkeypatch):
    """A long message makes room, which is kept only for the next long one."""
    monkeypatch.setattr(messages_text, "_MOST_BYTES", 1 << 22)
    room = messages_text.ROOM
    long = VPC + b"\n" + b" " * (5 << 20)
    assert said(read(batch_of([long])))["rows"] == [100]
    assert len(room.content) > 5 << 20
    assert said(read(batch_of([VPC])))["rows"] == [100]
    assert len(room.content) < 5 << 20
