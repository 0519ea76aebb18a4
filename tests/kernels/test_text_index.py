"""Ends of fields and lines against a split at spaces."""

from __future__ import annotations

from mmap import mmap

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.text_index import count_feeds, count_lines, index_fields
from kernels.text_take import take_lines
from tests.kernels.devices import padded

PIECES = st.sampled_from(
    [
        " ",
        "  ",
        "\n",
        "\r\n",
        " \n",
        "\n ",
        "\r",
        "a",
        "b c",
        "x" * 61,
        "x" * 62,
        "x" * 63,
        "x" * 64,
        "\t",
        "\u00fc",
        "\x00",
        "\n\n",
        "d e f",
    ]
)
TEXTS = st.lists(PIECES, max_size=14).map("".join).map(str.encode)


def portions(text, n_ends, n_lines):
    """Yield where fields end, and for each line the place of its end among them and whether it is unusual, by turns."""
    at = np.uint64(0)
    while at < len(text):
        ends, lines = np.zeros(n_ends, np.uint32), np.zeros((n_lines, 2), np.uint32)
        count, at = index_fields(padded(text), np.uint64(at), np.uint64(len(text)), ends, lines)
        found = lines[: int(count)].tolist()
        yield ends[: found[-1][0] + 1].tolist(), found


def indexed(text):
    """Return the same of all lines, which have room."""
    found = list(portions(text, len(text) + 130, text.count(b"\n") + 66))
    assert len(found) <= 1
    return found[0] if found else ([2**32 - 1], [])


def is_usual(line):
    """Return whether single spaces separate the fields of a line, and nothing else is in it but ASCII."""
    line = line.removesuffix(b"\r")
    return (
        line != b""
        and line.isascii()
        and all(byte >= 32 for byte in line)
        and line.split(b" ") == line.split()
    )


@given(TEXTS)
def test_index_fields__agrees_with_split(text):
    """Every space and line feed is an end; a line that does not say it is unusual splits at its spaces."""
    ends, lines = indexed(text)
    is_open = bool(text) and not text.endswith(b"\n")
    assert ends == [
        2**32 - 1,
        *(at for at, byte in enumerate(text) if byte in b" \n"),
        *[len(text)] * is_open,
    ]
    written = text.split(b"\n")[: len(lines)]
    assert len(lines) == text.count(b"\n") + is_open
    start = first = 0
    for line, (behind, is_odd) in zip(written, lines, strict=True):
        assert ends[behind] == start + len(line)
        assert is_odd or is_usual(line)
        assert behind - first == line.count(b" ") + 1
        start, first = start + len(line) + 1, behind


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_index_fields__raises_no_flag_in_usual_text(end):
    """Usual lines are usual wherever they lie, the last without its line feed too."""
    for length in range(1, 70):
        text = end.join([b"x" * length, b"a b c", b"y" * (1 + length // 2) + b" z", b"d"])
        assert [is_odd for _, is_odd in indexed(text)[1]] == [0] * 4
        assert [is_odd for _, is_odd in indexed(text + end)[1]] == [0] * 4


@pytest.mark.parametrize("length", range(56, 72))
def test_index_fields__sees_blanks_at_both_ends(length):
    """A blank at an end of a line, and two of them, are unusual on both sides of the border of 64 bytes."""
    body = b"x" * length
    for text in (
        body + b" ",
        body + b" \n",
        b" " + body,
        body + b"  y",
        body + b" \r\n",
        body + b"\r\r\n",
        body + b"\ry",
        body + b"\n\n",
    ):
        assert any(is_odd for _, is_odd in indexed(text)[1])


@given(TEXTS, st.integers(130, 200), st.integers(65, 70))
def test_index_fields__goes_on_where_there_was_no_room(text, n_ends, n_lines):
    """However little room there is, the lines are the same, and no unusual one counts as usual."""
    text *= 12
    whole, lines = indexed(text)
    found = []
    for ends, portion in portions(text, n_ends, n_lines):
        assert ends[0] == (whole[lines[len(found) - 1][0]] if found else 2**32 - 1)
        first = 0
        for behind, is_odd in portion:
            found.append(([ends[first], *ends[first + 1 : behind + 1]], is_odd))
            first = behind
    first = 0
    assert len(found) == len(lines)
    for (ends, is_odd), (behind, _), line in zip(found, lines, text.split(b"\n"), strict=False):
        if ends != whole[first : behind + 1]:
            # Too many fields for the room: only where the line begins and ends is said.
            assert (ends, is_odd) == ([whole[first], whole[behind]], 1)
            assert behind - first > 64
        assert is_odd or is_usual(line)
        first = behind


@pytest.mark.parametrize("n_blanks", [0, 1, 62, 63, 64, 65, 66, 127, 128, 129, 200, 1000])
@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b"\nd e\n", b"\nd"])
def test_index_fields__passes_over_a_line_without_room(n_blanks, end):
    """A line of too many fields is odd, and the one behind it is not."""
    text = b"a b\n" + b"c " * n_blanks + b"c" + end
    for room in range(130, 160):
        found = [
            (ends[0] + 1 & 2**32 - 1, [(ends[behind], is_odd) for behind, is_odd in lines])
            for ends, lines in portions(text, room, 65)
        ]
        lines = [line for _, portion in found for line in portion]
        assert [at for at, _ in lines] == [at for at, byte in enumerate(text) if byte == 10] + [len(text)] * (
            not text.endswith(b"\n")
        )
        assert lines[0] == (3, 0)
        assert lines[1][1] == 0 or n_blanks > 60
        assert lines[1][1] == 1 or n_blanks < room - 3


@pytest.mark.parametrize("letter", [b"  ", b"\t", b"\x00", b"\xc3"])
def test_index_fields__flags_the_line_that_a_letter_stands_in(letter):
    """Between long lines something unusual flags its own, and no line far away."""
    for before in range(50, 70):
        for inside in (1, 30, 64, 100):
            text = b"a" * before + b"\n" + b"b" * inside + letter + b"c" * (130 - inside) + b"\n" + b"d" * 200
            flags = [is_odd for _, is_odd in indexed(text + b"\ne\nf")[1]]
            # Its neighbours may count as unusual if an end lies in the same 64 bytes.
            assert (flags[1], flags[3:]) == (1, [0, 0])
    far = b"a\n" + b"b" * 200 + letter + b"c" * 200 + b"\nd"
    assert [is_odd for _, is_odd in indexed(far)[1]] == [0, 1, 0]


@pytest.mark.parametrize("before", [0, 1, 62, 63, 64, 127])
@given(
    text=st.text("\n\n09:/a# \u00fc", max_size=90).map(str.encode),
    size=st.integers(0, 300),
    begins=st.booleans(),
)
def test_count_lines__counts_line_feeds_and_lines_without_a_digit(before, text, size, begins):
    """Neither the padding nor what stands behind the bytes that count is looked at."""
    text = b"1" * before + text
    size = min(size, len(text))
    n_feeds, n_others = counted(text, size, begins)
    feeds, others = count_lines(padded(text), np.uint64(size), np.uint64(begins))
    assert (feeds, others != 0) == (n_feeds, n_others > 0)


def counted(text, size, begins):
    """Return how many line feeds there are, and how many lines begin with anything but a digit."""
    firsts = [0] * begins + [place + 1 for place in range(size - 1) if text[place] == 10]
    others = [place for place in firsts if place < size and not text[place : place + 1].isdigit()]
    return text[:size].count(b"\n"), len(others)


@pytest.mark.parametrize("place", [0, 1, 63, 64, 100])
@pytest.mark.parametrize("before", [0, 1, 62, 63, 64, 400])
@given(text=st.text("\n\n09:/a# \u00fc", max_size=90).map(str.encode), begins=st.booleans())
def test_take_lines__copies_what_it_counts(place, before, text, begins):
    """Wherever the piece comes to lie; what stands before it stays, whatever stands behind it is not looked at."""
    text = b"1" * before + text
    content = np.frombuffer(mmap(-1, 1 << 12), np.uint8)
    content[:] = 10
    piece = np.frombuffer(text or b"1", np.uint8)[: len(text)]
    feeds, others = take_lines(piece, content, np.uint64(place), np.uint64(begins))
    n_feeds, n_others = counted(text, len(text), begins)
    assert (feeds, others != 0) == (n_feeds, n_others > 0)
    assert content[: place + len(text)].tobytes() == b"\n" * place + text


@given(st.integers(0, 600), TEXTS, st.integers(0, 900))
def test_count_feeds__counts_line_feeds(before, text, size):
    """Only in the bytes that count, however many are looked at together."""
    text = b"\n1" * (before // 2) + text
    size = min(size, len(text))
    assert count_feeds(padded(text), np.uint64(size)) == text[:size].count(b"\n")
