"""Counters, times and marks of groups."""

from __future__ import annotations

import numpy as np

from auditor.report.sums import (
    EGRESS,
    HAS_BYTES,
    INGRESS,
    IS_UNCOUNTED,
    UNKNOWN_FIRST,
    UNKNOWN_LAST,
    Sums,
)


def _rows(flows, n_bytes, first, last, marks):
    columns = [np.array(column, dtype=np.int64) for column in (flows, n_bytes, n_bytes, first, last)]
    return Sums(*columns, np.array(marks, dtype=np.uint8))


def test_add__sums_takes_the_outermost_times_and_joins_marks():
    """Counters add up exactly beyond 2**53, times widen, unknown ones change nothing, marks are kept."""
    sums = Sums.zero(3)
    rows = _rows(
        [1, 2, 4, 1],
        [2**60, 1, 2**60, 0],
        [5, 3, UNKNOWN_FIRST, UNKNOWN_FIRST],
        [6, 4, UNKNOWN_LAST, UNKNOWN_LAST],
        [EGRESS | HAS_BYTES, INGRESS, IS_UNCOUNTED, EGRESS],
    )
    sums.add(np.array([0, 0, 0, 2], dtype=np.int32), rows)
    assert sums.flows.tolist() == [7, 0, 1]
    assert sums.bytes.tolist() == [2**61 + 1, 0, 0]
    assert sums.first_seen.tolist() == [3, UNKNOWN_FIRST, UNKNOWN_FIRST]
    assert sums.last_seen.tolist() == [6, UNKNOWN_LAST, UNKNOWN_LAST]
    assert sums.has(EGRESS).tolist() == [True, False, True]
    assert sums.has(INGRESS).tolist() == [True, False, False]
    assert sums.has(HAS_BYTES).tolist() == sums.has(IS_UNCOUNTED).tolist() == [True, False, False]


def test_joined_and_chosen__keep_the_columns_together():
    """Parts follow each other, and places choose whole groups."""
    whole = Sums.joined([_rows([1], [2], [3], [4], [EGRESS]), Sums.zero(0), _rows([5], [6], [7], [8], [0])])
    assert [column.tolist() for column in whole.chosen(np.array([1, 0]))] == [
        [5, 1],
        [6, 2],
        [6, 2],
        [7, 3],
        [8, 4],
        [0, EGRESS],
    ]
