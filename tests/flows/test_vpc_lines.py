"""The scanner of VPC text against the exact decoder, on columns in any order and values of any kind."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.flows.options import FlowOptions
from auditor.flows.vpc_columns import DEFAULT_FIELDS, Columns
from auditor.flows.vpc_lines import VpcLines
from auditor.flows.vpc_text import VpcTextLog
from tests.flows.same import same_batches
from tests.flows.streams import MemoryFile, cut

LIMIT = 400
ADDRESSES = ("10.0.0.1", "10.0.0.2", "fd00::1", "::ffff:10.0.0.3", "255.255.255.255")
NUMBERS = ("0", "1", "443", "0000000000000007", "1616729292")
USUAL = {
    "protocol": ("6", "6", "17", "1", "0", "255", "006"),
    "srcaddr": ADDRESSES,
    "dstaddr": ADDRESSES,
    "dstport": ("0", "80", "65535", "00443"),
    "srcport": ("0", "40000", "65535"),
    "pkt-srcaddr": (*ADDRESSES, "-"),
    "pkt-dstaddr": (*ADDRESSES, "-"),
    "tcp-flags": ("0", "2", "3", "18", "19", "255"),
    "action": ("ACCEPT", "REJECT"),
    "log-status": ("OK",),
    "start": ("0", "1616729292", "9223372036", "-"),
    "end": ("1616729349", "-"),
    "bytes": (*NUMBERS, "-", "9" * 16),
    "packets": (*NUMBERS, "-"),
    "version": ("2", "5", "x"),
    "interface-id": ("eni-1", "-"),
    "flow-direction": ("egress", "-"),
}
"""What stands in usual records, by column; the first ones must be there."""

ODD = (
    *(
        "-",
        "--",
        "None",
        "null",
        "nan",
        "NaN",
        "0",
        "-1",
        "+1",
        "1.0",
        "1e3",
        "0x10",
        "2_0",
        "\u0663",
        "256",
        "65536",
    ),
    *(
        "9" * 15,
        "9" * 16,
        "1" * 17,
        "9" * 18,
        "1" * 19,
        "0" * 16,
        "0" * 17 + "6",
        "0" * 18 + "6",
        "0" * 8,
        "x" * 8,
    ),
    *(
        "9223372036",
        "9223372037",
        "99999999",
        "100000000",
        "1234567/",
        "1234567:",
        "12345678/",
        "/2345678",
        "\u00fc",
    ),
    *(
        "OK",
        "NODATA",
        "SKIPDATA",
        "ok",
        "OKAY",
        "SKIPDATE",
        "NODATE",
        "ACCEPT",
        "REJECT",
        "ACCEPTS",
        "accept",
    ),
    *(
        "10.0.0.256",
        "1.2.3",
        "::1%eth0",
        ":::",
        "#",
        "#x",
        "x#",
        "\0",
        "a\0b",
        "\x7f",
        "\x01",
        "srcaddr",
        "version",
    ),
    *("a,b", '"', "x" * 390, "x" * 500),
)
BLANKS = (" ", " ", " ", " ", " ", " ", "  ", "\t", " \t ", "\r", "\v", "\x1f", "\u00a0", " " * 70)
LINES = (
    "",
    " ",
    "\t \r",
    "#",
    "# a comment",
    " #",
    "x",
    "-",
    "version srcaddr",
    "- " * 20,
    "\u00fc",
    "\0",
    " " * 500,
)
ENDS = st.sampled_from(("\n", "\n", "\r\n", " \n", "\n\n"))


@st.composite
def columns(draw):
    """Draw the columns of a log: those that are needed, any others, in any order."""
    names = list(USUAL)
    kept = draw(st.lists(st.sampled_from(names[4:]), unique=True))
    return draw(st.permutations([*names[:4], *kept]))


def record(draw, names):
    """Draw a record of usual form."""
    return [draw(st.sampled_from(USUAL[name])) for name in names]


@st.composite
def usual_logs(draw):
    """Draw a log of usual records with its header."""
    names = draw(columns())
    records = [record(draw, names) for _ in range(draw(st.integers(1, 5)))]
    if "tcp-flags" in names and "srcport" not in names:
        # An answer is judged by the port it comes from, and odd without one.
        for fields in records:
            fields[names.index("tcp-flags")] = draw(st.sampled_from(("0", "2", "3")))
    end = draw(st.sampled_from(("\n", "\r\n")))
    return end.join(" ".join(line) for line in [names, *records]) + end * draw(st.booleans())


def odd_record(draw, names):
    """Draw a record with odd values, without a flow, or with a field too many or too few."""
    fields = record(draw, names)
    for _ in range(draw(st.integers(0, 3))):
        fields[draw(st.integers(0, len(fields) - 1))] = draw(st.sampled_from(ODD))
    if draw(st.integers(0, 5)) == 0:
        for name in ("protocol", "action"):
            if name in names:
                fields[names.index(name)] = "-"
        if "log-status" in names:
            fields[names.index("log-status")] = draw(st.sampled_from(("NODATA", "SKIPDATA")))
    if draw(st.integers(0, 9)) == 0:
        fields.insert(draw(st.integers(0, len(fields))), draw(st.sampled_from(ODD)))
    if draw(st.integers(0, 9)) == 0:
        del fields[draw(st.integers(0, len(fields) - 1))]
    return fields


@st.composite
def odd_logs(draw):
    """Draw a log with odd values, blanks and lines among the records."""
    names = draw(columns())
    content = " ".join(names) + draw(ENDS)
    for _ in range(draw(st.integers(1, 5))):
        if draw(st.integers(0, 4)) == 0:
            content += draw(st.sampled_from((*LINES, " ".join(names)))) + draw(ENDS)
            continue
        fields = odd_record(draw, names)
        blanks = draw(st.lists(st.sampled_from(BLANKS), min_size=1, max_size=3))
        content += "".join(field + blanks[place % len(blanks)] for place, field in enumerate(fields))
        if draw(st.booleans()):
            content = content.rstrip(" \t\r\v\xa0\x1f")
        content += draw(ENDS)
    return content[: len(content) - draw(st.integers(0, 12))]


def batches(content, **options):
    """Read a log, part by part."""
    log = VpcTextLog(MemoryFile(content), FlowOptions(max_line_bytes=LIMIT, **options))
    return [part() for part in log.parts()]


def agree(content, block_bytes=1 << 20):
    """Assert that scanner and exact decoder say the same of a log."""
    same_batches(batches(content, block_bytes=block_bytes), batches(content, exact=True))


@given(usual_logs().map(str.encode))
def test_vpc_lines__reads_usual_records_by_itself(content):
    """Whatever columns there are and in which order: no record is left to the exact decoder, and it reads the same."""
    header, records = content.split(b"\n", 1)
    names = Columns(tuple(header.decode().split()))
    (block,) = cut(records, limit=LIMIT) if records.count(b"\n") == len(records.splitlines()) else (None,)
    agree(content)
    if block is None:
        return
    with patch.object(VpcLines, "_exact", side_effect=AssertionError):
        batch = VpcLines("flows", block, names, (), LIMIT)()
    assert batch.n_flows == block.n_lines


@given(odd_logs().map(str.encode), st.integers(1, 300))
def test_vpc_lines__agrees_on_odd_records(content, size):
    """Odd values, blanks and lines cost nobody but their own line, and mean what the exact decoder says."""
    agree(content, size)


@given(usual_logs().map(str.encode), st.data())
def test_vpc_lines__agrees_on_broken_bytes(content, data):
    """Bytes removed, repeated and put in anywhere are seen."""
    start = content.index(b"\n") + 1
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(start, max(start, len(content))))
        length = data.draw(st.sampled_from((0, 0, 1, 1, 2, 30)))
        piece = data.draw(
            st.sampled_from((b"", content[place : place + length] * 2, b" ", b"\n", b"\r", b"\xff", b"1"))
        )
        content = content[:place] + piece + content[place + length :]
    agree(content, data.draw(st.integers(1, 300)))


@pytest.mark.parametrize("name", [name for name in USUAL if name != "flow-direction"])
def test_vpc_lines__agrees_on_each_value_of_each_column(name):
    """Every odd value in every column, as the first field of the line, in its middle and as its last."""
    for first in (0, 5, len(USUAL) - 1):
        names = [each for each in USUAL if each != name]
        names.insert(first, name)
        rows = [[value if each == name else USUAL[each][0] for each in names] for value in ODD]
        agree("\n".join(" ".join(row) for row in [names, *rows]).encode())


def test_vpc_lines__agrees_on_dashes_everywhere():
    """Records without anything, with and without their status, are what the exact decoder says."""
    names = list(USUAL)
    lines = [names]
    for status in ("-", "OK", "NODATA", "SKIPDATA", "None"):
        empty = [status if name == "log-status" else "-" for name in names]
        lines += [empty]
        for place, name in enumerate(names):
            lines.append([*empty[:place], USUAL[name][0], *empty[place + 1 :]])
    agree("\n".join(" ".join(line) for line in lines).encode())
    without = [
        [field for field, name in zip(line, names, strict=True) if name != "log-status"] for line in lines
    ]
    agree("\n".join(" ".join(line) for line in without).encode())


@pytest.mark.parametrize("version", ["2", "3", "02", "-", "x", "2.0", "1" * 17])
def test_vpc_lines__agrees_on_versions_of_the_default_format(version):
    """Without a header records must be of the version whose fields are assumed; also those without a flow."""
    usual = dict(
        zip(
            DEFAULT_FIELDS, b"2 1 eni 10.0.0.1 10.0.0.2 4 8 6 1 2 3 4 ACCEPT OK".decode().split(), strict=True
        )
    )
    lines = [usual | {"version": version}]
    lines += [
        lines[0] | {"protocol": "-", "action": "-", "log-status": status} for status in ("NODATA", "SKIPDATA")
    ]
    agree("\n".join(" ".join(line.values()) for line in [usual, *lines, usual]).encode())


@pytest.mark.parametrize(
    "letters", [b" ", b"\n", b" \n", b"1 \n", b"\r\n", b"- ", b"a", b"\t", b" \r", b"\r"]
)
def test_vpc_lines__finds_room_for_any_number_of_fields(letters):
    """A text of nothing but blanks needs more room than usual text, and is read as any other."""
    line = b"2 1 eni 10.0.0.1 10.0.0.2 4 8 6 1 2 3 4 ACCEPT OK"
    for n in (1, 63, 64, 65, 127, 128, 129, 1_000):
        agree(line + b"\n" + letters * n + b"\n" + line)
        agree(line + b"\n" + letters * n)


@pytest.mark.jit_only
@pytest.mark.parametrize("letters", [b" ", b"- ", b" \n", b"\n"])
def test_vpc_lines__finds_room_in_a_large_block(letters):
    """The list of ends grows as far as the text can need."""
    line = b"2 1 eni 10.0.0.1 10.0.0.2 4 8 6 1 2 3 4 ACCEPT OK"
    content = line + b"\n" + letters * 200_000 + b"\n" + line
    agree(content)
    assert [batch.rows.tolist() for batch in batches(content)][-1][-1] == content.count(b"\n") + 1


@pytest.mark.parametrize("place", range(60, 70))
def test_vpc_lines__agrees_wherever_a_line_ends(place):
    """Ends of lines of each kind around the border of 64 bytes, and ends of the file there."""
    line = b"10.0.0.1 10.0.0.2 80 6 "
    for end in (b"\n", b"\r\n", b" \n", b" \r\n", b"\r", b" ", b"", b"\n\n", b"\t\n"):
        header = b"srcaddr dstaddr dstport protocol interface-id\n"
        first = line + b"x" * (place - len(line) - len(header) % 64)
        for second in (line + b"x", b"", b"-"):
            agree(header + first + end + second)
            agree(header + line + b"x\n" + first + end + second)
