"""Runs of small numbers, repeated and packed, against numpy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.pages import MALFORMED
from kernels.parquet import decode_codes, decode_numbers
from kernels.pick import CODE, NULL, pick
from tests.kernels.coded import column, packed, written
from tests.kernels.compact import varint


def codes_of(made, n):
    """Return what the kernels make of a column: status, codes, and which rows are null."""
    out, odd = np.full(n, -9, np.int32), np.zeros(n, np.uint8)
    return decode_codes(made, out, odd, np.zeros(1, np.int64)), out.tolist(), odd.tolist()


@st.composite
def columns(draw):
    """Draw a width, runs of it, and the numbers they stand for."""
    width = draw(st.integers(0, 31))
    number = st.integers(0, (1 << width) - 1)
    repeated = st.tuples(number, st.integers(1, 40))
    lists = st.integers(1, 4).flatmap(
        lambda groups: st.lists(number, min_size=8 * groups, max_size=8 * groups)
    )
    runs = draw(st.lists(repeated | lists, min_size=1, max_size=6))
    numbers = [each for run in runs for each in ([run[0]] * run[1] if isinstance(run, tuple) else run)]
    return width, runs, numbers


@given(columns(), st.integers(0, 7), st.integers(1, 5))
def test_decode__reads_runs_of_any_width(drawn, n_left, step):
    """Codes, numbers and chosen rows; the last group may be longer than the rows."""
    width, runs, numbers = drawn
    n = max(1, len(numbers) - n_left)
    made = column(written(runs, width), n, width)
    assert codes_of(made, n) == (0, numbers[:n], [0] * n)
    rows = np.arange(0, n, step)
    rows.flags.writeable = False
    found, kinds = np.empty(len(rows), np.int64), np.empty(len(rows), np.uint8)
    assert pick(made, rows, found, kinds) == 0
    assert (found.tolist(), set(kinds.tolist())) == (numbers[:n:step], {CODE})
    if width <= 12:
        out = np.zeros(n, np.uint16)
        assert decode_numbers(made, 65535, out, np.zeros(n, np.uint8)) == 0
        assert out.tolist() == numbers[:n]


@given(st.lists(st.booleans(), min_size=1, max_size=70))
def test_decode__spreads_values_over_rows_that_have_one(present):
    """Rows without a value are odd; the others keep their order."""
    n, n_present = len(present), sum(present)
    levels = varint((n + 7) // 8 << 1 | 1) + packed([*present, *[False] * (-n % 8)], 1)
    numbers = [place % 16 for place in range(n_present)]
    made = column(written([[*numbers, *[0] * (-n_present % 8)]] if numbers else [], 4), n, 4, levels=levels)
    places = iter(numbers)
    expected = [next(places) if has else -1 for has in present]
    assert codes_of(made, n) == (0, expected, [int(not has) for has in present])
    out, odd = np.zeros(n, np.uint16), np.zeros(n, np.uint8)
    assert decode_numbers(made, 65535, out, odd) == 0
    assert [
        number if not is_odd else -1 for number, is_odd in zip(out.tolist(), odd.tolist(), strict=True)
    ] == expected
    rows = np.arange(n)
    rows.flags.writeable = False
    found, kinds = np.empty(n, np.int64), np.empty(n, np.uint8)
    assert pick(made, rows, found, kinds) == 0
    assert [
        -1 if kind == NULL else number for number, kind in zip(found.tolist(), kinds.tolist(), strict=True)
    ] == expected


@pytest.mark.parametrize(
    ("body", "width"),
    [
        (b"", 3),
        (b"\x80", 3),
        (b"\x00\x01", 3),
        (b"\x01", 3),
        (b"\x03\xff", 3),
        (b"\x04", 3),
        (b"\x04\x08", 3),
        (b"\x04\x01", 3),
        (b"\xff" * 12, 3),
        (b"\x20\x01", 32),
        (b"\x20\x01\x00\x00\x00", 255),
    ],
    ids=[
        *(
            "nothing",
            "endless",
            "no number",
            "no group",
            "cut group",
            "no value",
            "value too large",
            "too few",
        ),
        *("huge run", "32 bits", "255 bits"),
    ],
)
def test_decode__refuses_broken_runs(body, width):
    """A code says so, whatever is asked for."""
    made = column(body, 9, min(width, 31))
    if width > 31:
        content = made.content.copy()
        content[0] = width
        made = made._replace(content=content, words=content.view(np.uint64))
    for array in (made.content, made.words):
        array.flags.writeable = False
    assert codes_of(made, 9)[0] == MALFORMED
    assert decode_numbers(made, 65535, np.zeros(9, np.uint16), np.zeros(9, np.uint8)) == MALFORMED
    rows = np.arange(9)
    rows.flags.writeable = False
    assert pick(made, rows, np.zeros(9, np.int64), np.zeros(9, np.uint8)) == MALFORMED


def test_decode__refuses_codes_outside_the_dictionary():
    """Repeated or packed."""
    for runs in ([(5, 8)], [[5] * 8]):
        made = column(written(runs, 3), 8, 3, n_entries=5)
        assert codes_of(made, 8)[0] == MALFORMED
        assert decode_numbers(made, 65535, np.zeros(8, np.uint16), np.zeros(8, np.uint8)) == MALFORMED
        rows = np.arange(8)
        rows.flags.writeable = False
        assert pick(made, rows, np.zeros(8, np.int64), np.zeros(8, np.uint8)) == MALFORMED
