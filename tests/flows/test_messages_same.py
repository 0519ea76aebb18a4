"""Messages against the readers of files, on the same lines or rows in one file."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
from hypothesis import assume, given
from hypothesis import strategies as st

from auditor.flows.generic import GenericLog
from auditor.flows.options import FlowOptions
from auditor.flows.vpc_columns import Columns, missing_fields, read_header
from auditor.flows.vpc_exact import ExactLines
from auditor.flows.vpc_text import VpcTextLog
from tests.flows.hubble_events import as_line, odd_events, spoiled, usual_events
from tests.flows.message_batches import JUNK, batch_of, by_offsets, grouped, is_plain, read, rejects
from tests.flows.same import seen
from tests.flows.streams import MemoryFile
from tests.flows.tables import ipc_bytes, table
from tests.flows.test_hubble_scan import decoded
from tests.flows.vpc_drawn import USUAL as USUAL_COLUMNS
from tests.flows.vpc_drawn import odd_logs, usual_logs

LIMIT = 20_000
USUAL = usual_events().map(as_line)
EVENTS = st.one_of(USUAL, USUAL, odd_events(), spoiled(USUAL))
KEYS = st.sampled_from(("log", "message", "msg"))
WRAPPED = st.builds(
    lambda key, line: json.dumps({"stream": "stdout", key: line.decode("utf-8", "replace") + "\n"}).encode(),
    KEYS,
    USUAL,
)
TWICE = "header names a field twice"
OPTIONS = {"max_line_bytes": LIMIT}


class ArrowFile(MemoryFile):
    """A file in memory that Arrow reads."""

    def open(self):
        """Return the bytes as a stream."""
        stream = super().open()
        stream.codec = None
        return stream

    def arrow_file(self):
        """Return the bytes for random access."""
        return pa.BufferReader(self.content)


def offsets_of(values, data):
    """Draw ascending offsets with gaps."""
    return np.cumsum([7, *(data.draw(st.sampled_from((1, 1, 2, 9))) for _ in values[1:])]).tolist()


def agree(expected, values, data, **options):
    """Assert that messages say what a file of their lines says, however they are cut and whoever reads them."""
    offsets = offsets_of(values, data)
    wanted = by_offsets(expected, values, offsets)
    messages = batch_of(values, data.draw(JUNK), offsets=offsets)
    for block_bytes in (1 << 20, 1):
        for is_exact in (False, True):
            found = read(messages, block_bytes=block_bytes, exact=is_exact, **OPTIONS, **options)
            got = seen([each.flows for each in found])
            for name, column in wanted.items():
                assert got[name] == column, name
    return rejects(found)


@given(st.lists(EVENTS | WRAPPED, min_size=1, max_size=6).flatmap(grouped), st.data())
def test_decode_messages__reads_hubble_as_a_file_of_the_same_lines(values, data):
    """Every column, every count and every rejected row of events, usual and broken ones, and of wrapped ones."""
    assume(all(is_plain(value) for value in values))
    content = b"".join((value or b"") + b"\n" for value in values)
    expected = seen(decoded(content, 1 << 20, is_exact=True, limit=LIMIT))
    rejected = agree(expected, values, data, format="hubble-json")
    counts = {reason: count for reason, (count, _) in expected["rejected"].items()}
    assert set(counts) == {reason for _, reason in rejected}


@given(st.lists(USUAL | WRAPPED, min_size=1, max_size=6).flatmap(grouped), st.data())
def test_decode_messages__recognises_hubble(values, data):
    """Nobody has to name the format."""
    content = b"".join((value or b"") + b"\n" for value in values)
    agree(seen(decoded(content, 1 << 20, is_exact=True, limit=LIMIT)), values, data)


@given(usual_logs(), st.data())
def test_decode_messages__reads_vpc_as_a_file_of_the_same_lines(log, data):
    """Every column and every count of records without a header."""
    header, *lines = log.encode().splitlines()
    values = data.draw(grouped(lines))
    content = b"".join((value or b"") + b"\n" for value in values)
    names = header.decode()
    file = VpcTextLog(MemoryFile(content), FlowOptions(vpc_format=names))
    expected = seen([part() for part in file.parts()])
    agree(expected, values, data, vpc_format=names)


def line_by_line(values, columns):
    """Decode the lines of messages one by one, each below the headers of its own message."""
    batches = []
    number = 0
    refused = {}
    for value in values:
        current = columns
        for line in (value or b"").split(b"\n"):
            number += 1
            headers = ()
            try:
                found = read_header(line) if len(line) <= LIMIT else None
            except ValueError:
                current = None
            else:
                if found is not None:
                    current, headers = found, (number,)
            if current is None:
                if line.strip():
                    refused.setdefault(TWICE, []).append(number)
                continue
            numbers = np.array([number])
            batches.append(ExactLines("flows", line, numbers, current, headers, LIMIT)())
    return batches, refused


@given(odd_logs(), st.data())
def test_decode_messages__reads_odd_vpc_lines_as_one_by_one(log, data):
    """A header counts to the end of its message, and no further."""
    content = log.encode("utf-8", "surrogateescape")
    names = tuple(content.split(b"\n")[0].decode("utf-8", "replace").split())
    # The end of a log may be cut off, be it in its first line.
    assume(set(names) <= set(USUAL_COLUMNS) and not missing_fields(names))
    values = data.draw(grouped(content.split(b"\n")))
    assume(all(is_plain(value) for value in values))
    batches, refused = line_by_line(values, Columns(names))
    expected = seen(batches)
    for reason, rows in refused.items():
        expected["rejected"][reason] = (len(rows), rows[:5])
        expected["n_rows"] += len(rows)
    agree(expected, values, data, format="vpc-text", vpc_format=" ".join(names))


ROWS = st.fixed_dictionaries(
    {
        "src_ip": st.sampled_from(("10.0.0.1", "fe80::1", "x", None)),
        "dst_ip": st.sampled_from(("10.0.0.2", "fe80::2", "", "10.0.0.9")),
        "protocol": st.sampled_from(("TCP", "udp", "132", "no")),
        "dst_port": st.sampled_from((80, 53, 70_000, None)),
        "weight": st.sampled_from((1, 2, None)),
        "bytes": st.sampled_from((1, 10**12, None)),
    }
)


@given(st.lists(ROWS, min_size=1, max_size=30), st.booleans(), st.booleans(), st.data())
def test_decode_messages__reads_arrow_as_a_file_of_the_same_rows(rows, is_dictionary, has_weight, data):
    """Rows of many messages are those of one file, rejected ones included."""
    columns = table(**{name: [row[name] for row in rows] for name in rows[0]})
    columns = columns if has_weight else columns.drop_columns(["weight"])
    if is_dictionary:
        place = columns.schema.get_field_index("src_ip")
        columns = columns.set_column(place, "src_ip", columns.column("src_ip").dictionary_encode())
    sizes = []
    while sum(sizes) < len(rows):
        sizes.append(data.draw(st.integers(1, 9)))
    starts = np.cumsum([0, *sizes[:-1]]).tolist()
    as_stream = data.draw(st.booleans())
    values = [
        ipc_bytes(columns.slice(start, size), as_stream=as_stream, rows=data.draw(st.sampled_from((None, 2))))
        for start, size in zip(starts, sizes, strict=True)
    ]
    file = GenericLog(ArrowFile(ipc_bytes(columns, as_stream=True)), FlowOptions(), "arrow")
    expected = seen([part() for part in file.parts()])
    offsets = offsets_of(values, data)
    place_of = [0] + [offset for offset, size in zip(offsets, sizes, strict=True) for _ in range(size)]
    expected["rows"] = [place_of[row] for row in expected["rows"]]
    expected["rejected"] = {
        reason: (count, [place_of[row] for row in found])
        for reason, (count, found) in expected["rejected"].items()
    }
    messages = batch_of(values, data.draw(JUNK), offsets=offsets)
    for block_bytes in (1 << 20, 1):
        found = seen([each.flows for each in read(messages, block_bytes=block_bytes)])
        for name, column in expected.items():
            assert found[name] == column, name
