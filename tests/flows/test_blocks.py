"""Blocks of whole lines, wherever the reading stops."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import Position, SourceError
from auditor.flows import blocks
from auditor.flows.blocks import line_blocks
from auditor.flows.options import FlowOptions


class Stream:
    """A stream over bytes that may fail at their end."""

    name = "flows"

    def __init__(self, content, failure=None, behind=b""):
        self.content = content
        self.behind = behind
        self.failure = failure

    def readinto(self, buffer):
        """Fill the buffer with the next bytes."""
        piece, self.content = self.content[: len(buffer)], self.content[len(buffer) :]
        if not piece and self.failure:
            raise self.failure
        buffer[: len(piece)] = piece
        return len(piece)

    def resume(self):
        """Go on with what lies behind the damage, if anything does."""
        self.content, self.failure, self.behind = self.behind, None, b""
        return bool(self.content)


def cut(content, block_bytes, limit=1_000):
    """Return the blocks of a text."""
    return list(line_blocks(Stream(content), FlowOptions(block_bytes=block_bytes, max_line_bytes=limit)))


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


@pytest.mark.parametrize("size", [1, 5, 1_000])
def test_line_blocks__go_on_behind_damage(size):
    """The error stands between the blocks, the line that it cuts is lost and counts as one."""
    failure = SourceError("some bytes are missing", Position("flows"))
    stream = Stream(b"one\ntwo\nthr", failure, b"five\nsix")
    found = list(line_blocks(stream, FlowOptions(block_bytes=size)))
    texts = [block if isinstance(block, SourceError) else block.content() for block in found]
    gap = next(place for place, text in enumerate(texts) if isinstance(text, SourceError))
    assert str(texts[gap]) == "some bytes are missing - at flows:3"
    assert (b"".join(texts[:gap]), b"".join(texts[gap + 1 :])) == (b"one\ntwo\n", b"five\nsix")
    assert [block.first_line for block in found[gap + 1 :]][:1] == [4]


def test_line_blocks__do_not_change_what_is_held():
    """Buffers are used again, but not under a block that somebody still has."""
    content = b"".join(b"%d\n" % number for number in range(2_000))
    held = cut(content, 64)
    assert b"".join(block.content() for block in held) == content
    passing = (block.content() for block in line_blocks(Stream(content), FlowOptions(block_bytes=64)))
    assert b"".join(passing) == content


def test_line_block__shows_text_with_padding():
    """A line feed or the padding follows the lines, also of a part of them."""
    (block,) = cut(b"one\ntwo\n", 100)
    part = block.part(4, 8, 1, 2)
    assert (part.first_line, part.n_lines, part.content(), part.find(b"w"), part.find(b"one")) == (
        *(2, 1, b"two\n"),
        *(1, -1),
    )
    for each in (block, part):
        assert bytes(each.text[each.size :]) == b"\n" + bytes(63)
        assert not each.text.flags.writeable
