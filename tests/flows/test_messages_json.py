"""Messages of generic JSON: by header, by choice, or recognised; alone, among others, and carried."""

from __future__ import annotations

import gzip
import json
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import ConfigError
from auditor.flows.generic_names import NO_OBSERVED_MESSAGES
from auditor.flows.json_exact import decode_objects
from auditor.flows.json_fields import DEFAULT_FIELDS
from auditor.flows.json_lines import decode_block
from auditor.flows.messages_options import MessageOptions
from tests.flows.flow_objects import LIMIT, as_line, odd_objects, usual_objects
from tests.flows.message_batches import (
    account_of,
    batch_of,
    by_offsets,
    grouped,
    is_plain,
    read,
    rejects,
    said,
)
from tests.flows.same import seen
from tests.flows.streams import cut
from tests.flows.test_messages import ARROW, HUBBLE, VPC
from tests.flows.test_messages_carriers import log_batch, wrapped

JSON = b'{"src_ip":"10.0.0.1","dst_ip":"10.0.0.2","protocol":"TCP","dst_port":443,"observed":"dropped"}'
NESTED = b'{"source":{"ip":"10.0.0.1"},"destination":{"ip":"10.0.0.2","port":443},"proto":6,"message":"{}"}'
FIELDS = "src_ip=source.ip,dst_ip=destination.ip,dst_port=destination.port,protocol=proto"


@pytest.mark.parametrize("chosen", [None, "generic-json"])
@pytest.mark.parametrize(
    "value",
    [
        JSON,
        JSON + b"\n",
        b"\xef\xbb\xbf" + JSON,
        json.dumps(json.loads(JSON), indent=2).encode(),
        b"[" + JSON + b"]",
        gzip.compress(JSON, mtime=0),
        b64encode(gzip.compress(JSON, mtime=0)),
        wrapped(JSON),
        wrapped(wrapped(JSON, "log")),
        log_batch(JSON),
    ],
    ids=["line", "ended", "marked", "printed", "array", "gzip", "base64", "wrapped", "twice", "batch"],
)
def test_decode_messages__reads_generic_json(value, chosen):
    """Chosen or recognised, whatever carries it, and the same."""
    found = read(batch_of([value, value]), format=chosen)
    assert rejects(found) == []
    columns = said(found)
    assert columns["rows"] == [100, 101]
    assert columns["dst_port"] == [443, 443]
    assert columns["sources"][0][2] == "10.0.0.1"


def test_decode_messages__reads_generic_json_by_header():
    """A header counts before the choice for all others."""
    found = read(batch_of([JSON, VPC], formats=("generic-json",), codes=[0, -1]), format="vpc-text")
    assert (rejects(found), said(found)["rows"]) == ([], [100, 101])


def test_decode_messages__takes_generic_json_among_others():
    """Formats may take turns, also on the lines of one message."""
    found = read(batch_of([HUBBLE, JSON, VPC, JSON + b"\n" + HUBBLE, ARROW]))
    assert rejects(found) == []
    assert said(found)["rows"] == [100, 101, 102, 103, 103, *[104] * 4]


@pytest.mark.parametrize("chosen", [None, "generic-json"])
def test_decode_messages__follows_paths(chosen):
    """Values stand where the user says; text under ``message`` is a carrier's only where there is no flow."""
    found = read(batch_of([NESTED, NESTED]), format=chosen, json_fields=FIELDS)
    assert (rejects(found), said(found)["dst_port"]) == ([], [443, 443])


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b'{"src_ip":"10.0.0.1","dst_ip":"10.0.0.2","protocol":"TCP"}', "destination port is missing"),
        (b'{"src_ip":"10.0.0.1"}', "destination address is missing"),
        (b'{"a":1}', "source address is missing"),
        (HUBBLE, "source address is missing"),
        (b'{"src_ip":', "not JSON"),
        (b"[1,2]", "JSON that is no object"),
        (b"7", "JSON that is no object"),
        (VPC, "not JSON"),
        (b'{"src_ip":"\xff"}', "not UTF-8"),
        (b'{"a":' * 2_000, "JSON nested too deep"),
        (ARROW, "binary message where text is expected"),
        (JSON[:-1] + b',"x":"' + b"x" * 200 + b'"}', "record is longer than 200 bytes"),
        (wrapped(b'{"a":1}'), "source address is missing"),
    ],
)
def test_decode_messages__rejects_what_is_no_flow(value, reason):
    """With the reasons of any generic log, and its neighbours stay."""
    found = read(batch_of([JSON, value, JSON]), format="generic-json", max_line_bytes=200)
    if reason.startswith("JSON nested"):
        reason = "record is longer than 200 bytes"
    assert rejects(found) == [(101, reason)]
    assert said(found)["rows"] == [100, 102]


def test_decode_messages__says_where_nothing_was_observed():
    """Whatever the others say: each message may be of another writer."""
    (found,) = read(batch_of([NESTED]), json_fields=FIELDS)
    assert found.warnings == (NO_OBSERVED_MESSAGES,)
    (found,) = read(batch_of([JSON]))
    assert found.warnings == ()


EVENT = HUBBLE[:-1] + b',"host_ip":"10.0.0.9","protocol":"http"}'


@pytest.mark.parametrize("options", [{}, {"exact": True}, {"json_fields": FIELDS}])
@pytest.mark.parametrize("event", [EVENT, EVENT[:-1] + b',"n":1e5,"src_ip":"x\\u0041"}'])
def test_decode_messages__leaves_events_of_hubble_to_its_reader(event, options):
    """Whatever a shipper put beside the flow, and whether the scanner reads it or not."""
    found = read(batch_of([event, JSON if not options.get("json_fields") else NESTED]), **options)
    assert (rejects(found), said(found)["rows"], said(found)["dst_port"]) == ([], [100, 101], [80, 443])


def test_message_options__refuses_fields_without_meaning():
    """Before anything is read."""
    with pytest.raises(ConfigError) as raised:
        MessageOptions(json_fields="a=b")
    assert str(raised.value).startswith("--json-fields knows no `a`; names are ")


@given(st.lists(st.one_of(usual_objects(), odd_objects()), min_size=1, max_size=6), st.data())
def test_decode_messages__says_what_a_file_of_the_objects_says(objects, data):
    """However lines share messages, and whoever reads them."""
    values = data.draw(grouped([as_line(found) for found in objects]))
    content = b"".join((value or b"") + b"\n" for value in values)
    assert all(is_plain(value) for value in values)

    def exact(records):
        return decode_objects("flows/3", records, LIMIT, DEFAULT_FIELDS)

    file = [decode_block(block, None, exact) for block in cut(content, 1 << 20, LIMIT)]
    offsets = list(range(100, 100 + len(values)))
    expected = by_offsets(seen(file), values, offsets)
    for options in ({}, {"exact": True}, {"block_bytes": 50}):
        found = read(
            batch_of(values, offsets=offsets), format="generic-json", max_line_bytes=LIMIT, **options
        )
        columns = said(found)
        columns.pop("rejected messages")
        assert columns == expected
    assert account_of(found).n_rows == expected["n_rows"]
