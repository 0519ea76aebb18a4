"""Blocks of whole lines, wherever the reading stops."""

from __future__ import annotations

from itertools import cycle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import Position, SourceError
from auditor.flows import blocks
from auditor.flows.blocks import line_blocks
from auditor.flows.options import FlowOptions
from tests.flows.streams import Stream, cut


@given(st.text("ab\n\r", max_size=50).map(str.encode), st.integers(1, 20))
def test_line_blocks__hold_the_file(content, size):
    """Blocks follow each other, end at line ends, and together are the file."""
    line = 1
    found = cut(content, size)
    for block in found:
        assert block.first_line == line
        assert block.n_lines == len(block.content().splitlines(keepends=True)) or b"\r" in block.content()
        line += block.n_lines
    assert b"".join(block.content() for block in found) == content
    assert all(block.content().endswith(b"\n") for block in found[:-1])


@pytest.mark.parametrize("size", [1, 3, 10, 11, 12, 100])
def test_line_blocks__clip_lines_that_are_too_long(size):
    """Of a line over the limit something over the limit is kept, the lines around it are whole."""
    content = b"before\n" + b"x" * 50 + b"\nafter\n" + b"y" * 50
    lines = b"".join(block.content() for block in cut(content, size, limit=10)).split(b"\n")
    assert (lines[0], lines[2]) == (b"before", b"after")
    assert all(
        len(long) > 10 and set(long) == letter for long, letter in ((lines[1], {120}), (lines[3], {121}))
    )
    assert [block.first_line for block in cut(content, size, limit=10)][-1] in {1, 3, 4}


@pytest.mark.parametrize("size", [1, 2, 3, 4, 100])
def test_line_blocks__drop_the_byte_order_mark(size):
    """The mark at the beginning is no part of the first line; anywhere else it is text."""
    mark = b"\xef\xbb\xbf"
    assert (
        b"".join(block.content() for block in cut(mark + b"a\n" + mark + b"b", size)) == b"a\n" + mark + b"b"
    )


@pytest.mark.parametrize("size", [1, 5, 1_000])
def test_line_blocks__place_what_cannot_be_read(size):
    """Whole lines come first; the line that is cut off is left out and named."""
    failure = SourceError("the end is missing", Position("flows"))
    found = []
    blocks_of = line_blocks(Stream(b"one\ntwo\nthr", failure), FlowOptions(block_bytes=size))
    with pytest.raises(SourceError) as caught:
        found.extend(block.content() for block in blocks_of)
    assert b"".join(found) == b"one\ntwo\n"
    assert str(caught.value) == "the end is missing - at flows:3"


def test_line_blocks__are_bounded_in_lines(monkeypatch):
    """A block of nothing but line ends is cut by their number."""
    monkeypatch.setattr(blocks, "MAX_LINES", 4)
    found = cut(b"\n" * 9 + b"x", 100)
    assert [(block.first_line, block.n_lines) for block in found] == [(1, 4), (5, 4), (9, 1), (10, 1)]
    assert b"".join(block.content() for block in found) == b"\n" * 9 + b"x"


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_line_blocks__have_no_line_in_a_byte_order_mark(size):
    """A file of nothing but the mark is as empty as one without it."""
    assert cut(b"\xef\xbb\xbf", size) == cut(b"", size) == []
    assert [block.n_lines for block in cut(b"\xef\xbb\xbf\n", size)] == [1]
    assert [block.content() for block in cut(b"\xef\xbb", size)] == [b"\xef\xbb"]


@pytest.mark.parametrize("length", range(6, 16))
def test_line_blocks__do_not_count_the_byte_order_mark(length):
    """A first line of as many bytes as are allowed is whole behind a mark; a longer one stays too long."""
    line = b"x" * length
    for size in range(1, 30):
        (first, *_) = b"".join(
            block.content() for block in cut(b"\xef\xbb\xbf" + line + b"\ny", size, 10)
        ).split(b"\n")
        assert first == line if length <= 10 else len(first) > 10


@pytest.mark.parametrize("size", [1, 3, 4, 5, 7, 100])
def test_line_blocks__go_on_behind_damage(size):
    """What cannot be read stands between the blocks, and the line it cuts counts as one."""
    failure = SourceError("the middle is missing", Position("flows"))
    stream = Stream(b"one\ntwo\nthr", failure, b"four\nfive")
    found = list(line_blocks(stream, FlowOptions(block_bytes=size)))
    errors = [place for place, each in enumerate(found) if isinstance(each, SourceError)]
    assert [str(found[place]) for place in errors] == ["the middle is missing - at flows:3"]
    before, behind = found[: errors[0]], found[errors[0] + 1 :]
    assert b"".join(block.content() for block in before) == b"one\ntwo\n"
    assert b"".join(block.content() for block in behind) == b"four\nfive"
    assert [behind[0].first_line, behind[-1].first_line + behind[-1].n_lines] == [4, 6]


def test_line_blocks__lose_a_clipped_line_with_the_damage():
    """A line that is too long and then cannot be read leaves nothing in the one behind the damage."""
    stream = Stream(b"one\n" + b"x" * 50, SourceError("gone", Position("flows")), b"four\n")
    found = list(line_blocks(stream, FlowOptions(block_bytes=6, max_line_bytes=10)))
    assert [str(each) if isinstance(each, SourceError) else each.content() for each in found] == [
        b"one\n",
        "gone - at flows:2",
        b"four\n",
    ]


@given(st.text("ab\n", max_size=80).map(str.encode), st.integers(1, 20), st.data())
def test_line_blocks__leave_blocks_alone_that_are_held(content, size, data):
    """Buffers are used again only when nobody holds them, whichever blocks are let go on the way."""
    held, expected = [], []
    for block in line_blocks(Stream(content), FlowOptions(block_bytes=size, max_line_bytes=10)):
        expected.append(block.content())
        held.append(block)
        if data.draw(st.booleans()):
            place = data.draw(st.integers(0, len(held) - 1))
            del held[place], expected[place]
    assert [block.content() for block in held] == expected
    assert [bytes(block.text[: block.size]) for block in held] == expected


def test_line_blocks__use_buffers_again():
    """A block that is let go lends its memory to a later one: reading on asks for no more."""
    places = set()
    for block in line_blocks(Stream(b"line\n" * 100), FlowOptions(block_bytes=5)):
        places.add(block.text.ctypes.data)
    assert len(places) <= 3


class ShortStream(Stream):
    """A stream that gives fewer bytes than it is asked for, as decompression and networks do."""

    def __init__(self, content, sizes, *arguments, **keywords):
        super().__init__(content, *arguments, **keywords)
        self.sizes = cycle(sizes)

    def readinto(self, buffer):
        """Fill a part of the buffer."""
        return super().readinto(buffer[: next(self.sizes)])


@given(
    st.text("ab\n\r\ufeff", max_size=80).map(str.encode),
    st.lists(st.integers(1, 30), min_size=1, max_size=5),
    st.integers(1, 40),
)
def test_line_blocks__do_not_depend_on_short_reads(content, sizes, size):
    """However few bytes come at once, lines and their numbers are the same, and what is too long stays too long."""
    lines = content.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    options = FlowOptions(block_bytes=size, max_line_bytes=10)
    found = list(line_blocks(ShortStream(content, sizes), options))
    assert [block.first_line for block in found] == [
        1 + sum(each.n_lines for each in found[:place]) for place in range(len(found))
    ]
    read = b"".join(block.content() for block in found).split(b"\n")
    assert len(read) == len(lines)
    for ours, line in zip(read, lines, strict=True):
        assert ours == line if len(line) <= 10 else len(ours) > 10 and line.startswith(ours[:10])


@pytest.mark.parametrize(("name", "codec"), [("READ_BYTES", None), ("INFLATED_BYTES", "gzip")])
@pytest.mark.parametrize("read", [1, 3, 7])
@pytest.mark.parametrize("size", [2, 9, 40])
def test_line_blocks__do_not_depend_on_how_much_is_read_together(monkeypatch, read, size, name, codec):
    """However little is read at once, blocks are as long, their lines are counted, and damage is placed the same."""
    content = b"\xef\xbb\xbfone\n\n" + b"x" * 30 + b"\ntwo\nthree\n\nfo"
    failure = SourceError("a part is lost", Position("flows"))
    asked = []

    def seen():
        stream = Stream(content, failure, b"four\nfive", codec=codec)
        found = line_blocks(stream, FlowOptions(block_bytes=size, max_line_bytes=10))
        asked.append(stream.asked)
        return [
            str(block)
            if isinstance(block, SourceError)
            else (block.first_line, block.n_lines, block.content())
            for block in found
        ]

    whole = seen()
    failure = SourceError("a part is lost", Position("flows"))
    monkeypatch.setattr(blocks, name, read)
    assert seen() == whole
    assert [max(sizes) for sizes in asked] == [size, min(size, read)]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
@pytest.mark.parametrize("content", [b"1\n22\n\n3", b"a\n", b"", b"1\n" * 300])
def test_line_blocks__are_the_same_whether_digits_are_noted(content, size):
    """Only that lines begin with digits is not known then."""
    plain = list(line_blocks(Stream(content), FlowOptions(block_bytes=size)))
    noted = cut(content, size)
    assert [(block.first_line, block.n_lines, block.content()) for block in plain] == [
        (block.first_line, block.n_lines, block.content()) for block in noted
    ]
    assert not any(block.has_digits for block in plain)


@given(
    st.text("1\n\na\ufeff", max_size=200).map(str.encode),
    st.lists(st.integers(1, 150), min_size=1, max_size=5),
    st.integers(1, 220),
    st.booleans(),
)
def test_line_blocks__are_the_same_whether_pieces_are_taken(content, sizes, size, is_damaged):
    """Bytes that lie somewhere already make the blocks that those make which are read into them."""

    def seen(kind, *arguments, **keywords):
        failure = SourceError("a part is lost", Position("flows")) if is_damaged else None
        stream = kind(content, *arguments, failure, b"four\n5\n", **keywords)
        options = FlowOptions(block_bytes=size, max_line_bytes=10)
        return [
            str(block)
            if isinstance(block, SourceError)
            else (block.first_line, block.n_lines, block.has_digits, block.content())
            for block in line_blocks(stream, options, notes_digits=True)
        ]

    assert seen(ShortStream, sizes, has_pieces=True) == seen(Stream)
