"""Sets of small integers, and the classes they make."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from auditor.compiler import bitsets

members = st.sets(st.integers(0, 40))


def packed(numbers):
    """Return a set by its definition: bit k is set where k is a member."""
    return sum(1 << number for number in numbers)


@given(st.integers(0, 100))
def test_full__is_everything_below(n):
    """It holds 0 to n - 1 and nothing else."""
    assert bitsets.full(n) == packed(range(n))


@given(st.integers(0, 80), st.integers(0, 80))
def test_run__is_closed(first, length):
    """It holds both ends and all between."""
    assert bitsets.run(first, first + length) == packed(range(first, first + length + 1))


@given(st.lists(st.integers(0, 300)))
def test_of__holds_each_member_once(numbers):
    """Neither order nor repeats count."""
    assert bitsets.of(numbers) == packed(set(numbers))


@given(st.lists(members))
def test_union__holds_what_any_holds(sets):
    """The union of none is empty."""
    assert bitsets.union(map(packed, sets)) == packed(set().union(*sets))


@given(members, st.integers(41, 60))
def test_to_mask__and_indices_go_back(numbers, n):
    """Both say the members again."""
    mask = bitsets.to_mask(packed(numbers), n)
    assert (mask.dtype, len(mask)) == (np.bool_, n)
    assert set(np.flatnonzero(mask).tolist()) == numbers
    assert bitsets.to_indices(packed(numbers), n).tolist() == sorted(numbers)


def test_to_mask__of_nothing_is_empty():
    """There may be no members at all."""
    assert bitsets.to_mask(0, 0).tolist() == []


@given(st.lists(members, max_size=12), st.integers(0, 45))
@example([{0}], 0)
@example([], 3)
def test_classes__are_the_coarsest_that_no_set_tells_apart(sets, n):
    """Two members share a class if and only if they lie in the same sets; classes count from 0 as they appear."""
    sets = [{number for number in each if number < n} for each in sets]
    found = bitsets.classes([packed(each) for each in sets], n)
    signatures = [tuple(member in each for each in sets) for member in range(n)]
    numbers = {signature: number for number, signature in enumerate(dict.fromkeys(signatures))}
    assert found.class_of.tolist() == [numbers[signature] for signature in signatures]
    assert found.is_in.shape == (len(sets), len(numbers))
    assert [tuple(column) for column in found.is_in.T.tolist()] == list(numbers)


def test_classes__work_beyond_one_load():
    """Sets are unpacked a thousand at a time; the last ones count as much as the first."""
    n_sets = 2 * 1024 + 5
    sets = [packed({0, 1})] * (n_sets - 1) + [packed({1})]
    found = bitsets.classes(sets, 3)
    assert found.class_of.tolist() == [0, 1, 2]
    assert found.is_in[:-1].all(axis=0).tolist() == [True, True, False]
    assert found.is_in[-1].tolist() == [False, True, False]


@given(st.lists(members, max_size=20))
def test_columns__say_in_which_sets_a_member_is(sets):
    """A row a member, a bit a set, from the highest bit on."""
    found = bitsets.columns([packed(each) for each in sets], 41)
    bits = np.unpackbits(found, axis=1, count=len(sets))
    assert bits.tolist() == [[int(member in each) for each in sets] for member in range(41)]
