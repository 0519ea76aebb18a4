"""The scanner of VPC text against plain Python, on clean logs, mutated logs and every cut."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.flows.sniff import FlowOptions
from auditor.flows.vpc_text import VpcTextLog
from tests.flows.reading import read
from tests.flows.streams import MemoryFile
from tests.flows.vpc_oracle import read_lines

LIMIT = 300
HEADER = b"version srcaddr dstaddr srcport dstport protocol start end packets bytes action tcp-flags "
LOG = (
    b"2 1 eni-1 10.0.0.1 10.0.0.2 40000 443 6 1 40 1418530010 1418530070 ACCEPT OK\n"
    b"2 1 eni-1 - - - - - - - 1431280876 1431280934 - NODATA\r\n"
    b"\n  \t\n"
    b"2 1 eni-1 - - - - - - - 1431280876 1431280934 - SKIPDATA\n"
    + HEADER
    + b"pkt-srcaddr pkt-dstaddr log-status\n"
    b"5 10.0.0.9 10.0.1.9 80 34210 6 1616729292 1616729349 14 15044 ACCEPT 19 10.0.1.5 10.0.1.6 OK\n"
    b"  5 10.0.0.9\t10.0.1.9 34210 80 6 1616729292 1616729349 14 15044 REJECT 3 - 2001:db8::1 OK # why\n"
    b"5 10.0.0.9 10.0.1.9 0 0 1 1616729292 1616729349 14 15044 REJECT - - - OK\n"
    b"# a comment\n"
    + b"#format: instance_id srcaddr dstaddr dstport protocol\n- ::1 ::2 53 17\n"
    + HEADER.replace(b"-", b"_")
    + b"new_field\n"
    b"12 10.0.0.9 10.0.1.9 1 2 132 1616729292 1616729349 14 15044 - 0 x#y"
)
_WORDS = "- OK NODATA SKIPDATA ACCEPT DROP 6 17 2 -1 256 65536 10.0.0.256 ::1%eth0 None 9223372037 # \u00fc"
PIECES = [
    *(word.encode() for word in _WORDS.split()),
    *(bytes([byte]) for byte in b"\0\t\n\v\f\r \x85\xff"),
    *(b"9" * 19, b"x" * 400, b" " * 400, b"\xc2\xa0"),
    *(b"srcaddr dstaddr", b"srcaddr dstaddr dstport protocol\n", b"\n2 - - 3 6\n"),
    b"# format: version srcaddr dstaddr protocol dstport\n",
]


def scanned(content, block_bytes=1 << 20):
    """Read with the scanner."""
    options = FlowOptions(block_bytes=block_bytes, max_line_bytes=LIMIT)
    flows, account, failures = read(VpcTextLog(MemoryFile(content), options))
    assert failures == []
    return flows, as_plain(account)


def expected(content):
    """Read with plain Python."""
    flows, account = read_lines(content, LIMIT)
    return flows, as_plain(account)


def as_plain(account):
    """Return an account to compare: the order of reasons does not count."""
    return asdict(account)


def test_vpc_text__agrees_with_plain_python():
    """The log of all cases reads as line by line."""
    flows, account = scanned(LOG)
    assert (flows, account) == expected(LOG)
    assert (len(flows), account["n_rows"], account["rejected"]) == (6, 12, {})
    assert account["skipped"] == {"NODATA": 1, "SKIPDATA": 1, "header": 3, "comment": 1}


@pytest.mark.parametrize("size", [*range(1, 40), *range(40, len(LOG) + 3, 17), len(LOG) - 1, len(LOG)])
def test_vpc_text__does_not_depend_on_cuts(size):
    """Whatever the size of the blocks, rows, reasons and positions stay."""
    assert scanned(LOG, size) == expected(LOG)


@pytest.mark.parametrize("last", [b"tcp-flags", b"interface-id", b"pkt-dstaddr", b"log-status", b"bytes"])
def test_vpc_text__counts_no_field_behind_a_last_space(last):
    """A space at the end of a file without a line feed ends the last field, and begins no empty one."""
    header = b"srcaddr dstaddr dstport protocol "
    content = header + last + b"\n10.0.0.1 10.0.0.2 80 6 "
    assert scanned(content) == expected(content)
    for padding in range(70):
        padded = b"# " + b"x" * padding + b"\n" + content
        assert scanned(padded) == expected(padded)


def test_vpc_text__does_not_depend_on_where_a_cut_falls():
    """A block that ends at any place of the log changes nothing."""
    for place in range(1, len(LOG)):
        assert scanned(LOG[:place]) == expected(LOG[:place])


@given(
    st.lists(
        st.tuples(st.integers(0, len(LOG)), st.integers(0, 12), st.sampled_from(PIECES)),
        min_size=1,
        max_size=6,
    ),
    st.integers(1, 400),
)
def test_vpc_text__agrees_after_mutations(mutations, size):
    """Pieces put anywhere into a log spoil the rows they hit, the same ones for both."""
    content = LOG
    for place, length, piece in mutations:
        content = content[:place] + piece + content[place + length :]
    try:
        wanted = expected(content)
    except ValueError:  # a header that names a field twice ends the file: tested by itself
        return
    assert scanned(content, size) == wanted


@given(st.binary(max_size=200), st.integers(1, 50))
def test_vpc_text__survives_any_bytes(content, size):
    """Bytes of any kind are rejected rows, never an exception."""
    assert scanned(content, size) == expected(content)
