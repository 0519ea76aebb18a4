"""Records in gzip, in base64, in batches of CloudWatch Logs, and in the objects of log shippers."""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from functools import partial

import pytest

from tests.flows.message_batches import account_of, batch_of, read, rejects, said
from tests.flows.test_messages import ARROW, HUBBLE, LOST, NO_FLOW, VPC

compress = partial(gzip.compress, mtime=0)  # the same at any time: it stands in names of tests

HEADER = b"srcaddr dstaddr dstport protocol"
SHORT = b"10.0.0.1 10.0.0.2 443 6"


def log_batch(*messages, **keys):
    """Return a batch of CloudWatch Logs."""
    events = [{"id": "1", "timestamp": 1616729292000, "message": message.decode()} for message in messages]
    batch = {
        "messageType": "DATA_MESSAGE",
        "owner": "123456789012",
        "logGroup": "flows",
        "logStream": "eni-1-all",
        "subscriptionFilters": ["all"],
        "logEvents": events,
    }
    return json.dumps({**batch, **keys}).encode()


def wrapped(text, key="message", **others):
    """Return what a log shipper makes of a line."""
    return json.dumps({"@timestamp": 1616729292.5, key: text.decode(), **others}).encode()


BATCH = log_batch(VPC, HUBBLE, VPC)
ZIPPED = compress(BATCH)
CARRIED = {
    "plain": BATCH,
    "sorted keys": json.dumps(json.loads(BATCH), sort_keys=True).encode(),
    "gzip": ZIPPED,
    "two members": compress(BATCH[:100]) + compress(BATCH[100:]),
    "base64": b64encode(ZIPPED),
    "base64 in quotes": b'"' + b64encode(ZIPPED) + b'"',
    "of a function": json.dumps({"awslogs": {"data": b64encode(ZIPPED).decode()}}).encode(),
    "printed": json.dumps(json.loads(BATCH), indent=2).encode(),
    "in an array": b"[" + BATCH + b"]",
    "byte order mark": b"\xef\xbb\xbf" + BATCH,
    "schema registry": b"\x00\x00\x00\x00\x07" + BATCH,
    "gzip of lines": compress(wrapped(VPC) + b"\n" + HUBBLE + b"\n\n" + wrapped(VPC) + b"\n"),
    "lines": wrapped(VPC) + b"\n" + HUBBLE + b"\n" + wrapped(VPC, "log"),
    "wrapped twice": wrapped(wrapped(VPC))
    + b"\n"
    + wrapped(wrapped(HUBBLE, "log"))
    + b"\n"
    + wrapped(VPC, "msg"),
}


@pytest.mark.parametrize("value", CARRIED.values(), ids=CARRIED)
@pytest.mark.parametrize("is_exact", [False, True])
def test_carriers__are_opened(value, is_exact):
    """Three flows in each, whatever carries them, and the neighbours stay what they are."""
    found = read(batch_of([HUBBLE, value, VPC, value]), exact=is_exact)
    columns = said(found)
    assert columns["rows"] == [100, 101, 101, 101, 102, 103, 103, 103]
    # Flows of one offset are in no order of note where their formats differ.
    pairs = sorted(zip(columns["rows"], columns["dst_port"], strict=True))
    assert [port for _, port in pairs] == [80, 80, 443, 443, 443, 80, 443, 443]
    assert columns["n_rows"] == 8


def test_carriers__chained_batches_are_all_read():
    """Firehose puts objects behind one another without a line feed."""
    assert said(read(batch_of([BATCH + BATCH, compress(BATCH * 3)])))["rows"] == [100] * 6 + [101] * 9


@pytest.mark.parametrize("keys", [{}, {"logEvents": []}])
def test_carriers__control_messages_are_skipped(keys):
    """They say that the destination is there, and nothing else."""
    control = log_batch(b"CWL CONTROL MESSAGE: Checking health", messageType="CONTROL_MESSAGE", **keys)
    found = read(batch_of([control, compress(control)]))
    assert account_of(found).skipped == {"control-message": 2}
    assert rejects(found) == []


def test_carriers__nothing_inside_is_empty():
    """A batch without events, an event without text, an array of nothing, gzip of blanks."""
    values = [log_batch(), log_batch(b"  "), b"[]", compress(b" \n"), b"[\n]"]
    found = read(batch_of(values))
    assert account_of(found).skipped == {"empty": 5}


REJECTED = [
    (log_batch(logEvents={}), "CloudWatch Logs batch has a field of the wrong type"),
    (log_batch(logEvents=[{"message": 1}]), "CloudWatch Logs batch has a field of the wrong type"),
    (log_batch(logEvents=[{"id": "1"}]), "CloudWatch Logs event without a message"),
    (
        log_batch(b"no record"),
        "number of fields is not 14 as in the default format; name them with --vpc-format",
    ),
    (json.dumps({"awslogs": {"data": "H4sI"}}).encode(), "gzip is cut off"),
    (json.dumps({"awslogs": {"data": 1}}).encode(), NO_FLOW),
    (json.dumps({"awslogs": {}}).encode(), NO_FLOW),
    (b'{"logEvents":' + b"[" * 20_000, "JSON nested too deep"),
    (b'{"logEvents":[', "not JSON"),
    (b'{"logEvents":"\xff"}', "not UTF-8"),
    (wrapped(b"GET /index.html"), NO_FLOW),
    (wrapped(b"a b c d e f g h i j k l m n"), NO_FLOW),
    (compress(ARROW), "binary message where text is expected"),
    (compress(compress(VPC)), "binary message where text is expected"),
    (compress(b'{"a":1}'), NO_FLOW),
    (b'[{"a":1}]', NO_FLOW),
    (b'{\n "a": 1\n}', NO_FLOW),
    (wrapped(wrapped(wrapped(VPC))), NO_FLOW),
    (wrapped(wrapped(wrapped(HUBBLE))), "record quoted inside records too many times"),
]


@pytest.mark.parametrize(("value", "reason"), REJECTED)
def test_carriers__what_holds_no_record_is_rejected(value, reason):
    """Once, by its offset; the messages beside it are read."""
    found = read(batch_of([VPC, value, HUBBLE]))
    assert rejects(found) == [(101, reason)]
    assert said(found)["rows"] == [100, 102]
    assert account_of(found).n_rows == 3


def test_carriers__an_agents_own_log_is_skipped():
    """A message of fourteen words that an agent logs is no record."""
    agent = wrapped(b"a b c d e f g h i j k l m OK", "msg", level="info")
    found = read(batch_of([agent, b'level=info msg="started"', log_batch(b"level=info msg=started")]))
    assert account_of(found).skipped == {"agent-log": 3}


def test_carriers__what_a_log_lost_is_counted():
    """Beside flows, in a batch."""
    assert account_of(read(batch_of([log_batch(LOST, VPC)]))).losses == {
        "lost_events PERF_EVENT_RING_BUFFER": 7
    }


@pytest.mark.parametrize("carry", [wrapped, log_batch, gzip.compress])
def test_carriers__named_columns_count_inside_too(carry):
    """Records of ``--vpc-format``, and a header, which is none."""
    found = read(batch_of([carry(SHORT), carry(HEADER)]), vpc_format=HEADER.decode())
    assert said(found)["rows"] == [100]
    assert account_of(found).skipped == {"header": 1}


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (HUBBLE, "JSON without a VPC record in it"),
        (b"[" + HUBBLE + b"]", "JSON without a VPC record in it"),
        (b'{"a"', "JSON without a VPC record in it"),
        (wrapped(HUBBLE), "number of fields is not 14 as in the default format; name them with --vpc-format"),
    ],
)
def test_carriers__hold_only_what_is_wanted(value, reason):
    """Where VPC is asked for, an event of Hubble is none."""
    found = read(batch_of([wrapped(VPC), value, compress(VPC), log_batch(VPC)]), format="vpc-text")
    assert said(found)["rows"] == [100, 102, 103]
    assert rejects(found) == [(101, reason)]


def test_carriers__hubble_alone_takes_no_vpc():
    """Where Hubble is asked for, a VPC record is none."""
    values = [wrapped(VPC), compress(HUBBLE), log_batch(VPC, HUBBLE)]
    found = read(batch_of(values), format="hubble-json")
    assert said(found)["rows"] == [101, 102]
    assert rejects(found) == [(100, NO_FLOW), (102, "not JSON")]


def test_carriers__text_in_escapes_carries_nothing():
    """It is no object."""
    found = read(batch_of([HUBBLE, b'"\\u0041"']), format="hubble-json")
    assert rejects(found) == [(101, "not a JSON object")]


def test_carriers__an_event_over_several_lines_may_be_wrapped():
    """The exact parser takes it out."""
    printed = json.dumps(json.loads(HUBBLE), indent=2).encode()
    assert said(read(batch_of([wrapped(printed), VPC])))["rows"] == [100, 101]


def test_carriers__a_header_that_cannot_be_used_is_one():
    """It is rejected for what it is."""
    found = read(batch_of([wrapped(b"srcaddr srcaddr dstport"), VPC]))
    assert rejects(found) == [(100, "header names a field twice")]


def test_carriers__too_long_a_line_is_rejected():
    """A batch may be longer than a line may be, but not a record, wrapped or not."""
    values = [log_batch(*[VPC] * 20), wrapped(VPC + b" " * 500), wrapped(HUBBLE + b" " * 500)]
    found = read(batch_of(values), max_line_bytes=400)
    assert said(found)["rows"] == [100] * 20
    assert rejects(found) == [
        (101, "record is longer than 400 bytes"),
        (102, "record is longer than 400 bytes"),
    ]


def test_carriers__are_decoded_before_too_many_are_held():
    """What was found is decoded whenever there is as much of it as is decoded together."""
    whole = said(read(batch_of([ZIPPED] * 5)))
    assert said(read(batch_of([ZIPPED] * 5), block_bytes=len(ZIPPED) * 3)) == whole
