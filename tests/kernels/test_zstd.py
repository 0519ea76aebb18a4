"""Frames of Zstandard: those that a compressor writes fit, and none that a decompressor would read otherwise."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.pages import IS_COMPRESSED, LEVELS, PAGE, PLACE, PLAIN_SIZE, STORED
from kernels.zstd import frames_fit
from tests.kernels.devices import frozen

MAGIC = b"\x28\xb5\x2f\xfd"
BODIES = st.binary(max_size=300) | st.builds(
    lambda piece, n: piece * n, st.binary(min_size=1, max_size=9), st.integers(0, 40_000)
)


def compressed(body):
    """Return a frame."""
    return pa.Codec("zstd").compress(body, asbytes=True)


def fits(frames, sizes=None, before=b"", behind=b"", **changes):
    """Return what the kernel says of pages that hold these frames."""
    pages, content = np.zeros((len(frames), PAGE), np.int64), before
    for row, frame in enumerate(frames):
        pages[row, [PLACE, STORED, LEVELS, IS_COMPRESSED]] = len(content), len(frame), -1, 1
        pages[row, PLAIN_SIZE] = sizes[row]
        content += frame
    for column, number in changes.items():
        pages[-1, {"levels": LEVELS, "is_compressed": IS_COMPRESSED}[column]] = number
    return bool(frames_fit(frozen(np.frombuffer(content + behind, np.uint8)), frozen(pages)))


def frame(head, said, *blocks, checksum=b""):
    """Return a frame made by hand; a block is its kind, its size and its bytes."""
    content = MAGIC + bytes([head]) + said
    for place, (kind, size, body) in enumerate(blocks):
        content += (size << 3 | kind << 1 | (place == len(blocks) - 1)).to_bytes(3, "little") + body
    return content + checksum


@given(st.lists(BODIES, max_size=5), st.binary(max_size=20), st.binary(max_size=20))
def test_frames_fit__knows_what_a_compressor_writes(bodies, before, behind):
    """Of any size, or of less than a header and so left alone; wherever in the chunk."""
    frames = [compressed(body) for body in bodies]
    sizes = [len(body) for body in bodies]
    assert fits(frames, sizes, before, behind) == all(len(each) >= 18 for each in frames)


@given(BODIES, st.integers(-3, 3).filter(bool))
def test_frames_fit__wants_the_size_of_the_page(body, off):
    """A frame that says another size is not decompressed with others."""
    assert not fits([compressed(body)], [len(body) + off])
    assert not fits([compressed(body)], [-1])


@given(BODIES, st.data())
def test_frames_fit__refuses_a_frame_that_is_cut_or_followed(body, drawn):
    """The last block must end where the page does."""
    whole = compressed(body)
    assert not fits([whole[: drawn.draw(st.integers(0, len(whole) - 1))]], [len(body)], behind=bytes(20))
    assert not fits([whole + b"\0"], [len(body)])
    assert not fits([whole + whole], [len(body)])


@given(
    st.lists(BODIES, min_size=1, max_size=3),
    st.lists(st.tuples(st.integers(0), st.integers(0, 255)), max_size=3),
)
def test_frames_fit__never_takes_what_decompresses_to_another_size(bodies, changes):
    """Of changed frames that fit, all at once give as many bytes as each promised, or none can be decompressed."""
    frames = [bytearray(compressed(body)) for body in bodies]
    for place, byte in changes:
        changed = frames[place % len(frames)]
        changed[place // 7 % len(changed)] = byte
    sizes = [len(body) for body in bodies]
    if not fits(frames, sizes):
        return
    try:
        plain = pa.Codec("zstd").decompress(b"".join(frames), sum(sizes), asbytes=True)
    except (OSError, pa.ArrowException):
        return
    each = [
        pa.Codec("zstd").decompress(bytes(one), size, asbytes=True)
        for one, size in zip(frames, sizes, strict=True)
    ]
    assert plain == b"".join(each)


@given(st.binary(max_size=40))
def test_frames_fit__of_any_bytes_says_no(content):
    """Behind the mark too; no read goes beyond the page."""
    assert not fits([content], [len(content)])
    fits([MAGIC + content], [len(content)])


@pytest.mark.parametrize(
    ("content", "size", "expected"),
    [
        (frame(0x20, bytes([20]), (0, 20, bytes(20))), 20, True),
        (frame(0x24, bytes([20]), (0, 20, bytes(20)), checksum=b"abcd"), 20, True),
        (frame(0x24, bytes([20]), (0, 20, bytes(20))), 20, False),
        (frame(0x20, bytes([200]), (1, 199, b"x"), (0, 1, b"y"), (1, 0, b"z")), 200, True),
        (frame(0x60, (300 - 256).to_bytes(2, "little"), (1, 280, b"x"), (0, 20, bytes(21))), 300, False),
        (frame(0x60, (300 - 256).to_bytes(2, "little"), (1, 280, b"x"), (0, 20, bytes(20))), 300, True),
        (frame(0xA0, (70_000).to_bytes(4, "little"), (1, 70_000, b"x")), 70_000, False),
        (frame(0xA0, (70_000).to_bytes(4, "little"), (1, 69_980, b"x"), (0, 20, bytes(20))), 70_000, True),
        (frame(0xE0, (5).to_bytes(8, "little"), (0, 5, b"hello")), 5, True),
        (frame(0xE0, (2**64 - 5).to_bytes(8, "little"), (0, 5, b"hello")), 5, False),
        (frame(0x40, b"\x58" + (44).to_bytes(2, "little"), (1, 280, b"x"), (0, 20, bytes(20))), 300, True),
        (frame(0x00, b"\x58", (0, 20, bytes(20))), 20, False),
        (frame(0x21, bytes([0, 20]), (0, 20, bytes(20))), 20, False),
        (frame(0x28, bytes([20]), (0, 20, bytes(20))), 20, False),
        (frame(0x20, bytes([20]), (3, 20, bytes(20))), 20, False),
        (frame(0x20, bytes([20]), (0, 2**21 - 1, bytes(20))), 20, False),
        (b"\x50\x2a\x4d\x18" + (20).to_bytes(4, "little") + bytes(20), 20, False),
    ],
    ids=[
        *(
            "single",
            "with checksum",
            "lacks its checksum",
            "repeated blocks",
            "a byte too many",
            "two bytes of size",
        ),
        *(
            "short",
            "four bytes of size",
            "eight bytes of size",
            "size near 2**64",
            "with a window",
            "no size said",
        ),
        *("dictionary", "bit without meaning", "reserved kind", "block beyond the page", "skippable"),
    ],
)
def test_frames_fit__reads_heads_as_they_are_defined(content, size, expected):
    """Each width of the size, and each flag."""
    assert fits([content], [size]) is expected


def test_frames_fit__wants_pages_compressed_as_a_whole():
    """Levels in front, or values that are not compressed, are for the careful way."""
    bodies = [bytes(range(100))] * 2
    frames, sizes = [compressed(body) for body in bodies], [100, 100]
    assert fits(frames, sizes)
    assert fits(frames, sizes, levels=0)
    assert not fits(frames, sizes, levels=3)
    assert not fits(frames, sizes, is_compressed=0)
    assert fits([], [])
