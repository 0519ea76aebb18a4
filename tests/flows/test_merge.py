"""Batches of different lines put together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from auditor.flows.evidence import KeptEvidence, TimeEvidence
from auditor.flows.merge import empty_batch, merge
from auditor.flows.schema import Account, Addresses, FlowBatch
from auditor.strings import Strings
from tests.flows.evidence import or_none
from tests.flows.same import EVIDENCE, seen

NUMBERS = ("protocol", "src_port", "dst_port", "opener_hint", "observed")


def batch(rows, *, first=0, weight=None, has_counters=True):
    """Return a batch whose every value tells its row; ``first`` sets its addresses apart."""
    rows = np.array(rows, np.int64)
    n = len(rows)
    addresses = Addresses(
        np.arange(first, first + 3, dtype=np.uint64),
        np.arange(first, first + 3, dtype=np.uint64) * 7,
        Strings.of(pa.array([f"address {first + place}" for place in range(3)], pa.string())),
    )
    numbers = (rows, rows + 1, rows * 100, rows * 3) if has_counters else (rows, None, None, rows * 3)
    return FlowBatch(
        file="flows",
        account=Account(n_rows=n + first, skipped={f"skipped {first}": first} if first else {}),
        rows=rows,
        src_codes=(rows % 3).astype(np.int32),
        dst_codes=(rows * 2 % 3).astype(np.int32),
        sources=addresses,
        destinations=addresses,
        protocol=(rows % 251).astype(np.uint8),
        src_port=(rows * 5 % 65_521).astype(np.uint16),
        dst_port=(rows * 11 % 65_521).astype(np.uint16),
        opener_hint=(rows % 4).astype(np.uint8),
        observed=(rows % 5).astype(np.uint8),
        weight=rows * 2 + 1 if weight else None,
        evidence=KeptEvidence(*numbers) if rows.sum() % 2 or not has_counters else TimeEvidence(rows * 10**9),
    )


def by_row(ours):
    """Return everything seen of a batch, by row."""
    found = seen([ours])
    rows = found.pop("rows")
    columns = {name: column for name, column in found.items() if isinstance(column, list)}
    return {row: {name: column[place] for name, column in columns.items()} for place, row in enumerate(rows)}


@st.composite
def two_batches(draw):
    """Draw two batches of different rows."""
    rows = draw(st.lists(st.integers(1, 400), unique=True, max_size=30).map(sorted))
    is_other = draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows)))
    one = [row for row, other in zip(rows, is_other, strict=True) if not other]
    other = [row for row, other in zip(rows, is_other, strict=True) if other]
    weights = draw(st.tuples(st.booleans(), st.booleans()))
    return (
        batch(one, weight=weights[0], has_counters=draw(st.booleans())),
        batch(other, first=10, weight=weights[1], has_counters=draw(st.booleans())),
    )


@given(two_batches(), st.data())
def test_merge__keeps_every_row_whole(pair, data):
    """Rows of both come in order, each with all that belonged to it, and evidence of any subset of them."""
    one, other = pair
    expected = by_row(one) | by_row(other)
    n_rows, has_weight = (
        one.account.n_rows + other.account.n_rows,
        one.weight is not None or other.weight is not None,
    )
    n_one = one.n_flows
    merged = merge(one, other)
    assert merged.rows.tolist() == sorted(expected)
    assert by_row(merged) == expected
    assert (merged.account.n_rows, merged.account.skipped) == (n_rows, {"skipped 10": 10})
    assert [getattr(merged, name).dtype for name in NUMBERS] == [getattr(one, name).dtype for name in NUMBERS]
    assert merged.src_codes.dtype == merged.dst_codes.dtype == np.int32
    if n_one and other.n_flows:
        assert (merged.weight is not None) == has_weight
    chosen = sorted(data.draw(st.sets(st.integers(0, merged.n_flows - 1)))) if merged.n_flows else []
    evidence = merged.evidence(np.array(chosen, np.int64))
    for name in EVIDENCE:
        assert or_none(getattr(evidence, name)) == [
            expected[int(merged.rows[place])][name] for place in chosen
        ]
    assert {column.dtype for column in evidence} == {np.dtype(np.int64)}


def test_merge__gives_batches_back_that_stand_alone():
    """Where one has no flow the other is kept as it is, with the account of both."""
    one, none = batch([1, 4]), empty_batch("flows", Account(n_rows=3, skipped={"comment": 3}))
    merged = merge(one, none)
    assert merged is one
    assert (merged.account.n_rows, merged.account.skipped) == (5, {"comment": 3})
    one = batch([1, 4])
    merged = merge(empty_batch("flows", Account(n_rows=3)), one)
    assert (merged.rows is one.rows, merged.account.n_rows) == (True, 5)
    assert merge(empty_batch("flows", Account()), empty_batch("flows", Account())).n_flows == 0


def test_merge__can_be_merged_again():
    """A merged batch is a batch: evidence of three is that of each."""
    batches = [batch([2, 9]), batch([1, 5], first=10), batch([3, 7, 11], first=20)]
    expected = by_row(batches[0]) | by_row(batches[1]) | by_row(batches[2])
    merged = merge(merge(batches[0], batches[1]), replace(batches[2], weight=np.array([4, 5, 6])))
    found = by_row(merged)
    assert {row: each | {"weight": 1} for row, each in found.items()} == expected
    assert [found[row]["weight"] for row in sorted(found)] == [1, 1, 4, 1, 5, 1, 6]


def test_empty_batch__has_every_column_and_no_flow():
    """A batch of no flows has columns of the types that others have, and as long as there are flows: not at all."""
    one, none = batch([1, 4]), empty_batch("flows", Account(n_rows=3))
    for name in ("rows", "src_codes", "dst_codes", *NUMBERS):
        column = getattr(none, name)
        assert (len(column), column.dtype) == (0, getattr(one, name).dtype)
    assert [len(each) for each in (*none.sources[:3], *none.evidence(np.zeros(0, np.int64)))] == [0] * 7
    assert none.sources is none.destinations
    assert (none.file, none.weight, none.account.n_rows) == ("flows", None, 3)
