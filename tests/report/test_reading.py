"""Columns of record batches, and the distinct among rows and texts."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.report.reading import bundled, first_rows, numbered, pooled, read_integers, read_text

PAIR = np.dtype([("left", np.int32), ("right", np.int32)])


@given(rows=st.lists(st.tuples(st.integers(-1, 3), st.integers(-1, 2)), max_size=30))
def test_numbered__numbers_rows_by_first_appearance(rows):
    """Rows are told apart by all their fields."""
    numbers = {}
    for row in rows:
        numbers.setdefault(row, len(numbers))
    left, right = (np.array([row[place] for row in rows], dtype=np.int64) for place in range(2))
    first, of_row = numbered(bundled(PAIR, left=left, right=right))
    assert of_row.tolist() == [numbers[row] for row in rows]
    assert first.tolist() == [rows.index(row) for row in numbers]


@given(numbers=st.lists(st.integers(0, 4), max_size=20), n_rows=st.integers(1, 4))
def test_first_rows__finds_the_first_of_each_number(numbers, n_rows):
    """Places ascend, and -1 stands where a number has no more rows."""
    found = first_rows(np.array(numbers, dtype=np.int32), 5, n_rows)
    for number in range(5):
        places = [place for place, other in enumerate(numbers) if other == number][:n_rows]
        assert found[:, number].tolist() == places + [-1] * (n_rows - len(places))


def test_pooled__keeps_each_text_once():
    """Texts stand in the order they first appear; every part finds its own, and -1 stays -1."""
    pool, (one, two, three) = pooled(
        [pa.array(["b", "a", "b"]), pa.array([], pa.string()), pa.array(["c", "a"])]
    )
    assert pool.to_pylist() == ["b", "a", "c"]
    assert one[[0, 1, 2, -1]].tolist() == [0, 1, 0, -1]
    assert two[[-1]].tolist() == [-1]
    assert three[[0, 1, -1]].tolist() == [2, 1, -1]


def test_read_text__gives_codes_and_texts():
    """Null is -1; the places in another order are found by value."""
    column = pa.array(["b", None, "a", "b"]).dictionary_encode()
    read = read_text(pa.record_batch({"name": column}), "name")
    assert read.codes.tolist() == [0, -1, 1, 0]
    assert read.texts.to_pylist() == ["b", "a"]
    assert read.chosen(np.array([1, -1], dtype=np.int32)).to_pylist() == ["a", None]
    known = read_text(pa.record_batch({"name": column.take(pa.array([0, 2]))}), "name")
    assert known.places(("a", "x", "b")).tolist() == [2, 0]


def test_read_text__of_nulls_alone_has_no_texts():
    """A column that nobody filled gives nulls for every code."""
    column = pa.array([None, None], pa.string()).dictionary_encode()
    read = read_text(pa.record_batch({"name": column}), "name")
    assert read.codes.tolist() == [-1, -1]
    assert read.chosen(read.codes).to_pylist() == [None, None]


@pytest.mark.parametrize("kind", [pa.uint16(), pa.int64(), pa.timestamp("ns", "UTC")])
def test_read_integers__fills_what_is_null(kind):
    """Numbers and times become int64, with a stand-in for null."""
    batch = pa.record_batch({"number": pa.array([5, None], kind)})
    assert read_integers(batch, "number", -7).tolist() == [5, -7]
