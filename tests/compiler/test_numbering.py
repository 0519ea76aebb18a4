"""Small numbers for rows of columns."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from auditor.compiler.numbering import number_rows

values = st.sampled_from((-1, 0, 1, 2, 2**31 - 1))


@given(st.integers(1, 3).flatmap(lambda width: st.lists(st.tuples(*[values] * width), min_size=1)))
def test_number_rows__numbers_by_first_appearance(rows):
    """Rows share a number if and only if they are equal."""
    columns = [np.array(column, dtype=np.int64) for column in zip(*rows, strict=True)]
    firsts, of_row = number_rows(columns)
    distinct = list(dict.fromkeys(rows))
    assert of_row.tolist() == [distinct.index(row) for row in rows]
    assert [rows[place] for place in firsts.tolist()] == distinct


def test_number_rows__of_none_are_none():
    """Empty columns have no rows to number."""
    firsts, of_row = number_rows([np.empty(0, dtype=np.int64)])
    assert (len(firsts), len(of_row)) == (0, 0)
