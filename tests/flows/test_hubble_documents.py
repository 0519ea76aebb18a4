"""Hubble records in arrays, and printed over several lines."""

from __future__ import annotations

import gzip
import json

import pytest

from auditor.flows.hubble import HubbleLog
from auditor.flows.hubble_documents import is_documents
from auditor.flows.options import FlowOptions
from tests.flows.decoded import decode, flow_line, input_file

RECORDS = [
    json.loads(flow_line(Summary='a } "quoted" \\ ] [ { brace')),
    json.loads(flow_line(Type="L7")),
    json.loads(flow_line(IP={"source": "10.0.0.3", "destination": "10.0.0.4"})),
]
PRETTY = "\n".join(json.dumps(record, indent=2) for record in RECORDS).encode()
ARRAY = json.dumps(RECORDS, indent=2).encode()
FLAT_ARRAY = json.dumps(RECORDS).encode()
ROWS = b"[\n" + b",\n".join(json.dumps(record).encode() for record in RECORDS) + b"\n]\n"


def hubble(tmp_path, content, **options):
    """Decode a log."""
    return decode(HubbleLog(input_file(tmp_path / "log", content), FlowOptions(**options)))


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (PRETTY, True),
        (ARRAY, True),
        (FLAT_ARRAY, True),
        (ROWS, True),
        (b"\xef\xbb\xbf\n[", True),
        (b"[]", True),
        (b'{\r\n\t"flow"', True),
        (b"", False),
        (flow_line() + b"\n" + flow_line(), False),
        (b'{"flow":{"time"\n' + flow_line(), False),
        (b"[2024-01-01] info\n{", False),
        (b'level=info msg="x"\n{', False),
    ],
)
def test_is_documents__tells_them_from_lines(head, expected):
    """A torn first line of JSON Lines does not make it a file of documents."""
    assert is_documents(head) is expected


@pytest.mark.parametrize("content", [PRETTY, ARRAY, FLAT_ARRAY, ROWS])
def test_document_blocks__find_every_object(tmp_path, content):
    """Arrays and printed objects decode to the same flows as lines do."""
    found = hubble(tmp_path, content)
    assert [(row.source, row.destination) for row in found.rows] == [
        ("10.0.0.1", "10.0.0.2"),
        ("10.0.0.3", "10.0.0.4"),
    ]
    assert (found.account.skipped, found.rejected, found.errors) == ({"l7-record": 1}, {}, [])


def test_document_blocks__name_the_line_where_an_object_begins(tmp_path):
    """Positions are lines of the file."""
    n_lines = json.dumps(RECORDS[0], indent=2).count("\n") + 1
    n_more = json.dumps(RECORDS[1], indent=2).count("\n") + 1
    assert [row.row for row in hubble(tmp_path, PRETTY).rows] == [1, 1 + n_lines + n_more]


MIXED = (
    b"\xef\xbb\xbf"
    + PRETTY
    + b'\nlevel=info msg="{ half"\n{"a": [}\n\n'
    + PRETTY
    + b"\nnull\n"
    + PRETTY[:-40]
)


def test_document_blocks__hand_on_what_stands_between(tmp_path):
    """Agent logs and broken objects between good ones are accounted for."""
    found = hubble(tmp_path, MIXED)
    assert len(found.rows) == 5
    assert found.account.skipped == {"l7-record": 3}
    assert {reason: count for reason, (count, _) in found.rejected.items()} == {
        "not JSON": 3,
        "not a JSON object": 1,
    }


def test_document_blocks__do_not_depend_on_the_cuts(tmp_path):
    """However little is read at a time, the objects are the same."""
    whole = hubble(tmp_path, MIXED)
    for block_bytes in (*range(1, 60), 1000, 4096):
        found = hubble(tmp_path, MIXED, block_bytes=block_bytes)
        assert (found.rows, found.account) == (whole.rows, whole.account)


@pytest.mark.parametrize("block_bytes", [100, 1 << 20])
def test_document_blocks__stop_at_an_object_that_is_too_long(tmp_path, block_bytes):
    """What follows cannot be told apart, so the file ends here, with advice."""
    long = json.dumps(json.loads(flow_line(Summary="x" * 3000)), indent=2).encode()
    content = PRETTY + b"\n" + long + b"\n" + PRETTY
    found = hubble(tmp_path, content, block_bytes=block_bytes, max_line_bytes=2000)
    assert len(found.rows) == 2
    line = PRETTY.count(b"\n") + 2
    message = (
        "expected JSON objects of at most 2000 bytes, got one that is longer or never ends; "
        f"write one record a line: `jq -c '.[]'` for an array, `jq -c .` for objects - at log:{line}"
    )
    assert found.errors == [message]


def test_document_blocks__read_cut_off_gzip_as_far_as_it_goes(tmp_path):
    """Whole objects before the end count, then the failure is reported with its line."""
    packed = gzip.compress(b"\n".join([PRETTY] * 300), compresslevel=0)
    found = hubble(tmp_path, packed[: len(packed) // 2], block_bytes=1000)
    assert len(found.rows) > 200
    assert len(found.errors) == 1
    line = int(found.errors[0].rpartition(":")[2])
    assert line > found.rows[-1].row
    assert found.errors[0].endswith(f"the gzip stream is cut off - at log:{line}")


def test_document_blocks__survive_deep_nesting(tmp_path):
    """Brackets are counted, not recursed into."""
    content = b'{\n"l7": ' + b"[" * 100_000 + b"]" * 100_000 + b"}\n" + PRETTY
    found = hubble(tmp_path, content)
    assert (len(found.rows), found.rejected) == (2, {"JSON nested too deep": (1, [1])})
