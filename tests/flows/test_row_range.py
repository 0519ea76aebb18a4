"""Row numbers without an array of them are what the array would be."""

from __future__ import annotations

import numpy as np
import pytest

from auditor.flows.row_range import RowRange


def test_row_range__is_what_an_array_is():
    """Length, type, all numbers, one of them, some by place, by slice and by a mask."""
    rows, array = RowRange(5, 4), np.arange(5, 9)
    assert (len(rows), rows.dtype, rows.shape) == (4, array.dtype, array.shape)
    assert rows.tolist() == array.tolist() == np.asarray(rows).tolist()
    assert np.asarray(rows, dtype=np.uint8).dtype == np.uint8
    assert rows[0] == 5
    for places in (
        np.array([3, 0]),
        np.array([], np.int64),
        slice(1, 3),
        np.array([True, False, True, False]),
    ):
        found = rows[places]
        assert (found.dtype, found.tolist()) == (array.dtype, array[places].tolist())


@pytest.mark.parametrize("places", [[4], [-1], [0, 9]])
def test_row_range__knows_its_end(places):
    """A place outside is no row."""
    with pytest.raises(AssertionError, match="a place lies outside of the rows"):
        RowRange(5, 4)[np.array(places)]
