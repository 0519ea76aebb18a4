"""Two batches of one file put together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.flows.evidence import KeptEvidence
from auditor.flows.merge import empty_batch, merge
from auditor.flows.schema import Account
from tests.flows.decoded import flow_line
from tests.flows.same import seen
from tests.flows.scanning import exact


def batch_of(rows, weight=None):
    """Return a batch with a flow in each of some rows, its counters telling the row."""
    line = flow_line()
    (batch,) = exact(b"\n".join([line] * len(rows))) if rows else (empty_batch("log", Account()),)
    numbers = np.array(rows, np.int64)
    return replace(
        batch,
        rows=numbers,
        weight=weight,
        evidence=KeptEvidence(numbers, numbers + 1, numbers * 10, numbers * 100),
    )


@given(st.lists(st.booleans(), max_size=12), st.data())
def test_merge__keeps_the_order_of_rows(sides, data):
    """Every flow keeps its evidence, whichever flows are asked for."""
    ones = [row for row, side in enumerate(sides, 1) if side]
    others = [row for row, side in enumerate(sides, 1) if not side]
    merged = merge(batch_of(ones), batch_of(others))
    assert merged.rows.tolist() == list(range(1, len(sides) + 1))
    assert merged.account.n_rows == len(sides)
    asked = sorted(data.draw(st.sets(st.integers(0, len(sides) - 1)))) if sides else []
    evidence = merged.evidence(np.array(asked, np.int64))
    assert evidence.bytes.to_pylist() == [10 * (place + 1) for place in asked]
    assert evidence.packets.to_pylist() == [100 * (place + 1) for place in asked]
    assert seen([merged])["sources"] == seen([batch_of(list(range(1, len(sides) + 1)))])["sources"]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [(None, None, None), ([5, 6], None, [5, 1, 6]), (None, [7], [1, 7, 1]), ([5, 6], [7], [5, 7, 6])],
)
def test_merge__weighs_what_has_no_weight_as_one(one, other, expected):
    """A batch without weights stands for one flow a row."""
    weights = [None if each is None else np.array(each, np.int64) for each in (one, other)]
    merged = merge(batch_of([1, 3], weights[0]), batch_of([2], weights[1]))
    assert (None if merged.weight is None else merged.weight.tolist()) == expected
