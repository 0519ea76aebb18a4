"""Inflating with a bound: what is right comes back, what is wrong or too much is said, and nothing fills the memory."""

from __future__ import annotations

import gzip
import struct
import tracemalloc
from contextlib import suppress

import cramjam
import lz4.frame
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from kafka.codec import gzip_encode, lz4_encode, snappy_encode, zstd_encode

from auditor.sources.kafka_codecs import GZIP, LZ4, NAMES, SNAPPY, ZSTD, InflateError
from auditor.sources.kafka_codecs import inflate as inflate_into
from auditor.sources.kafka_rooms import Rooms

ENCODERS = {
    GZIP: [gzip.compress, gzip_encode],
    SNAPPY: [
        cramjam.snappy.compress_raw,
        snappy_encode,
        lambda content: snappy_encode(content, xerial_blocksize=7),
    ],
    LZ4: [lz4.frame.compress, lz4_encode, lambda content: lz4.frame.compress(content, store_size=False)],
    ZSTD: [
        zstd_encode,
        lambda content: zstandard.ZstdCompressor(write_content_size=False, write_checksum=True).compress(
            content
        ),
    ],
}
WAYS = [(codec, encode) for codec, several in ENCODERS.items() for encode in several]
CODECS = sorted(NAMES)
TEXT = b"some text that repeats, " * 100


def packed(encode, content):
    """Return compressed bytes as a view, as a fetch holds them."""
    return memoryview(bytes(encode(content)))


def inflate(codec, body, limit):
    """Return what is put behind something else, or nothing if that fails."""
    room = Rooms().take()
    room.add(b"before")
    try:
        inflate_into(codec, body, limit, room)
    finally:
        found = room.values()[: room.size].tobytes()
        assert found.startswith(b"before")
    return found.removeprefix(b"before")


@pytest.mark.parametrize(("codec", "encode"), WAYS)
@given(content=st.binary(max_size=2_000), n=st.integers(1, 30))
def test_inflate__undoes_every_producer(codec, encode, content, n):
    """With and without a stated size, in blocks and whole."""
    plain = content * n
    assert bytes(inflate(codec, packed(encode, plain), len(plain))) == plain


@pytest.mark.parametrize("codec", [GZIP, LZ4, ZSTD])
def test_inflate__reads_streams_one_behind_another(codec):
    """As the client does."""
    body = packed(ENCODERS[codec][0], TEXT)
    assert bytes(inflate(codec, memoryview(bytes(body) * 2), 10_000)) == TEXT * 2
    with pytest.raises(InflateError):
        inflate(codec, memoryview(bytes(body) * 2), 2 * len(TEXT) - 1)


@pytest.mark.parametrize(("codec", "encode"), WAYS)
@pytest.mark.parametrize("limit", [0, 1, len(TEXT) - 1])
def test_inflate__stops_at_the_limit(codec, encode, limit):
    """One byte more is too much."""
    with pytest.raises(InflateError, match=f"^it inflates to more than {limit} bytes$"):
        inflate(codec, packed(encode, TEXT), limit)


@pytest.mark.parametrize("codec", CODECS)
def test_inflate__does_not_unpack_a_bomb(codec):
    """Of 64 MiB of zeros only about the limit is ever in memory."""
    body = packed(ENCODERS[codec][0], bytes(64 << 20))
    tracemalloc.start()
    try:
        with pytest.raises(InflateError, match=r"^it inflates to more than 1048576 bytes$"):
            inflate(codec, body, 1 << 20)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 << 20


@pytest.mark.parametrize(("codec", "encode"), [(codec, encode) for codec, encode in WAYS if codec != ZSTD])
@pytest.mark.parametrize("n_bytes", [0, 1, 9, 18, -1])
def test_inflate__refuses_what_is_cut_off(codec, encode, n_bytes):
    """Whatever the place."""
    with pytest.raises(InflateError, match=f"^its {NAMES[codec]} stream is (cut off|corrupt)$"):
        inflate(codec, packed(encode, TEXT)[:n_bytes], 1 << 20)


def test_inflate__returns_what_a_cut_leaves_of_zstd():
    """Its library does not tell; records are missing, and that is seen."""
    body = packed(zstd_encode, TEXT)
    assert len(inflate(ZSTD, body[:-1], 1 << 20)) < len(TEXT)


@pytest.mark.parametrize("size", [-1, 1_000])
def test_inflate__refuses_a_block_of_no_size(size):
    """The length of a block of snappy may lie."""
    body = packed(snappy_encode, TEXT)[:16].tobytes() + struct.pack(">i", size) + bytes(20)
    with pytest.raises(InflateError, match=r"^its snappy stream is cut off$"):
        inflate(SNAPPY, memoryview(body), 1 << 20)


@pytest.mark.parametrize(
    ("codec", "encode", "named"),
    [
        (GZIP, gzip.compress, "gzip stream has more than 1000 members"),
        (LZ4, lz4.frame.compress, "lz4 stream has more than 1000 frames"),
    ],
)
def test_inflate__refuses_very_many_members(codec, encode, named):
    """Each costs a copy of all behind it."""
    inflate(codec, memoryview(encode(b"x") * 1_000), 1 << 20)
    with pytest.raises(InflateError, match=f"^its {named}$"):
        inflate(codec, memoryview(encode(b"x") * 1_001), 1 << 20)


@pytest.mark.parametrize("codec", [-1, 0, 5, 7])
def test_inflate__refuses_other_codecs(codec):
    """There are four."""
    with pytest.raises(InflateError, match=f"^its codec {codec} is not known$"):
        inflate(codec, memoryview(b"x"), 10)


@pytest.mark.parametrize(("codec", "encode"), WAYS)
@given(place=st.integers(0, 200), byte=st.integers(0, 255))
def test_inflate__survives_every_changed_byte(codec, encode, place, byte):
    """It returns something within the limit, or says why not."""
    body = bytearray(packed(encode, TEXT))
    body[place % len(body)] = byte
    with suppress(InflateError):
        assert len(inflate(codec, memoryview(body), 10_000)) <= 10_000


@pytest.mark.parametrize("codec", CODECS)
@given(body=st.binary(max_size=100))
def test_inflate__survives_anything(codec, body):
    """It returns something within the limit, or says why not."""
    with suppress(InflateError):
        assert len(inflate(codec, memoryview(body), 10_000)) <= 10_000
