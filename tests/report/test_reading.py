"""Columns of record batches, and their combinations."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.report.reading import combined, read_integers, read_text


@given(
    rows=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(0, 4)), max_size=30),
    n_codes=st.sampled_from([5, 1 << 20, 1 << 31]),
)
def test_combined__numbers_combinations_by_first_appearance(rows, n_codes):
    """Combinations are told apart exactly, also where all possible ones would not fit 64 bits."""
    numbers = {}
    for row in rows:
        numbers.setdefault(row, len(numbers))
    columns = [(np.array([row[place] for row in rows], dtype=np.int64), n_codes) for place in range(3)]
    first, dense = combined(columns)
    assert dense.tolist() == [numbers[row] for row in rows]
    assert first.tolist() == [rows.index(row) for row in numbers]


def test_read_text__gives_codes_and_values():
    """Null is -1; the places in another order are found by value."""
    column = pa.array(["b", None, "a", "b"]).dictionary_encode()
    read = read_text(pa.record_batch({"name": column}), "name")
    assert read.codes.tolist() == [0, -1, 1, 0]
    assert read.values == ["b", "a"]
    known = read_text(pa.record_batch({"name": column.take(pa.array([0, 2]))}), "name")
    assert known.places(("a", "x", "b")).tolist() == [2, 0]


@pytest.mark.parametrize("kind", [pa.uint16(), pa.int64(), pa.timestamp("ns", "UTC")])
def test_read_integers__fills_what_is_null(kind):
    """Numbers and times become int64, with a stand-in for null."""
    batch = pa.record_batch({"number": pa.array([5, None], kind)})
    assert read_integers(batch, "number", -7).tolist() == [5, -7]
