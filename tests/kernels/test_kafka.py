"""Walking record batches: what is right is found, what is wrong gets a code, and nothing outside is read."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels import kafka_heads as heads
from kernels.kafka import MAX_FORMATS, Records, is_abort, walk
from kernels.kafka_heads import BATCH, HEAD, read_heads
from tests.kafka_bytes import Batch, Record, marker, sized, varint

KEY = np.frombuffer(b"auditor.format", np.uint8)


def head_rows(content):
    """Return the rows that heads give."""
    array = np.frombuffer(bytes(content), np.uint8)
    rows = np.full((len(array) // 17 + 1, BATCH), 99, np.int64)
    return rows[: read_heads(array, rows)]


def walked(content, *, base=0, last=1_000, count=1, floor=0, attributes=0, first_time=0):
    """Walk one batch of records; return its row, and a list of offset, value, time and format."""
    values = np.frombuffer(bytearray(content), np.uint8)
    row = np.zeros((1, BATCH), np.int64)
    row[0, [heads.SIZE, heads.BASE, heads.LAST, heads.COUNT]] = len(values), base, last, count
    row[0, [heads.FLOOR, heads.ATTRIBUTES, heads.FIRST_TIME, heads.LAST_TIME]] = (
        floor,
        attributes,
        first_time,
        77,
    )
    most = min(max(count, 0), len(values) // heads.FEWEST_BYTES)
    out = Records(
        *(np.full(most, -9, np.int64) for _ in range(4)),
        np.full(most, -9, np.int8),
        np.zeros((MAX_FORMATS, 2), np.int64),
    )
    n, n_distinct = walk(values, row, KEY, out)
    names = [values[place : place + size].tobytes() for place, size in out.distinct[:n_distinct].tolist()]
    found = []
    for k in range(n):
        start, length = int(out.starts[k]), int(out.lengths[k])
        value = None if length < 0 else values[start : start + length].tobytes()
        code = int(out.formats[k])
        name = None if code < 0 else names[code] if code < len(names) else "many"
        found.append((int(out.offsets[k]), value, int(out.times[k]), name))
    return row[0], found


def test_read_heads__reads_every_field():
    """Each field of a head is where the format says."""
    batch = Batch(base=5, records=(Record(0), Record(2)), attributes=0x30, producer=2**40, epoch=-1)
    first, second = head_rows(batch.write() + Batch(base=9, epoch=7).write())
    assert first[heads.PLACE] == 0
    assert first[heads.SIZE] == len(batch.write()) == second[heads.PLACE]
    assert [first[heads.BASE], first[heads.LAST], first[heads.EPOCH], first[heads.MAGIC]] == [5, 7, -1, 2]
    assert first[heads.CHECKSUM] == struct.unpack_from(">I", batch.write(), 17)[0]
    assert [first[heads.ATTRIBUTES], first[heads.PRODUCER], first[heads.COUNT]] == [0x30, 2**40, 2]
    assert [first[heads.FIRST_TIME], first[heads.LAST_TIME]] == [batch.first_time, batch.last_time]
    assert [first[heads.FLOOR], first[heads.CODE]] == [0, heads.GOOD]
    assert [second[heads.BASE], second[heads.EPOCH], second[heads.COUNT]] == [9, 7, 0]


@given(st.integers(0, 140))
def test_read_heads__leaves_out_what_is_cut_off(n_bytes):
    """A batch counts when all its bytes are there."""
    content = Batch(records=(Record(0),)).write()
    both = (content + content)[:n_bytes]
    assert len(head_rows(both)) == len(both) // len(content)


@pytest.mark.parametrize("length", [-1, -(2**31), 0, 13, 48])
def test_read_heads__stops_at_a_length_without_room(length):
    """Behind such a batch nothing can be found."""
    rows = head_rows(Batch(base=4, length=length).write() + Batch(base=5).write())
    assert [list(row[[heads.BASE, heads.CODE]]) for row in rows] == [[4, heads.LENGTH_WRONG]]


@pytest.mark.parametrize(
    ("base", "delta"), [(-1, 0), (0, -1), (2**63 - 1, 0), (2**63 - 2**32, 0), (-(2**63), 2**31 - 1)]
)
def test_read_heads__refuses_offsets_that_do_not_exist(base, delta):
    """No sum of offsets can overflow behind this."""
    rows = head_rows(Batch(base=base, last_delta=delta).write())
    assert [list(row[[heads.BASE, heads.LAST, heads.CODE]]) for row in rows] == [
        [base, base, heads.OFFSETS_WRONG]
    ]


def test_read_heads__steps_over_older_formats():
    """Of formats 0 and 1 the offset is known, and where the next one begins."""
    old = struct.pack(">qiIbb", 8, 14, 0, 1, 0) + bytes(8)
    rows = head_rows(old + Batch(base=9).write())
    assert [list(row[[heads.BASE, heads.LAST, heads.MAGIC, heads.SIZE]]) for row in rows] == [
        [8, 8, 1, 26],
        [9, 9, 2, HEAD],
    ]


@given(st.binary(max_size=200))
def test_read_heads__survives_anything(content):
    """Rows lie inside the content, one behind another."""
    place = 0
    for row in head_rows(content):
        assert row[heads.PLACE] == place
        place += int(row[heads.SIZE])
        assert place <= len(content)


def test_walk__finds_values_nulls_and_headers():
    """Offset, value, time and the last header of the name."""
    content = b"".join(
        record.write()
        for record in (
            Record(0, b"one", time=5),
            Record(1, None, b"key", (("auditor.format", b"vpc"),)),
            Record(5, b"", headers=(("x", None), ("auditor.format", b"vpc"), ("auditor.format", b"hubble"))),
            Record(6, b"four", headers=(("auditor.format", None),), time=-5),
        )
    )
    row, found = walked(content, base=10, count=4, first_time=1_000)
    assert row[[heads.COUNT, heads.CODE]].tolist() == [4, heads.GOOD]
    assert found == [
        (10, b"one", 1_005, None),
        (11, None, 1_000, b"vpc"),
        (15, b"", 1_000, b"hubble"),
        (16, b"four", 995, None),
    ]


def test_walk__passes_over_what_is_below_the_floor():
    """A fetch may begin in the middle of a batch."""
    content = b"".join(Record(delta).write() for delta in range(4))
    row, found = walked(content, count=4, floor=2)
    assert [offset for offset, *_ in found] == [2, 3]
    assert row[heads.COUNT] == 2


@pytest.mark.parametrize(
    ("first", "delta", "attributes", "expected"),
    [
        (-1, 0, 0, -1),
        (5, -7, 0, -1),
        (2**62, 1, 0, -1),
        (1, 2**62, 0, -1),
        (1, -(2**63), 0, -1),
        (1, 1, 8, 77),
    ],
)
def test_walk__gives_no_time_that_is_none(first, delta, attributes, expected):
    """A time before 1970 or out of range is not known; the broker's own stands for all of a batch."""
    _, found = walked(Record(0, time=delta).write(), first_time=first, attributes=attributes)
    assert [time for _, _, time, _ in found] == [expected]


def test_walk__keeps_a_few_formats_apart():
    """The first 31 have places of their own, the others one together."""
    texts = [b"%d" % (k % 40) for k in range(80)]
    content = b"".join(Record(k, headers=(("auditor.format", text),)).write() for k, text in enumerate(texts))
    _, found = walked(content, count=80)
    assert [name for *_, name in found] == [text if int(text) < MAX_FORMATS - 1 else "many" for text in texts]


GOOD = Record(1, b"abc", b"k", (("h", b"v"),)).write()
START = b"\0" + varint(0) + varint(0)


def framed(body):
    """Return a body behind its right length."""
    return varint(len(body)) + body


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (GOOD[:-1], heads.RECORD_WRONG),
        (b"\xff" * 20, heads.RECORD_WRONG),
        (b"\xff" * 9 + b"\x01" + bytes(20), heads.RECORD_WRONG),
        (varint(-3) + bytes(20), heads.RECORD_WRONG),
        (varint(2**62) + bytes(20), heads.RECORD_WRONG),
        (framed(b"") + bytes(20), heads.RECORD_WRONG),
        (framed(b"\0\0\0\1\1"), heads.RECORD_WRONG),
        (framed(START + varint(50) + bytes(9)), heads.RECORD_WRONG),
        (framed(START + varint(2**62) + bytes(9)), heads.RECORD_WRONG),
        (framed(START + sized(None) + varint(50) + bytes(9)), heads.RECORD_WRONG),
        (framed(START + sized(None) + sized(b"v") + varint(-1)), heads.RECORD_WRONG),
        (framed(START + sized(None) + sized(b"v") + varint(9) + bytes(9)), heads.RECORD_WRONG),
        (framed(START + sized(None) + sized(b"v") + varint(1) + varint(-1) + varint(0)), heads.RECORD_WRONG),
        (framed(START + sized(None) + sized(b"v") + varint(1) + sized(b"n") + varint(9)), heads.RECORD_WRONG),
        (framed(START + sized(None) + sized(b"v") + varint(0) + b"more"), heads.RECORD_WRONG),
        (Record(-1).write(), heads.ORDER_WRONG),
        (Record(1).write(), heads.ORDER_WRONG),
        (Record(1_001).write(), heads.ORDER_WRONG),
        (Record(2**40).write(), heads.ORDER_WRONG),
    ],
)
def test_walk__gives_a_code_for_what_is_wrong(bad, code):
    """The good record before is kept."""
    row, found = walked(GOOD + bad, count=2)
    assert row[heads.CODE] == code
    assert [offset for offset, *_ in found] == [1]


@pytest.mark.parametrize("count", [-1, 4, 2**31 - 1, -(2**31)])
def test_walk__refuses_an_impossible_count(count):
    """A record has seven bytes at least."""
    row, found = walked(GOOD + Record(2, b"").write(), count=count)
    assert (row[heads.CODE], row[heads.COUNT], found) == (heads.COUNT_WRONG, 0, [])


@pytest.mark.parametrize(
    ("last", "kept", "rest", "code"),
    [
        (9, [1, 2], b"x", heads.REST_WRONG),
        (2, [1], b"x", heads.REST_WRONG),
        (2, [1], Record(3).write(), heads.ORDER_WRONG),
        (3, [1, 2], Record(4).write(), heads.ORDER_WRONG),
    ],
)
def test_walk__leaves_an_offset_for_what_is_wrong(last, kept, rest, code):
    """Where the good records take up all of them, the last one is given up."""
    row, found = walked(GOOD + Record(2).write() + rest, count=2 + (code == heads.ORDER_WRONG), last=last)
    assert (row[heads.CODE], row[heads.COUNT]) == (code, len(kept))
    assert [offset for offset, *_ in found] == kept


def test_walk__sees_bytes_that_nobody_counts():
    """A batch of no records has no bytes."""
    row, found = walked(b"bytes, and none counted", count=0)
    assert (row[heads.CODE], found) == (heads.REST_WRONG, [])


@given(st.binary(max_size=80), st.integers(-2, 12))
def test_walk__survives_anything(content, count):
    """Values lie inside the content and offsets ascend, whatever the bytes are."""
    row, found = walked(content, count=count)
    offsets = [offset for offset, *_ in found]
    assert offsets == sorted(set(offsets))
    assert all(0 <= offset <= 1_000 for offset in offsets)
    assert row[heads.COUNT] == len(found)


@given(st.integers(0, 40), st.integers(0, 255), st.integers(1, 3))
def test_walk__survives_every_changed_byte(place, byte, count):
    """Records with one wrong byte read the same or get a code, and stay inside."""
    content = bytearray(GOOD + Record(2, b"de", headers=(("auditor.format", b"vpc"),)).write())
    content[place % len(content)] = byte
    row, found = walked(content, count=count)
    assert row[heads.COUNT] == len(found) <= 2


@pytest.mark.parametrize(("commits", "expected"), [(True, False), (False, True)])
def test_is_abort__tells_the_two_ends_of_a_transaction(commits, expected):
    """The second number of the key says which it is."""
    body = marker(0, 1, commits=commits).write()[HEAD:]
    assert is_abort(np.frombuffer(body, np.uint8)) == expected
    for n_bytes in range(10):
        assert not is_abort(np.frombuffer(body[:n_bytes], np.uint8))


@given(st.binary(max_size=40))
def test_is_abort__survives_anything(content):
    """No byte outside is read."""
    assert is_abort(np.frombuffer(content, np.uint8)) in {True, False}
