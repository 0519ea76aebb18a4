"""Codes are numbered, settled and found as plain Python does it."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kernels.appearance import first_rows, is_in_order, is_settled, number_rows, renumber, settle


def frozen(values):
    """Return codes as the callers give them."""
    codes = np.array(values, dtype=np.int32)
    codes.flags.writeable = False
    return codes


@given(codes=st.lists(st.integers(-1, 9), max_size=40), n_codes=st.sampled_from([10, 1000]))
def test_renumber__numbers_codes_by_first_appearance(codes, n_codes):
    """Numbers are those that a dict would give, whatever codes there could be."""
    dense = np.empty(len(codes), dtype=np.int32)
    used, n_null = renumber(frozen(codes), n_codes, dense)
    numbers = {}
    for code in codes:
        if code >= 0:
            numbers.setdefault(code, len(numbers))
    assert used.tolist() == list(numbers)
    assert dense.tolist() == [numbers.get(code, -1) for code in codes]
    assert n_null == codes.count(-1)


@given(codes=st.lists(st.integers(-1, 3), max_size=8), n_more=st.integers(0, 1))
def test_is_in_order__says_whether_numbering_would_change_nothing(codes, n_more):
    """Neither a code that comes too early nor one that is never used is in order."""
    n_codes = max(codes, default=-1) + 1 + n_more
    dense = np.empty(len(codes), dtype=np.int32)
    used, _ = renumber(frozen(codes), n_codes, dense)
    assert is_in_order(frozen(codes), n_codes) == (used.tolist() == list(range(n_codes)))


@given(
    places=st.lists(st.integers(0, 2), max_size=10),
    known=st.integers(0, (1 << 16) - 1),
    n_codes=st.integers(0, 3),
)
def test_is_settled__knows_what_settle_writes(places, known, n_codes):
    """Zero without a bit, in order with one, every code used, and no bit behind the last row."""
    n_rows = len(places)
    bits = np.frombuffer(known.to_bytes(2, "little"), np.uint8)[: (n_rows + 7) // 8]
    codes = [place if known >> row & 1 else -1 for row, place in enumerate(places)]
    out, written = np.zeros(n_rows, np.int32), np.zeros(len(bits), np.uint8)
    settle(frozen(codes), frozen(range(3)), 0, out, written)
    expected = out.tolist() == places and written.tobytes() == bits.tobytes()
    assert is_settled(frozen(places), bits, n_codes) == (expected and is_in_order(frozen(codes), n_codes))


@given(
    codes=st.lists(st.integers(-1, 3), max_size=40),
    places=st.lists(st.integers(-1, 9), min_size=4, max_size=4),
    first=st.integers(0, 20),
)
def test_settle__writes_places_and_bits(codes, places, first):
    """A null is a zero without a bit, whether the code or what it stands for is none; rows before stay."""
    n_rows = first + len(codes)
    out, bits = np.full(n_rows, 7, dtype=np.int32), np.zeros((n_rows + 7) // 8, dtype=np.uint8)
    n_null = settle(frozen(codes), frozen(places), first, out, bits)
    expected = [places[code] if code >= 0 else -1 for code in codes]
    assert out.tolist() == [7] * first + [max(place, 0) for place in expected]
    known = np.unpackbits(bits, bitorder="little")[:n_rows].astype(bool)
    assert known.tolist() == [False] * first + [place >= 0 for place in expected]
    assert n_null == expected.count(-1)


@given(
    rows=st.lists(st.tuples(*[st.sampled_from([0, 1, 2, 1 << 31])] * 3), max_size=60),
    width=st.integers(1, 3),
    seed=st.integers(0, (1 << 64) - 1),
)
def test_number_rows__numbers_rows_by_first_appearance(rows, width, seed):
    """Numbers are those that a dict would give, and the first places those where it met them."""
    cut = [row[:width] for row in rows]
    words = np.array(cut, dtype=np.uint32).reshape(-1)
    words.flags.writeable = False
    numbers = np.empty(len(cut), dtype=np.int32)
    firsts = number_rows(words, np.uint64(seed), numbers)
    known = {}
    for row in cut:
        known.setdefault(row, len(known))
    assert numbers.tolist() == [known[row] for row in cut]
    assert firsts.tolist() == [cut.index(row) for row in known]


def test_number_rows__tells_many_rows_apart():
    """Rows that differ in one bit of any word, and more of them than one cache holds."""
    n = 1 << 17
    words = np.zeros((2 * n, 2), dtype=np.uint32)
    words[:n, 0] = words[n:, 1] = np.arange(n, dtype=np.uint32) << np.uint32(15)
    numbers = np.empty(2 * n, dtype=np.int32)
    words.flags.writeable = False
    firsts = number_rows(words.reshape(-1), np.uint64(7), numbers)
    # Zero is there twice.
    assert len(firsts) == 2 * n - 1
    assert numbers[n] == 0
    assert np.array_equal(numbers[firsts], np.arange(len(firsts)))


@given(numbers=st.lists(st.integers(0, 5), max_size=30), n_rows=st.integers(1, 3))
def test_first_rows__are_the_first_that_have_each_number(numbers, n_rows):
    """Rows ascend down each column, and -1 stands where there are no more."""
    found = np.empty((n_rows, 6), dtype=np.int64)
    first_rows(frozen(numbers), found)
    for number in range(6):
        rows = [row for row, each in enumerate(numbers) if each == number][:n_rows]
        assert found[:, number].tolist() == rows + [-1] * (n_rows - len(rows))
