"""Quotes of values that lie apart, against those of the same values as lines."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.json_index import FLAG_CONTROL, index_lines
from kernels.json_values import index_values
from tests.kernels.devices import frozen, padded
from tests.kernels.test_json_index import PIECES

VALUES = st.lists(
    st.lists(PIECES.filter(lambda piece: "\n" not in piece), max_size=8).map("".join).map(str.encode),
    min_size=1,
    max_size=6,
)
JUNK = st.sampled_from([b"\x00", b"\x00\x0c\x10\x02\x01", b"\xff" * 70, b"\n", b'\x1f"{\\' + b"\n" * 80])


def indexed(values, junk, *, first=0, room=None):
    """Return quotes, what is noted of each value, and how many were read; counted from the value ``first``."""
    text, spans = b"\xee", []
    for value in values:
        spans.append((len(text), len(text) + len(value)))
        text += value + junk
    start = spans[first][0]
    quotes = np.zeros(len(text) + 128 if room is None else room, np.uint32)
    lines = np.zeros((len(values) - first, 4), np.uint32)
    chosen = frozen(np.array(spans[first:], np.int64))
    n_quotes, n_lines = index_values(padded(text), chosen, start, quotes, lines)
    if n_quotes > len(quotes) - 64:
        return None
    return quotes[: int(n_quotes)].tolist(), lines[:n_lines].tolist(), spans, start


@given(VALUES, JUNK, st.booleans(), st.data())
def test_index_values__says_of_a_value_what_is_said_of_a_line(values, junk, has_feeds, data):
    """Quotes, their counts and flags are those of each value as a line of its own, whatever lies between values."""
    written = [value + b"\n" * has_feeds for value in values]
    first = data.draw(st.integers(0, len(values) - 1))
    quotes, lines, spans, start = indexed(written, junk, first=first)
    n_before = 0
    assert len(lines) == len(values) - first
    for value, (begin, _), (end, n_now, flags, at) in zip(values[first:], spans[first:], lines, strict=True):
        assert (at + start, end + start) == (begin, begin + len(value))
        own_quotes, own_lines = np.zeros(len(value) + 128, np.uint32), np.zeros((1, 4), np.uint32)
        n_own, n_lines = index_lines(padded(value), np.uint64(len(value)), own_quotes, own_lines)
        assert [place - at for place in quotes[n_before:n_now]] == own_quotes[: int(n_own)].tolist()
        if n_lines:
            assert flags == own_lines[0, 2]
        n_before = n_now


@pytest.mark.parametrize("place", [0, 1, 62, 63, 64, 65, 130])
def test_index_values__stops_at_several_lines(place):
    """A value with a line feed that is not its last byte is not read, nor is any behind it."""
    value = b"a" * place + b"\n" + b"b" * (130 - place) + b"c"
    assert len(indexed([b"{}", value, b"{}"], b"\0")[1]) == 1
    assert len(indexed([b"{}", b"a" * place + b"\n", b"{}"], b"\0")[1]) == 3


@pytest.mark.parametrize("behind", range(256))
def test_index_values__needs_an_end_that_is_no_json(behind):
    """Behind a value stands what ends its scan; a line feed of its own does that too."""
    junk = bytes([behind, 0])
    is_end = behind < 32 or behind > 127
    assert len(indexed([b"{}", b"{}"], junk)[1]) == (2 if is_end else 0)
    assert len(indexed([b"{}\n", b"{}\n"], junk)[1]) == 2


@pytest.mark.parametrize("length", range(58, 70))
def test_index_values__raises_no_flag_for_carriage_returns_at_ends(length):
    """An end of two bytes is as plain as one of one byte."""
    for end in (b"\r\n", b"\r"):
        (line, other) = indexed([b"a" * length + end, b"b" * 10], b"\0")[1]
        assert (line[0] - line[3], line[2], other[2]) == (length + 1, 0, 0)
    assert indexed([b"a" * length + b"\r\r"], b"\0")[1][0][2] == FLAG_CONTROL


@pytest.mark.parametrize("n_quotes", [0, 1, 7, 8, 9, 63, 64, 65, 128, 200])
def test_index_values__says_that_there_was_no_room(n_quotes):
    """A list without 64 places to spare is refused, a longer one filled."""
    values = [b'"' * (n_quotes // 2), b'"' * (n_quotes - n_quotes // 2)]
    for room in range(64, n_quotes + 130):
        found = indexed(values, b"\0", room=room)
        assert found is None or len(found[0]) == n_quotes
        assert found is not None or room < n_quotes + 64
