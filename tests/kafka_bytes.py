"""Record batches of Kafka written by hand, right or wrong in any place, and drawn by Hypothesis."""

from __future__ import annotations

import gzip
import struct
from dataclasses import dataclass, field, replace

import cramjam
import lz4.frame
import zstandard
from crc32c import crc32c
from hypothesis import strategies as st

ENCODE = {
    0: bytes,
    1: gzip.compress,
    2: cramjam.snappy.compress_raw,
    3: lz4.frame.compress,
    4: zstandard.ZstdCompressor().compress,
}
APPEND_TIME, TRANSACTIONAL, CONTROL = 8, 16, 32


def varint(number):
    """Write a signed number of variable length."""
    raw = (number << 1) ^ (number >> 63)
    raw &= (1 << 64) - 1
    out = bytearray()
    while raw > 127:
        out.append(raw & 127 | 128)
        raw >>= 7
    out.append(raw)
    return bytes(out)


def sized(content):
    """Write bytes behind their length; None has the length -1."""
    return varint(-1) if content is None else varint(len(content)) + content


@dataclass(frozen=True)
class Record:
    """A record: its offset and time are those since its batch began."""

    delta: int
    value: bytes | None = b"value"
    key: bytes | None = None
    headers: tuple[tuple[str, bytes | None], ...] = ()
    time: int = 0

    def write(self):
        """Return its bytes."""
        body = b"\0" + varint(self.time) + varint(self.delta) + sized(self.key) + sized(self.value)
        body += varint(len(self.headers))
        body += b"".join(sized(name.encode()) + sized(value) for name, value in self.headers)
        return varint(len(body)) + body


@dataclass(frozen=True)
class Batch:
    """A batch. What is None is as it ought to be."""

    base: int = 0
    records: tuple[Record, ...] = ()
    last_delta: int | None = None
    codec: int = 0
    attributes: int = 0
    producer: int = -1
    first_time: int = 1_700_000_000_000
    last_time: int = 1_700_000_009_999
    epoch: int = 3
    magic: int = 2
    count: int | None = None
    body: bytes | None = field(default=None, repr=False)
    checksum: int | None = None
    length: int | None = None

    @property
    def end(self):
        """The offset behind it."""
        deltas = [record.delta for record in self.records]
        return self.base + (max(deltas, default=0) if self.last_delta is None else self.last_delta) + 1

    def write(self):
        """Return its bytes."""
        body = b"".join(record.write() for record in self.records) if self.body is None else self.body
        count = len(self.records) if self.count is None else self.count
        last = self.end - 1 - self.base
        covered = struct.pack(">hi", self.attributes | self.codec, last)
        covered += struct.pack(">qqqhi", self.first_time, self.last_time, self.producer, 0, -1)
        covered += struct.pack(">i", count) + bytes(ENCODE[self.codec](body))
        checksum = crc32c(covered) if self.checksum is None else self.checksum
        rest = struct.pack(">ibI", self.epoch, self.magic, checksum) + covered
        return struct.pack(">qi", self.base, len(rest) if self.length is None else self.length) + rest


def marker(base, producer, *, commits):
    """Return the control batch that ends a transaction."""
    key = struct.pack(">hh", 0, int(commits))
    records = (Record(0, value=struct.pack(">hi", 0, 0), key=key),)
    return Batch(base, records, attributes=TRANSACTIONAL | CONTROL, producer=producer)


HEADERS = st.lists(
    st.tuples(
        st.sampled_from(["auditor.format", "auditor.forma", "auditor.format2", "x", ""]),
        st.none() | st.sampled_from([b"", b"hubble", b"vpc", b"generic"]) | st.binary(max_size=3),
    ),
    max_size=3,
).map(tuple)


@st.composite
def records(draw):
    """Draw the records of a batch, with gaps between them."""
    deltas = sorted(draw(st.sets(st.integers(0, 40), max_size=6)))
    content = st.none() | st.binary(max_size=200)
    return tuple(
        Record(
            delta,
            draw(content),
            draw(content),
            draw(HEADERS),
            draw(st.integers(-(2**31), 2**31) | st.just(0)),
        )
        for delta in deltas
    )


@st.composite
def logs(draw):
    """Draw consecutive batches, and the aborted transactions among them as (producer, first offset)."""
    batches, aborted = [], []
    offset = draw(st.integers(0, 2**40))
    open_since = {}
    for _ in range(draw(st.integers(1, 7))):
        offset += draw(st.integers(0, 3))
        kind = draw(st.sampled_from(["plain", "idempotent", "transaction", "transaction", "end"]))
        producer = draw(st.integers(1, 2))
        if kind == "end":
            if producer not in open_since:
                continue
            first = open_since.pop(producer)
            commits = draw(st.booleans())
            batch = marker(offset, producer, commits=commits)
            if not commits:
                aborted.append((producer, first))
        else:
            content = draw(records())
            batch = Batch(
                offset,
                content,
                codec=draw(st.integers(0, 4)),
                producer=-1 if kind == "plain" else producer,
                attributes=(TRANSACTIONAL if kind == "transaction" else 0)
                | (APPEND_TIME if draw(st.booleans()) else 0),
                first_time=draw(st.sampled_from([-1, 0, 1_700_000_000_000])),
            )
            batch = replace(batch, last_delta=batch.end - 1 - offset + draw(st.integers(0, 3)))
            if kind == "transaction":
                open_since.setdefault(producer, offset)
        batches.append(batch)
        offset = batch.end
    # Transactions still open may come to be aborted behind this fetch.
    aborted += [(producer, first) for producer, first in open_since.items() if draw(st.booleans())]
    return batches, aborted
