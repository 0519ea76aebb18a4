"""Byte scanners against the methods of ``bytes``."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.text import (
    FLAG_COMMENT,
    FLAG_NOT_ASCII,
    FLAG_NUL,
    NUMBER_BROKEN,
    NUMBER_MISSING,
    find_lines,
    prefer_spans,
    read_numbers,
    split_lines,
)
from tests.kernels.devices import padded

TEXTS = st.text(" \t\r\v\fab-1#\0\n\n", max_size=60).map(str.encode) | st.binary(max_size=40)
N_SLOTS = 3
LIMIT = 20


def as_array(text):
    """Return bytes as a kernel takes them."""
    return np.frombuffer(text, np.uint8)


def scanned(text, n_columns):
    """Split with the kernel: per line number, field count, flags, the first fields and the line."""
    n_lines = text.count(b"\n") + 1
    slots = np.array([column if column < N_SLOTS else -1 for column in range(n_columns)], np.int8)
    lines, spans = np.empty((3, n_lines), np.int32), np.empty((N_SLOTS + 1, n_lines, 2), np.int32)
    n = split_lines(as_array(text), slots, LIMIT, lines, spans)
    cut = [[text[first:end] for first, end in spans[:, row].tolist()] for row in range(n)]
    return [(*lines[:, row].tolist(), fields) for row, fields in enumerate(cut)]


def split(text, n_columns):
    """Do the same with the methods of ``bytes``."""
    found = []
    for number, line in enumerate(text.removesuffix(b"\n").split(b"\n")):
        fields = line.split()
        if not fields and len(line) <= LIMIT:
            continue
        flags = FLAG_NUL * (b"\0" in line) | FLAG_NOT_ASCII * (not line.isascii())
        if fields and fields[0].startswith(b"#"):
            flags |= FLAG_COMMENT
        if len(fields) > n_columns and fields[n_columns].startswith(b"#"):
            fields = fields[:n_columns]
        kept = [*fields[: min(N_SLOTS, n_columns)], *[b""] * N_SLOTS][:N_SLOTS]
        found.append((number, len(fields), flags, [*kept, line]))
    return found


@given(TEXTS, st.integers(1, 5))
def test_split_lines__agrees_with_split(text, n_columns):
    """Lines, fields, flags and places are those that plain Python finds."""
    assert scanned(text, n_columns) == split(text, n_columns)


@given(st.lists(st.text("0123456789-x. ", max_size=20)))
def test_read_numbers__agrees_with_int(texts):
    """Up to 18 decimal digits are a number, ``-`` and nothing are missing, the rest is broken."""
    ends = np.cumsum([len(text) for text in texts], dtype=np.int32)
    spans = np.stack([ends - [len(text) for text in texts], ends], axis=1).astype(np.int32).reshape(-1, 2)
    values = np.empty(len(texts), np.int64)
    read_numbers(as_array("".join(texts).encode()), spans, values)

    def expected(text):
        if text in {"", "-"}:
            return NUMBER_MISSING
        return int(text) if text.isdigit() and len(text) <= 18 else NUMBER_BROKEN

    assert values.tolist() == [expected(text) for text in texts]


def test_prefer_spans__takes_the_other_where_the_first_is_missing():
    """A ``-`` and an absent field fall back; any other text does not."""
    text = as_array(b"-ab-c")
    preferred = np.array([[0, 1], [1, 2], [0, 0], [3, 5]], np.int32)
    other = np.array([[2, 3]] * 4, np.int32)
    chosen = np.empty((4, 2), np.int32)
    prefer_spans(text, preferred, other, chosen)
    assert chosen.tolist() == [[2, 3], [1, 2], [2, 3], [3, 5]]


@pytest.mark.parametrize(
    ("text", "expected", "n_lines"),
    [
        (b"", [], 0),
        (b"ab-c x\n2 y\n", [[0, 0]], 2),
        (b"2 y\n  ab_c", [[1, 4]], 2),
        (b"ab-cd\nab-\nab\n\n", [], 4),
        (b"\n# x\n\t#\n", [[1, 1], [2, 5]], 3),
        (b"zz\nab-c\nab-c\nab_c", [[0, 0], [1, 3], [2, 8], [3, 13]], 4),
    ],
)
def test_find_lines__finds_names_and_comments(text, expected, n_lines):
    """A line is found if its first word is a name in either spelling, or begins a comment."""
    names = np.frombuffer(b"ab-czz\0\0", np.uint8).reshape(2, 4)
    lengths = np.frombuffer(b"\4\2", np.uint8)
    lines = np.empty((4, 2), np.int32)
    assert find_lines(padded(text), np.uint64(len(text)), names, lengths, lines) == (len(expected), n_lines)
    assert lines[: len(expected)].tolist() == expected


def test_find_lines__says_that_more_were_found():
    """A short list is filled, and the count tells how long it must be."""
    lines = np.empty((1, 2), np.int32)
    names = np.frombuffer(b"a", np.uint8).reshape(1, 1)
    assert find_lines(padded(b"a\na\n#\n"), np.uint64(6), names, np.frombuffer(b"\1", np.uint8), lines) == (
        3,
        3,
    )
    assert lines.tolist() == [[0, 0]]


@given(st.text(" \t\n#ab-_c\r\v", max_size=300).map(str.encode))
def test_find_lines__agrees_with_split(text):
    """Lines of any length, blank ones and the last without a line feed, are counted and placed as plain Python does."""
    names = np.frombuffer(b"ab-czz\0\0", np.uint8).reshape(2, 4)
    lines = np.empty((text.count(b"\n") + 1, 2), np.int32)
    n_found, n_lines = find_lines(
        padded(text), np.uint64(len(text)), names, np.frombuffer(b"\4\2", np.uint8), lines
    )
    expected, start = [], 0
    written = text.split(b"\n")
    for number, line in enumerate(written):
        words = line.split()
        if words and (words[0].startswith(b"#") or words[0].replace(b"_", b"-") in {b"ab-c", b"zz"}):
            expected.append([number, start])
        start += len(line) + 1
    assert lines[:n_found].tolist() == expected
    assert n_lines == len(written) - (written[-1] == b"")
