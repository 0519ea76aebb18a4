"""Quotes and lines of JSON Lines against a walk from byte to byte."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.json_index import FLAG_BACKSLASH, FLAG_CONTROL, FLAG_NOT_ASCII, index_lines
from tests.kernels.devices import padded

PIECES = st.sampled_from(
    [
        '"',
        "\\",
        '\\"',
        "\\\\",
        "\n",
        "\r\n",
        "\r",
        "a",
        "a" * 60,
        "a" * 63,
        "\\" * 63,
        "\\" * 64,
        '"' * 64,
        "\t",
        "\u00fc",
        "\x00",
        "\x7f",
    ]
)
TEXTS = st.lists(PIECES, max_size=12).map("".join).map(str.encode)


def indexed(text, room=None):
    """Return the quotes, and for each line its end, the quotes before it, and its flags; it begins where it must."""
    quotes = np.zeros(len(text) + 128 if room is None else room, np.uint32)
    lines = np.zeros((text.count(b"\n") + 1, 4), np.uint32)
    n_quotes, n_lines = index_lines(padded(text), np.uint64(len(text)), quotes, lines)
    if n_quotes > len(quotes) - 64:
        return None
    found = lines[: int(n_lines)]
    assert found[:, 3].tolist() == [0, *(found[:, 0] + 1).tolist()][: len(found)]
    return quotes[: int(n_quotes)].tolist(), found[:, :3].tolist()


def walked(text):
    """Return the quotes that no backslash escapes, and for each line its end and the quotes before it."""
    quotes, lines, is_escaped = [], [], False
    for place, byte in enumerate(text):
        if byte == ord("\n"):
            lines.append([place, len(quotes)])
        if byte == ord('"') and not is_escaped:
            quotes.append(place)
        is_escaped = byte == ord("\\") and not is_escaped
    if text and not text.endswith(b"\n"):
        lines.append([len(text), len(quotes)])
    return quotes, lines


@given(TEXTS)
def test_index_lines__agrees_with_a_walk(text):
    """Quotes, ends of lines and counts are right wherever runs of backslashes cross the border of 64 bytes."""
    quotes, lines = indexed(text)
    assert (quotes, [line[:2] for line in lines]) == walked(text)
    start = 0
    for end, _, flags in lines:
        line = text[start:end].removesuffix(b"\r")
        start = end + 1
        assert flags & FLAG_BACKSLASH or b"\\" not in line
        assert flags & FLAG_NOT_ASCII or line.isascii()
        assert flags & FLAG_CONTROL or all(byte >= 32 for byte in line)


@pytest.mark.parametrize("length", range(58, 70))
def test_index_lines__raises_no_flag_for_carriage_returns_at_ends(length):
    """An end of two bytes is as plain as one of one byte, also across the border of 64."""
    for text in (b"a" * length + b"\r\n" + b"b" * 10, b"a" * length + b"\r\n\r\n", b"a" * length + b"\r"):
        assert {line[2] for line in indexed(text)[1]} == {0}
    assert indexed(b"a" * length + b"\ra")[1][0][2] == FLAG_CONTROL
    assert indexed(b"a" * length + b"\r\r\n")[1][0][2] == FLAG_CONTROL


@pytest.mark.parametrize("n_quotes", [0, 1, 7, 8, 9, 63, 64, 65, 128, 200])
def test_index_lines__says_that_there_was_no_room(n_quotes):
    """A list without 64 places to spare is refused, a longer one filled."""
    text = b'"' * n_quotes
    for room in range(64, n_quotes + 130):
        found = indexed(text, room)
        assert found is None or found == walked_with_flags(text)
        assert found is not None or room < n_quotes + 64


def walked_with_flags(text):
    """Return what ``walked`` does, with flags that say nothing."""
    quotes, lines = walked(text)
    return quotes, [[*line, 0] for line in lines]


@pytest.mark.parametrize(
    ("letter", "flag"), [(b"\\", FLAG_BACKSLASH), (b"\t", FLAG_CONTROL), (b"\xc3", FLAG_NOT_ASCII)]
)
def test_index_lines__flags_the_line_that_a_letter_stands_in(letter, flag):
    """Between long lines a letter flags its own, wherever in 64 bytes it and the ends around it lie."""
    for before in range(50, 70):
        for inside in (0, 1, 30, 64, 100):
            text = b"a" * before + b"\n" + b"b" * inside + letter + b"c" * (130 - inside) + b"\n" + b"d" * 200
            flags = [line[2] for line in indexed(text)[1]]
            assert flags[1] == flag
            assert flags[0] in {0, flag}
    # Far away from it no line is flagged.
    assert [line[2] for line in indexed(b"a\n" + b"b" * 200 + letter + b"c" * 200 + b"\nd")[1]] == [
        0,
        flag,
        0,
    ]
