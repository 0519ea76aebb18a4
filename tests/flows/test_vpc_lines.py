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
from tests.flows.vpc_drawn import ODD, USUAL, odd_logs, usual_logs

LIMIT = 400


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


def test_vpc_lines__leaves_only_lines_with_broken_addresses():
    """A record with a broken address, on either side or on both, is the exact decoder's; those around it are not."""
    pairs = [(one, other) for one in ("10.0.0.1", "10.0.0.999") for other in ("10.0.0.2", "x")]
    usual = ("10.0.0.3", "10.0.0.4")
    lines = [f"{one} {other} 80 6" for pair in pairs for one, other in (usual, pair)]
    agree("\n".join(["srcaddr dstaddr dstport protocol", *lines]).encode())
    (block,) = cut("\n".join([*lines, ""]).encode(), limit=LIMIT)
    left = []

    def kept(self, text, numbers):
        left.extend(numbers.tolist())
        return exact(self, text, numbers)

    exact = VpcLines._exact  # noqa: SLF001 - what comes to it is what is tested
    with patch.object(VpcLines, "_exact", kept):
        VpcLines("flows", block, Columns(("srcaddr", "dstaddr", "dstport", "protocol")), (), LIMIT)()
    assert left == [4, 6, 8]
