"""gzip of a file says what gzip of a pipe says, whatever is wrong with it and wherever."""

from __future__ import annotations

import gzip
import io
import random
import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import SourceError
from auditor.sources import gzip_reader
from auditor.sources.files import find_files
from auditor.sources.gzip_reader import GzipReader
from auditor.sources.raw import Raw, new_digest
from auditor.sources.streams import ByteStream
from tests.sources.test_inflate import lines, opened, read_on


def as_file(content, told=None):
    """Open bytes that can be opened once more; ``told`` takes every opening and the hash."""
    told = [] if told is None else told

    def again():
        told.append("again")
        return io.BytesIO(content)

    raw = Raw(io.BytesIO(content), len(content), new_digest("sha256"), told.append)
    return ByteStream("flows", raw, None, again)


@st.composite
def files(draw):
    """Draw members, and what is wrong with them."""
    sizes = draw(st.lists(st.sampled_from([0, 1, 30, 2_000]), min_size=1, max_size=4))
    content = bytearray(b"".join(gzip.compress(lines(number, n)) for number, n in enumerate(sizes)))
    for _ in range(draw(st.integers(0, 2))):
        kind = draw(st.sampled_from(["flip", "cut", "behind", "zeros", "noise", "between"]))
        place = draw(st.integers(0, len(content)))
        if kind == "flip" and place < len(content):
            content[place] ^= draw(st.integers(1, 255))
        elif kind == "cut":
            del content[place:]
        elif kind == "behind":
            content += b"behind"
        elif kind == "zeros":
            content += bytes(draw(st.integers(1, 600)))
        elif kind == "noise":
            content[place : place + 40] = random.Random(place).randbytes(40)
        else:
            content[place:place] = b"between"
    return bytes(content)


def without_count(message):
    """Return a message without the number of decompressed bytes."""
    return re.sub(r"[0-9,]+ decompressed", "N decompressed", message)


@given(files(), st.sampled_from([1 << 10, 10_000, 1 << 18, 1 << 20]))
def test_readinto__says_what_pieces_say(content, size):
    """The same gaps, with the same messages; in front of damage no less, however much is read at a time."""
    (texts, messages), (expected, expected_messages) = (
        read_on(as_file(content), size),
        read_on(opened(content), size),
    )
    assert [*map(without_count, messages)] == [*map(without_count, expected_messages)]
    assert len(texts) == len(expected)
    for text, least in zip(texts, expected, strict=True):
        assert text.startswith(least)
    assert texts[-1] == expected[-1] or messages


@pytest.mark.parametrize("change", ["unlinked", "replaced", "untouched"])
def test_readinto__reads_the_file_that_is_open(tmp_path, change):
    """Logs are rotated while they are read: their name may stand for another file, or for none."""
    first = gzip.compress(lines(0, 60_000))
    content = first[: len(first) * 3 // 4] + gzip.compress(lines(1, 5_000))
    path = tmp_path / "flows.log.gz"
    path.write_bytes(content)
    (file,) = find_files([str(path)])
    with file.open() as stream:
        buffer = memoryview(bytearray(1 << 20))
        begun = bytes(buffer[: stream.readinto(buffer)])
        if change == "unlinked":
            path.unlink()
        elif change == "replaced":
            (tmp_path / "other").write_bytes(gzip.compress(b"of another file\n" * 500_000))
            (tmp_path / "other").replace(path)
        (before, behind), messages = read_on(stream, 1 << 20)
    assert lines(0, 60_000).startswith(begun + before)
    assert len(messages) == 1
    assert behind == lines(1, 5_000)


@pytest.mark.parametrize("damage", [0, 1])
def test_readinto__reads_and_hashes_a_file_once(damage):
    """A sound file is never opened once more; one that is not is, and no byte is hashed twice."""
    content = gzip.compress(lines(0, 20_000)) + gzip.compress(lines(1, 10))
    told = []
    read_on(as_file(content[: len(content) - damage], told))
    digest = new_digest("sha256")
    digest.update(content[: len(content) - damage])
    assert digest.hexdigest() in told
    assert [each for each in told if each != digest.hexdigest()] == ["again"] * damage


def test_readinto__goes_on_behind_what_was_given():
    """Damage far behind the beginning costs nothing in front of it."""
    content = bytearray(gzip.compress(lines(0, 40_000)))
    content[len(content) // 2] ^= 255
    (before, *_), messages = read_on(as_file(bytes(content)), 1 << 16)
    (expected, *_), expected_messages = read_on(opened(bytes(content)), 1 << 16)
    assert len(before) > 1 << 20
    assert (before, messages) == (expected, expected_messages)


def test_close__closes_what_was_opened_once_more():
    """Also if what was read before was not all needed again."""
    content = bytearray(gzip.compress(lines(0, 30_000)))
    content[len(content) // 2] ^= 255
    opened_again = []

    def again():
        opened_again.append(io.BytesIO(content))
        return opened_again[-1]

    stream = ByteStream("flows", Raw(io.BytesIO(content)), None, again)
    while not opened_again:
        with suppress(SourceError):
            stream.readinto(memoryview(bytearray(1 << 16)))
    stream.close()
    assert [each.closed for each in opened_again] == [True]


def test_gzip_reader__of_a_library_without_one(monkeypatch):
    """Pieces are the way then, as they are of a pipe."""
    monkeypatch.setattr(gzip_reader, "_READER", None)
    content = gzip.compress(lines(0, 100))
    reader = GzipReader(Raw(io.BytesIO(content)), lambda: io.BytesIO(content))
    assert reader.gives_pieces
    assert reader.piece(1 << 20) == lines(0, 100)


def test_gives_pieces__once_something_was_wrong():
    """Until then what is inflated goes to where it is wanted."""
    content = gzip.compress(lines(0, 10_000))[:-9]
    stream = as_file(content)
    assert stream.piece(100) is None
    read_on(stream)
    assert stream._inflater.gives_pieces  # noqa: SLF001 - what is tested
