"""CSV flow tables: headers, quotes, and rows of another width."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.flows.generic_csv import CsvPart
from tests.flows.tables import generic

HEADER = b"src_ip,dst_ip,protocol,dst_port,note,time_start\n"
ROW = b"10.0.0.1,10.0.0.2,TCP,80,,2023-08-21T12:12:18Z\n"
QUOTES = "quotes or line ends inside the row are broken"
WIDTH = "row has another number of fields than the header"


def csv(folder, content, **options):
    """Decode CSV."""
    return generic(folder, content, "csv", **options)


def test_csv_parts__read_a_plain_file(tmp_path):
    """Rows keep their line numbers; texts become numbers, addresses and times."""
    found = csv(tmp_path, HEADER + ROW + b'"fe80::1","fe80::2","ICMPv6","","a ""b"", c",""\r\n' + ROW[:-1])
    assert [row[:6] for row in found.rows] == [
        (2, "10.0.0.1", "10.0.0.2", 6, 0, 80),
        (3, "fe80::1", "fe80::2", 58, 0, 0),
        (4, "10.0.0.1", "10.0.0.2", 6, 0, 80),
    ]
    at = "1692619938000000000"
    assert found.times == [(at, None), (None, None), (at, None)]
    assert (found.rejected, found.errors) == ({}, [])


@pytest.mark.parametrize(
    "header",
    [
        b"\xef\xbb\xbf" + HEADER,
        HEADER.replace(b"\n", b"\r\n"),
        b'"src_ip", "dst_ip" ,"protocol","dst_port",note,time_start\n'.replace(b', "', b',"').replace(
            b'" ,', b'",'
        ),
        b"src_ip , dst_ip, protocol,dst_port,note,time_start\n",
        b"\n\n" + HEADER,
    ],
)
def test_csv_parts__read_any_header(tmp_path, header):
    """Byte order mark, line ends, quotes, blanks and blank lines do not matter."""
    found = csv(tmp_path, header + ROW)
    assert ([row.destination for row in found.rows], found.errors) == (["10.0.0.2"], [])


@pytest.mark.parametrize("content", [HEADER, HEADER[:-1], HEADER + b"\n\r\n\n"])
def test_csv_parts__find_nothing_below_a_lone_header(tmp_path, content):
    """A table without rows is no error."""
    found = csv(tmp_path, content)
    assert (found.rows, found.account.n_rows, found.errors) == ([], 0, [])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "expected columns `src_ip`, `dst_ip`, `protocol`, `dst_port`; found none - at log"),
        (b"\n\n", "expected columns `src_ip`, `dst_ip`, `protocol`, `dst_port`; found none - at log"),
        (
            b"src_ip,dst_ip,proto,dst_port\n",
            "expected columns `protocol` (is it `proto`?); found `src_ip, dst_ip, proto, dst_port` - at log",
        ),
        (
            b'\n"src_ip,dst_ip\n',
            "expected a CSV header of column names, its text or quotes are broken - at log:2",
        ),
        (b"src_ip,\xff\n", "expected a CSV header of column names, its text or quotes are broken - at log:1"),
        (b"src_ip," + b"x" * 300 + b"\n", "expected a CSV header of at most 200 bytes - at log:1"),
    ],
)
def test_csv_parts__refuse_a_file_without_its_columns(tmp_path, content, message):
    """Without a header that names the required columns nothing can be read."""
    assert csv(tmp_path, content, max_line_bytes=200).errors == [message]


BROKEN = HEADER + b"".join(
    [
        ROW,  # 2
        b"10.0.0.1,10.0.0.2,TCP\n",  # 3: short
        b"\n",
        ROW,  # 5
        b"10.0.0.1,10.0.0.2,TCP,80,,,,\n",  # 6: long
        b'10.0.0.1,"10.0.0.2,TCP,80,,\n',  # 7: open quote
        ROW,  # 8
        b"10.0.0.1,10.0.0.2,TCP,80,a\rb,\n",  # 9: stray carriage return
        b"   \n",  # 10: short
        b"\r\n",
        b"10.0.0.1,10.0.0.\xff,TCP,80,,\n",  # 12: not UTF-8, where it matters
        b"10.0.0.1,10.0.0.2,TCP,80,\xff,\n",  # 13: not UTF-8, where it does not
        b"10.0.0.1,10.0.0.2,TCP,8\x000,,\n",  # 14
        b"10.0.0.1,10.0.0.2,TCP,80,," + b"x" * 200 + b"\n",  # 15: too many bytes
        b'10.0.0.1,10.0.0.2,TCP,80,a"b"c,\n',  # 16: quotes inside a field are letters
        b'10.0.0.1,10.0.0.2,TCP,80,"a"b,\n',  # 17: what follows the closing quote too
        b'10.0.0.1,10.0.0.2,TCP,80,x"y,"z\n',  # 18: an even number of quotes, one of them open
        ROW,  # 19
    ]
)


def test_csv_part__rejects_rows_alone(tmp_path):
    """Every line is a flow or rejected at its own line; no quote swallows what follows."""
    found = csv(tmp_path, BROKEN, max_line_bytes=200)
    assert [row.row for row in found.rows] == [2, 5, 8, 13, 16, 17, 19]
    assert found.rejected == {
        WIDTH: (3, [3, 6, 10]),
        QUOTES: (3, [7, 9, 18]),
        "line is longer than 200 bytes": (1, [15]),
        "destination address is no IP address": (1, [12]),
        "destination port is no number from 0 to 65535": (1, [14]),
    }
    assert found.account.n_rows == 16


def test_csv_part__does_not_depend_on_the_cuts(tmp_path):
    """Wherever blocks end, flows and accounts are the same."""
    whole = csv(tmp_path, BROKEN, max_line_bytes=200)
    for block_bytes in (*range(1, len(BROKEN), 7), *range(len(BROKEN) - 60, len(BROKEN))):
        found = csv(tmp_path, BROKEN, block_bytes=block_bytes, max_line_bytes=200)
        assert (found.rows, found.account, found.times) == (whole.rows, whole.account, whole.times)


NAMES = ("src_ip", "dst_ip", "protocol", "dst_port")
PIECES = [
    "10.0.0.1",
    ",",
    '"',
    '""',
    "\n",
    "\r\n",
    "\r",
    "TCP",
    "80",
    "10.0.0.1,10.0.0.2,TCP,80\n",
    '",',
    ',"',
    " ",
]


@given(st.lists(st.sampled_from(PIECES), max_size=30))
def test_csv_part__counts_every_line_and_finds_every_good_row(pieces):
    """Whatever stands around them, lines that are plain rows are flows with their own number."""
    text = "".join(pieces).encode()
    if not text:
        return
    batch = CsvPart("log", NAMES, text, 1, 1 << 20)()
    lines = text.split(b"\n")
    assert batch.account.n_rows == sum(line not in {b"", b"\r"} for line in lines)
    assert batch.n_flows + batch.account.n_rejected == batch.account.n_rows
    plain = [number for number, line in enumerate(lines, 1) if line == b"10.0.0.1,10.0.0.2,TCP,80"]
    assert set(plain) <= set(batch.rows.tolist())
