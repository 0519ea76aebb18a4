"""Batches to messages: the same as the client's own reader where all is well, damage where it is not."""

from __future__ import annotations

import itertools
import struct
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.consumer.fetcher import Fetcher
from kafka.protocol.consumer import IsolationLevel
from kafka.record import MemoryRecords
from kafka.structs import TopicPartition

from auditor.sources.kafka_batches import BatchReader, Limits
from auditor.sources.kafka_fetch import BatchRecords, public_messages
from auditor.sources.kafka_messages import FORMAT_HEADER, UNNAMED_FORMAT, Damage, Partition
from kernels.memory import PADDING
from tests.kafka_bytes import CONTROL, TRANSACTIONAL, Batch, Record, logs, marker

TOPIC = TopicPartition("flows", 3)
CUT_OFF = Batch(base=9, records=(Record(0, b"y" * 1_000),)).write()[:-1]
SMALL = Limits(batch_bytes=1 << 20, group_bytes=100)


def rows(messages):
    """Return offset, value, time and format of each message."""
    found = []
    for k, offset in enumerate(messages.offsets.tolist()):
        start, length = int(messages.starts[k]), int(messages.lengths[k])
        value = None if length < 0 else messages.values[start : start + length].tobytes()
        code = int(messages.format_codes[k])
        name = messages.formats[code] if code >= 0 else None
        found.append((offset, value, int(messages.timestamps_ms[k]), name))
    return found


def read(batches, position=0, aborted=(), limits=None):
    """Return what a reader gives of batches, and the reader."""
    content = b"".join(batch if isinstance(batch, bytes) else batch.write() for batch in batches)
    reader = BatchReader("flows", 3, content, position, aborted, limits)
    return list(reader), reader


def records_of(kind, content, position, aborted):
    """Return what an object of the client's fetcher gives, and its position behind."""
    drained = []
    fetch = kind(
        position,
        TOPIC,
        MemoryRecords(content),
        isolation_level=IsolationLevel.READ_COMMITTED,
        aborted_transactions=[SimpleNamespace(producer_id=who, first_offset=first) for who, first in aborted],
        on_drain=drained.append,
    )
    found = []
    while fetch:
        found += fetch.take(2)
    assert drained == [fetch]
    return found, fetch


def expected_row(record):
    """Return offset, value, time and format of a record of the client."""
    names = [value for name, value in record.headers if name == FORMAT_HEADER][-1:]
    name = names[0].decode(errors="replace") if names and names[0] is not None else None
    return record.offset, record.value, max(record.timestamp, -1), name


@given(logs(), st.data())
def test_batch_records__read_what_the_client_reads(log, data):
    """Offset, value, time and header, whatever the codec, gaps, transactions and the place to begin."""
    batches, aborted = log
    content = b"".join(batch.write() for batch in batches)
    if not batches:
        return
    position = data.draw(st.integers(batches[0].base, batches[0].end - 1))
    content = content[: len(content) - data.draw(st.integers(0, 10))]
    theirs, fetch = records_of(Fetcher.PartitionRecords, content, position, aborted)
    groups, own = records_of(BatchRecords, content, position, aborted)
    assert [row for each in groups for row in rows(each)] == [expected_row(record) for record in theirs]
    assert (own.next_fetch_offset, own.records_read) == (fetch.next_fetch_offset, len(theirs))
    if groups:
        assert own.leader_epoch == fetch.leader_epoch
    starts = [each.start for each in groups]
    assert starts == ([position, *(each.end for each in groups[:-1])] if groups else [])
    assert all(each.damaged == () for each in groups)


@given(logs(), st.integers(1, 300))
def test_batch_reader__groups_batches_without_a_difference(log, group_bytes):
    """However many batches a group takes, the messages are the same and the groups adjoin."""
    batches, aborted = log
    position = batches[0].base if batches else 0
    whole, _ = read(batches, position, aborted)
    parts, _ = read(batches, position, aborted, Limits(group_bytes=group_bytes))
    assert [row for each in parts for row in rows(each)] == [row for each in whole for row in rows(each)]
    assert all(former.end == latter.start for former, latter in itertools.pairwise(parts))
    assert [each.end for each in parts][-1:] == [each.end for each in whole]


@given(logs())
def test_public_messages__are_those_of_batches(log):
    """The way round the fetcher gives the same messages."""
    batches, aborted = log
    position = batches[0].base if batches else 0
    content = b"".join(batch.write() for batch in batches)
    theirs, fetch = records_of(Fetcher.PartitionRecords, content, position, aborted)
    found = public_messages(Partition("flows", 3), theirs, position, fetch.next_fetch_offset)
    groups, _ = read(batches, position, aborted)
    assert rows(found) == [row for each in groups for row in rows(each)]
    assert len(found.values) >= PADDING
    if groups:
        assert (found.start, found.end) == (groups[0].start, groups[-1].end)


def test_batch_reader__lets_nobody_change_what_was_sent():
    """Values may lie where the broker's answer lies; bytes that a scanner may read follow them anyhow."""
    content = Batch(records=(Record(0, b"abc"),)).write()
    for behind in (b"", CUT_OFF[:200]):
        (found,) = BatchReader("flows", 3, content + behind, 0)
        assert not found.values.flags.writeable
        (start,), (length,) = found.starts.tolist(), found.lengths.tolist()
        assert found.values[start : start + length].tobytes() == b"abc"
        assert start + length + PADDING <= len(found.values)
        assert found.place == Partition("flows", 3)
        assert len(found) == 1


@pytest.mark.parametrize("n_behind", [0, 1, PADDING - 1, PADDING, 500])
@pytest.mark.parametrize("codecs", [(0, 0, 0), (0, 4, 0), (4, 4, 0), (0, 0, 4)])
def test_batch_reader__reads_the_same_in_place(codecs, n_behind):
    """Batches that are not compressed stay where they are, if enough bytes follow."""
    content = b"".join(
        Batch(base=place, codec=codec, records=(Record(0, b"abc%d" % place),)).write()
        for place, codec in enumerate(codecs)
    )
    sent = np.frombuffer(content + CUT_OFF[:n_behind], np.uint8)
    (found,) = BatchReader("flows", 3, sent.data, 0)
    assert [row[:2] for row in rows(found)] == [(place, b"abc%d" % place) for place in range(len(codecs))]
    is_in_place = not any(codecs) and n_behind >= PADDING
    assert np.shares_memory(found.values, sent) == is_in_place


def test_batch_reader__says_nothing_of_nothing():
    """No batch, a batch cut off, or none beyond the position."""
    batch = Batch(base=5, records=(Record(0), Record(1)))
    assert read([])[0] == []
    assert read([batch.write()[:-1]])[0] == []
    found, reader = read([batch], position=7)
    assert (found, reader.position) == ([], 7)


def test_batch_reader__goes_beyond_what_holds_no_message():
    """Marks of transactions and batches that compaction emptied advance the position."""
    found, reader = read([marker(0, 1, commits=True), Batch(base=4, last_delta=5)])
    assert [(rows(each), each.start, each.end) for each in found] == [([], 0, 10)]
    assert (reader.position, reader.epoch) == (10, 3)


def test_batch_reader__skips_an_aborted_transaction_until_its_mark():
    """What the producer sends after the mark counts again."""
    one = Batch(0, (Record(0, b"a"),), attributes=TRANSACTIONAL, producer=9)
    other = Batch(1, (Record(0, b"b"),), attributes=TRANSACTIONAL, producer=8)
    later = Batch(3, (Record(0, b"c"),), attributes=TRANSACTIONAL, producer=9)
    found, _ = read([one, other, marker(2, 9, commits=False), later], aborted=[(9, 0)])
    assert [[value for _, value, *_ in rows(each)] for each in found] == [[b"b", b"c"]]


GOOD = Batch(0, (Record(0, b"a"), Record(1, b"b")))
NEXT = Batch(10, (Record(0, b"c"),))


def test_batch_reader__stops_at_a_wrong_checksum():
    """All up to the next batch is lost, and the next fetch begins there: this may have been the mark of an abort."""
    found, reader = read([GOOD, replace(GOOD, base=2, checksum=1), NEXT])
    assert [rows(each) for each in found] == [rows(read([GOOD])[0][0])]
    assert found[0].damaged == (Damage(2, 9, "its checksum is wrong"),)
    assert (found[0].end, reader.position) == (10, 10)


@pytest.mark.parametrize(
    ("changes", "lost"),
    [
        ({"checksum": 1}, (0, 1)),
        ({"checksum": 1, "last_delta": 2**31 - 1}, (0, (1 << 20) - 1)),
        ({"checksum": 1, "base": 2**62}, (0, (1 << 20) - 1)),
    ],
)
def test_batch_reader__believes_a_wrong_head_so_far(changes, lost):
    """Neither the last offset nor the first of a broken batch may send the reader far away."""
    found, _ = read([replace(GOOD, **changes)])
    assert [each.damaged for each in found] == [(Damage(*lost, "its checksum is wrong"),)]
    assert found[0].end == lost[1] + 1


@pytest.mark.parametrize(
    ("batch", "damage"),
    [
        (replace(GOOD, length=5), Damage(0, 0, "the length of its batch is too small")),
        (replace(GOOD, base=-4), Damage(0, 0, "the offsets of its batch are out of range")),
        (replace(GOOD, count=3), Damage(0, 1, "its batch counts more records than it has bytes for")),
        (replace(GOOD, last_delta=0), Damage(0, 0, "its offset is out of order")),
        (replace(GOOD, body=b"\7" * 30), Damage(0, 1, "its record does not fill its length")),
        (replace(GOOD, count=1), Damage(1, 1, "bytes follow the last record of its batch")),
        (
            replace(GOOD, codec=1, body=b"x" * (2 << 20)),
            Damage(0, 1, "it inflates to more than 1048576 bytes"),
        ),
        (replace(GOOD, attributes=1), Damage(0, 1, "its gzip stream is corrupt")),
        (replace(GOOD, attributes=6), Damage(0, 1, "its codec 6 is not known")),
        (replace(GOOD, magic=3), Damage(0, 1, "format 3 of its batch is not read here")),
    ],
    ids=lambda value: value.reason if isinstance(value, Damage) else "",
)
def test_batch_reader__says_what_is_damaged(batch, damage):
    """Each reason, in full."""
    found, reader = read([batch], limits=SMALL)
    assert [each.damaged for each in found] == [(damage,)]
    assert reader.position == damage.last + 1


def test_batch_reader__keeps_what_came_before_a_wrong_record():
    """The batch before and behind, and the records before it."""
    bad = replace(GOOD, base=2, records=(Record(0, b"x"), Record(0, b"y"), Record(5, b"z")))
    found, _ = read([GOOD, bad, NEXT])
    assert [(offset, value) for offset, value, *_ in rows(found[0])] == [
        (0, b"a"),
        (1, b"b"),
        (2, b"x"),
        (10, b"c"),
    ]
    assert found[0].damaged == (Damage(3, 7, "its offset is out of order"),)


def test_batch_reader__counts_damage_from_the_position_on():
    """A fetch that begins in the middle of a broken batch does not speak of what was before."""
    bad = replace(GOOD, last_delta=9, body=b"\7" * 30)
    found, _ = read([bad], position=4)
    assert found[0].damaged == (Damage(4, 9, "its record does not fill its length"),)


def test_batch_reader__steps_over_older_formats():
    """A message of format 0 or 1 is damage; what follows it is read."""
    old = struct.pack(">qiIbb", 0, 14, 0, 1, 0) + bytes(8)
    found, _ = read([old, replace(GOOD, base=1)])
    assert [each.damaged for each in found] == [(Damage(0, 0, "format 1 of its batch is not read here"),)]
    assert [offset for offset, *_ in rows(found[0])] == [1, 2]


def test_batch_reader__names_formats_it_cannot_tell_apart():
    """Neither cut nor broken names can be taken for one that a decoder has."""
    names = [b"\xff", b"x" * 100, *(b"%d" % k for k in range(40))]
    records = tuple(Record(k, headers=((FORMAT_HEADER, name),)) for k, name in enumerate(names))
    (found,), _ = read([Batch(records=records)])
    assert found.formats[:3] == ("\N{REPLACEMENT CHARACTER}", "x" * 64, "0")
    assert found.formats[-1] == UNNAMED_FORMAT
    assert [name for *_, name in rows(found)][-1] == UNNAMED_FORMAT
    batch = b"".join([Batch(records=records).write()])
    theirs, _ = records_of(Fetcher.PartitionRecords, batch, 0, ())
    assert rows(public_messages(Partition("flows", 3), theirs, 0, len(names))) == rows(found)


@given(logs(), st.data())
def test_batch_reader__survives_every_changed_byte(log, data):
    """Whatever a byte becomes: offsets ascend, groups adjoin, values lie inside, and nothing raises."""
    batches, aborted = log
    content = bytearray(b"".join(batch.write() for batch in batches))
    if not content:
        return
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    position = batches[0].base
    groups = list(BatchReader("flows", 3, bytes(content), position, aborted, SMALL))
    for each in groups:
        assert each.start == position
        position = each.end
        assert np.all(np.diff(each.offsets) > 0)
        assert np.all((each.offsets >= each.start) & (each.offsets < each.end))
        assert np.all((each.starts >= 0) & (each.starts + np.maximum(each.lengths, 0) <= len(each.values)))
        assert all(one.first <= one.last for one in each.damaged)
        lost = [
            offset for one in each.damaged for offset in range(one.first, min(one.last, one.first + 50) + 1)
        ]
        assert not set(lost) & set(each.offsets.tolist())


def test_control_batches__of_no_producer_are_skipped():
    """As the leader's own marks are."""
    found, _ = read([Batch(records=(Record(0),), attributes=CONTROL)])
    assert [(rows(each), each.end) for each in found] == [([], 1)]
