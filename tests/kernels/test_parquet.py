"""Decompressed pages of a column: codes, numbers and chosen rows, against the values they were written from."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.pages import BODY, COUNT, ENCODING, LEVELS, MALFORMED, PLAIN, PLAIN_SIZE
from kernels.parquet import (
    code_width,
    decode_bytes,
    decode_codes,
    decode_numbers,
    length_at,
    most_rows,
    plain_number,
)
from kernels.pick import CODE, NULL, NUMBER, pick
from kernels.runs import ODD
from tests.kernels.coded import frozen_column, paged
from tests.kernels.devices import frozen
from tests.kernels.engines import plain

LIMITS = {4: 2**31 - 1, 8: 2**63 - 1}


@st.composite
def columns(draw, sizes=(4, 8)):
    """Draw pages of numbers, coded and plain, some null; return them, what they were drawn from, and the column."""
    size, is_optional = draw(st.sampled_from(sizes)), draw(st.booleans())
    most = LIMITS[size]
    number = st.integers(0, 300) | st.integers(-1 - most, most)
    dictionary = draw(st.lists(number, min_size=1, max_size=20))
    pages = []
    for _ in range(draw(st.integers(1, 4))):
        is_coded = draw(st.booleans())
        value = st.integers(0, len(dictionary) - 1) if is_coded else number
        values = draw(
            st.lists(value, max_size=40) | st.builds(lambda each, n: [each] * n, value, st.integers(0, 40))
        )
        if is_optional:
            values = [draw(st.sampled_from([each, each, None])) for each in values]
        pages.append((values, is_coded, draw(st.booleans())))
    limit = draw(st.sampled_from([0, 255, 65535]))
    plain_of = [each if 0 <= each <= limit else ODD for each in dictionary]
    made = paged(pages, is_optional=is_optional, size=size, dictionary=dictionary, numbers=plain_of)
    return made, pages, dictionary, limit


@given(columns())
def test_decode_numbers__reads_every_row(drawn):
    """Plain and coded pages beside each other; what is null or outside the range is odd."""
    made, pages, dictionary, limit = drawn
    expected = [
        None if value is None else dictionary[value] if is_coded else value
        for values, is_coded, _ in pages
        for value in values
    ]
    out, odd = np.full(len(expected), 7, np.uint16), np.zeros(len(expected), np.uint8)
    assert decode_numbers(made, limit, out, odd) == 0
    is_plain = [value is not None and 0 <= value <= limit for value in expected]
    assert (odd == 0).tolist() == is_plain
    assert out[odd == 0].tolist() == [value for value, fits in zip(expected, is_plain, strict=True) if fits]
    if limit <= 255:
        small, odd_too = np.full(len(expected), 7, np.uint8), np.zeros(len(expected), np.uint8)
        assert decode_bytes(made, limit, small, odd_too) == 0
        assert odd_too.tolist() == odd.tolist()
        assert small[odd == 0].tolist() == out[odd == 0].tolist()


@given(columns(), st.data())
def test_pick__reads_chosen_rows(drawn, data):
    """A number, a code or null; of pages that hold none of them, none is looked at."""
    made, pages, _, _ = drawn
    every = [(value, is_coded) for values, is_coded, _ in pages for value in values]
    chosen = sorted(data.draw(st.sets(st.integers(0, len(every) - 1)))) if every else []
    ends = np.cumsum([len(values) for values, _, _ in pages])
    starts = ends - [len(values) for values, _, _ in pages]
    holds = np.array(
        [any(one <= row < other for row in chosen) for one, other in zip(starts, ends, strict=True)], bool
    )
    out, kinds = np.full(len(chosen), -5, np.int64), np.full(len(chosen), 9, np.uint8)
    some = made._replace(pages=frozen(made.pages[holds]))
    rows = frozen(np.array(chosen, np.int64))
    assert pick(some, rows, out, kinds) == 0
    expected = [
        (0, NULL) if value is None else (value, CODE if is_coded else NUMBER)
        for value, is_coded in (every[row] for row in chosen)
    ]
    assert list(zip(out.tolist(), kinds.tolist(), strict=True)) == expected
    if holds.any():
        fewer = made._replace(pages=frozen(made.pages[holds][1:]))
        assert pick(fewer, rows, out, kinds) == MALFORMED
    past = frozen(np.array([*chosen, len(every)], np.int64))
    assert pick(made, past, np.empty(len(past), np.int64), np.empty(len(past), np.uint8)) == MALFORMED


@given(columns())
def test_decode_codes__counts_values_outside_the_dictionary(drawn):
    """They follow those of the dictionary, page by page; the number of each page is noted."""
    made, pages, dictionary, _ = drawn
    n = sum(len(values) for values, _, _ in pages)
    out, odd, n_plain_of = np.full(n, -9, np.int32), np.zeros(n, np.uint8), np.full(len(pages), 99, np.int64)
    expected, counts = [], []
    following = len(dictionary)
    for values, is_coded, _ in pages:
        counts.append(0 if is_coded else sum(value is not None for value in values))
        for value in values:
            if value is None:
                expected.append(-1)
            elif is_coded:
                expected.append(value)
            else:
                expected.append(following)
                following += 1
    assert decode_codes(made, out, odd, n_plain_of) == sum(counts)
    assert (out.tolist(), n_plain_of.tolist()) == (expected, counts)
    assert odd.tolist() == [int(code < 0) for code in expected]


@given(
    columns(),
    st.lists(st.tuples(st.integers(0, 2_000), st.integers(0, 255)), max_size=4),
    st.integers(0, 30),
    st.booleans(),
)
def test_decode__of_changed_bytes_stays_inside(drawn, changes, n_cut, may_be_null):
    """Pages that end early, wrong lengths and widths: each row gets one of the values, or a code says so."""
    made, _, dictionary, limit = drawn
    content = bytearray(made.content.tobytes())
    for place, byte in changes:
        content[place % len(content)] = byte
    table = made.pages.copy()
    last = table[-1]
    # Levels of version 2 are never longer than the page: the reader of headers sees to it.
    last[PLAIN_SIZE] = max(0, last[PLAIN_SIZE] - n_cut, last[LEVELS])
    words = np.frombuffer(bytes(content), np.uint64)
    traits = frozen(np.array([may_be_null, *made.traits[1:]], np.int64))
    broken = made._replace(words=words, content=words.view(np.uint8), pages=frozen(table), traits=traits)
    n = int(table[:, COUNT].sum())
    out, odd, n_plain_of = np.full(n, -9, np.int32), np.zeros(n, np.uint8), np.zeros(len(table), np.int64)
    n_plain = decode_codes(broken, out, odd, n_plain_of)
    if n_plain != MALFORMED:
        assert n_plain == n_plain_of.sum()
        assert ((out >= -1) & (out < len(dictionary) + n_plain)).all()
    small, odd = np.zeros(n, np.uint16), np.zeros(n, np.uint8)
    if decode_numbers(broken, limit, small, odd) != MALFORMED:
        assert (small[odd == 0] <= limit).all()
    rows = frozen(np.arange(n))
    found, kinds = np.zeros(n, np.int64), np.zeros(n, np.uint8)
    if pick(broken, rows, found, kinds) != MALFORMED:
        assert (found[kinds == CODE] < len(dictionary)).all()
        assert (found[kinds == CODE] >= 0).all()


def statuses(made, n):
    """Return what each kernel says of a column of ``n`` rows."""
    rows = frozen(np.arange(n))
    status = decode_numbers(made, 65535, np.zeros(n, np.uint16), np.zeros(n, np.uint8))
    assert decode_bytes(made, 255, np.zeros(n, np.uint8), np.zeros(n, np.uint8)) == status
    return [
        decode_codes(made, np.zeros(n, np.int32), np.zeros(n, np.uint8), np.zeros(9, np.int64)),
        status,
        pick(made, rows, np.zeros(n, np.int64), np.zeros(n, np.uint8)),
    ]


def column_of(content, n, *, is_optional=1, size=4, levels=-1, encoding=PLAIN, n_entries=2):
    """Return a column of one page."""
    table = np.zeros((1, 10), np.int64)
    table[0, [COUNT, ENCODING, LEVELS, PLAIN_SIZE]] = n, encoding, levels, len(content)
    traits = np.array([is_optional, size, n_entries], np.int64)
    return frozen_column(content, table, np.array([5, 6], np.uint32), traits)


@pytest.mark.parametrize(
    "made",
    [
        column_of(b"", 3),
        column_of(b"\x02\0\0", 3),
        column_of(b"\x03\0\0\0\x06\x01", 3),
        column_of(b"\xff\xff\xff\xff\x06\x01", 3),
        column_of(b"\0\0\0\x80\x06\x01", 3),
        column_of(b"\x02\0\0\0\x04\x01", 3),
        column_of(b"\x02\0\0\0\x06\x02", 3),
        column_of(b"\x01\0\0\0\x06\x01", 3),
        column_of(b"\x06\x01", 3, levels=1),
        column_of(b"\x06\x01" + bytes(12), 3, is_optional=0, levels=2),
    ],
    ids=[
        *(
            "nothing",
            "cut size",
            "levels beyond the page",
            "huge levels",
            "levels of 2**31",
            "too few levels",
        ),
        *("level of 2", "levels end early", "version 2, end early", "levels of what is required"),
    ],
)
def test_decode__refuses_broken_levels(made):
    """Whatever is asked for."""
    assert statuses(made, 3) == [MALFORMED] * 3


@pytest.mark.parametrize("size", [0, 4, 8])
def test_decode_numbers__wants_all_plain_numbers(size):
    """A byte less than they take is too few; a text is no number."""
    for n_bytes in range(3 * size + 1):
        made = column_of(bytes(n_bytes), 3, is_optional=0, size=size)
        expected = 0 if size and n_bytes == 3 * size else MALFORMED
        assert statuses(made, 3)[1:] == [expected] * 2


@pytest.mark.parametrize(
    "content", [b"", b"\x20" + bytes(20), b"\xff" + bytes(20)], ids=["none", "32", "255"]
)
def test_decode__refuses_widths(content):
    """A code has 31 bits at most, and its width must be there."""
    made = column_of(content, 3, is_optional=0, encoding=8)
    assert statuses(made, 3) == [MALFORMED] * 3
    assert plain(code_width)(made, 0, 0) == -1


def test_decode_numbers__wants_an_entry_for_every_code():
    """Else a code could lie outside the dictionary; codes themselves are compared with its length."""
    made = column_of(b"\x02\x06\x01", 3, is_optional=0, encoding=8)
    assert statuses(made, 3) == [0, MALFORMED, 0]


def test_decode__reads_nothing_of_a_page_without_values():
    """Of nulls alone, there need be no values; nor of no rows."""
    nulls = column_of(b"\x02\0\0\0\x06\0", 3, encoding=8)
    assert statuses(nulls, 3) == [0, 0, 0]
    empty = column_of(b"\0\0\0\0", 0, encoding=8)
    assert statuses(empty, 0) == [0, 0, 0]


@given(st.binary(min_size=8, max_size=40), st.data())
def test_plain_number__reads_at_any_place(content, data):
    """Signed, of four or eight bytes, as the lowest byte first."""
    for size in (4, 8):
        place = data.draw(st.integers(0, len(content) - size))
        made = column_of(content, 1, size=size)
        expected = int.from_bytes(content[place : place + size], "little", signed=True)
        with np.errstate(over="ignore"):
            assert plain(plain_number)(made, place) == expected
    assert plain(length_at)(np.frombuffer(content, np.uint8), 3) == int.from_bytes(content[3:7], "little")


def test_most_rows__is_that_of_the_largest_page():
    """0 where there are none."""
    table = np.zeros((3, 10), np.int64)
    table[:, COUNT], table[:, BODY] = [4, 9, 2], 99
    assert (plain(most_rows)(table), plain(most_rows)(table[:0])) == (9, 0)
