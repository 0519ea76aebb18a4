"""Messages of a topic to flows: every one is accounted for, and a broken one hurts no other."""

from __future__ import annotations

import numpy as np
import pytest

from auditor.flows import messages as module
from auditor.flows.messages import MessageOptions, decode_messages, value_of
from auditor.flows.vpc_columns import NO_PACKET_ADDRESSES
from auditor.sources.kafka_messages import Damage
from tests.flows.evidence import or_none
from tests.flows.message_batches import account_of, batch_of, read, rejects, said
from tests.flows.tables import ipc_bytes, table

HUBBLE = (
    b'{"flow":{"time":"2023-08-21T12:12:18Z","verdict":"FORWARDED","IP":{"source":"10.0.0.1",'
    b'"destination":"10.0.0.2"},"l4":{"TCP":{"source_port":40000,"destination_port":80}}}}'
)
VPC = b"2 123456789012 eni-1 10.0.0.1 10.0.0.2 40000 443 6 10 840 1616729292 1616729349 ACCEPT OK"
LOST = b'{"lost_events":{"source":"PERF_EVENT_RING_BUFFER","num_events_lost":"7"}}'
ARROW = ipc_bytes(table(), as_stream=True)
NO_FLOW = "JSON object without a flow"
NOT_DEFAULT = "number of fields is not 14 as in the default format; name them with --vpc-format"


def test_decode_messages__says_nothing_of_nothing():
    """No position passed, nothing to say."""
    assert decode_messages(batch_of([]), MessageOptions()) == []


def test_decode_messages__passes_positions_without_messages():
    """Control batches and aborted ones move the position."""
    (found,) = read(batch_of([], start=90))
    assert (found.start, found.end, found.n_messages, found.flows.n_flows) == (90, 100, 0, 0)


def test_decode_messages__counts_tombstones_and_empty_values():
    """Each is skipped, none is rejected, and neighbours are read."""
    found = read(batch_of([None, HUBBLE, b"", b" \r\n", VPC, None]))
    assert account_of(found).skipped == {"tombstone": 2, "empty": 2}
    assert said(found)["rows"] == [101, 104]
    assert account_of(found).n_rows == 6


def test_decode_messages__counts_what_a_log_lost():
    """A record of losses is no flow, and its loss is added up."""
    account = account_of(read(batch_of([LOST, HUBBLE])))
    assert account.losses == {"lost_events PERF_EVENT_RING_BUFFER": 7}
    assert account.skipped == {"lost_events": 1}


def test_decode_messages__repeats_the_offset_of_several_flows():
    """A message may hold any number of lines; formats may take turns."""
    values = [HUBBLE + b"\n" + HUBBLE + b"\n", VPC + b"\n\n" + VPC, HUBBLE]
    assert said(read(batch_of(values, offsets=[5, 9, 12])))["rows"] == [5, 5, 9, 9, 12]


BROKEN = [
    (b'{"a":1}', NO_FLOW),
    (b"\x00\xff\x00", "line holds a NUL byte"),
    (b"x", NOT_DEFAULT),
    (HUBBLE[:-1], "not JSON"),
    (b"\x1f\x8b\x07" + bytes(20), "gzip is broken"),
    (ARROW[:40], "Arrow IPC that is broken"),
    (b"H4sI!", "base64 is broken"),
]


@pytest.mark.parametrize(("value", "reason"), BROKEN)
@pytest.mark.parametrize("neighbour", [HUBBLE, VPC, ARROW])
def test_decode_messages__keeps_a_broken_message_from_its_neighbours(value, reason, neighbour):
    """Alone, first, last, in the middle, and a whole batch of them."""
    n_flows = 4 if neighbour is ARROW else 1
    for values in (
        [value],
        [value, neighbour],
        [neighbour, value],
        [neighbour, value, neighbour],
        [value] * 12,
    ):
        found = read(batch_of(values))
        broken = [100 + place for place, each in enumerate(values) if each is value]
        assert rejects(found) == [(offset, reason) for offset in broken]
        whole = [100 + place for place, each in enumerate(values) if each is neighbour]
        assert said(found)["rows"] == [offset for offset in whole for _ in range(n_flows)]
        entry = account_of(found).rejected[reason]
        assert (entry.count, entry.rows) == (len(broken), broken[:5])


def test_decode_messages__lists_every_rejected_row():
    """One entry for each message and reason, however many rows there are."""
    values = [b'{"a":1}\n{"b":1}', VPC + b"\nx\nx\nx\n-", *([b'{"a":1}'] * 7), b"x\n" * 9]
    found = read(batch_of(values))
    assert [(one.offset, one.n_rows) for each in found for one in each.rejected] == [
        (100, 2),
        (101, 4),
        *((offset, 1) for offset in range(102, 109)),
        (109, 9),
    ]


def test_decode_messages__counts_damage_where_it_lies():
    """Offsets that could not be read are rejected rows of the piece that they lie in."""
    damaged = (Damage(101, 104, "checksum"), Damage(120, 120, "too large"))
    messages = batch_of([HUBBLE, HUBBLE], offsets=[100, 105], damaged=damaged)
    for block_bytes in (1, 1 << 20):
        found = read(messages, block_bytes=block_bytes)
        assert [(one.offset, one.last, one.reason, one.place) for each in found for one in each.rejected] == [
            (101, 104, "checksum", -1),
            (120, 120, "too large", -1),
        ]
        assert account_of(found).n_rows == 4


def test_decode_messages__obeys_the_header_before_the_option():
    """A header names the format of its message; messages without one have that of the option."""
    values = [HUBBLE, VPC, VPC, HUBBLE, None]
    formats = ("hubble-json", "vpc-text", "avro")
    found = read(batch_of(values, formats=formats, codes=[-1, 1, 0, 2, 2]), format="hubble-json")
    assert said(found)["rows"] == [100, 101]
    assert rejects(found) == [
        (102, "not JSON"),
        (103, "header `auditor.format` names no known format"),
    ]
    assert [one.detail for each in found for one in each.rejected] == ["", "avro"]
    assert account_of(found).skipped == {"tombstone": 1}


@pytest.mark.parametrize(
    ("name", "rows"), [("hubble-json", [100]), ("vpc-text", [101]), ("generic-arrow", [102] * 4)]
)
def test_decode_messages__reads_nothing_but_the_format_of_the_option(name, rows):
    """What is of another format is rejected."""
    found = read(batch_of([HUBBLE, VPC, ARROW]), format=name)
    assert said(found)["rows"] == rows
    assert len(rejects(found)) == 2
    binary = [reason for offset, reason in rejects(found) if offset == 102]
    assert binary == ["binary message where text is expected"] * (name != "generic-arrow")


def test_decode_messages__does_not_depend_on_how_many_come_together():
    """The same flows, counts and rejections, whatever is decoded together."""
    values = [HUBBLE, None, VPC, ARROW, ARROW, b"x", HUBBLE + b"\n" + LOST, b"", ARROW, b'{"a":1}', VPC]
    whole = said(read(batch_of(values)))
    for block_bytes in (1, 300, 3_000):
        assert said(read(batch_of(values), block_bytes=block_bytes)) == whole


def test_decode_messages__bounds_how_many_are_decoded_together(monkeypatch):
    """Tiny messages are cut by number."""
    monkeypatch.setattr(module, "MAX_MESSAGES", 2)
    found = read(batch_of([HUBBLE] * 5))
    assert [each.n_messages for each in found] == [2, 2, 1]


def test_decode_messages__leaves_the_values_as_they_are():
    """Bytes of rejected messages can be had afterwards."""
    values = [HUBBLE, None, b"x", b""]
    messages = batch_of(values)
    before = messages.values.tobytes()
    read(messages)
    assert messages.values.tobytes() == before
    assert [value_of(messages, place) for place in range(4)] == values


def test_decode_messages__needs_no_junk_between_values():
    """Values may touch one another."""
    found = read(batch_of([VPC, VPC, HUBBLE], junk=(b"",)))
    assert said(found)["rows"] == [100, 101, 102]


def test_decode_messages__warns_once():
    """What a user must know is said once a piece."""
    (found,) = read(batch_of([VPC, HUBBLE, VPC]))
    assert found.warnings == (NO_PACKET_ADDRESSES,)


def test_decode_messages__joins_the_evidence_of_all_formats():
    """Times and counters stay with their flows, for any choice of them."""
    (found,) = read(batch_of([VPC, HUBBLE, VPC, HUBBLE]))
    for chosen in ([0, 1, 2, 3], [1, 2], [3], []):
        evidence = found.flows.evidence(np.array(chosen, np.int64))
        expected = [840 if flow % 2 == 0 else None for flow in chosen]
        assert or_none(evidence.bytes) == expected
