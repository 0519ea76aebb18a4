"""Batches of a report do not depend on how flows came in parts, or on who names them when."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.report.reported import Reported
from auditor.reporting import Reporting


class Later:
    """A pool that does nothing until it is asked for a result, and counts what waits."""

    def __init__(self):
        self.n_waiting = self.most_waiting = 0

    def submit(self, work, /, *given):
        """Take work."""
        self.n_waiting += 1
        self.most_waiting = max(self.most_waiting, self.n_waiting)

        def result():
            self.n_waiting -= 1
            return work(*given)

        return SimpleNamespace(result=result, done=lambda: False)


@pytest.fixture
def whole(cluster, row):
    """Return some reported flows."""
    flows, verdicts = cluster.batches([row(src=f"198.51.100.{n % 7}") for n in range(50)])
    return Reported.of(flows, verdicts.at(np.arange(50)))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cuts=st.lists(st.integers(0, 50), max_size=12),
    rows_per_batch=st.integers(1, 60),
    n_ahead=st.integers(0, 3),
)
def test_add__gives_batches_of_the_same_rows_however_parts_are_cut(
    cluster, whole, cuts, rows_per_batch, n_ahead
):
    """All batches but the last are as long as asked, in order, and no more are in work than asked."""
    pool = Later()
    reporting = Reporting(cluster.tables, pool, n_ahead, rows_per_batch)
    bounds = [0, *sorted(cuts), 50]
    found = []
    for first, last in pairwise(bounds):
        found.extend(reporting.add(whole[first:last]))
        assert pool.n_waiting <= n_ahead
    found.extend(reporting.rest())
    assert [rows.num_rows for rows, _ in found[:-1]] == [rows_per_batch] * (len(found) - 1)
    assert [row for rows, _ in found for row in rows["source_row"].to_pylist()] == list(range(1, 51))
    assert sum(int(groups.sums.flows.sum()) for _, groups in found) == 50
    assert pool.most_waiting <= n_ahead + 1


def test_add__joins_many_small_parts(cluster, whole, monkeypatch):
    """Parts of a flow each are joined long before a batch is full, for each takes room of its own."""
    lengths = []
    joined = Reported.joined
    monkeypatch.setattr("auditor.reporting._MAX_PARTS", 4)
    monkeypatch.setattr(Reported, "joined", lambda parts: lengths.append(len(parts)) or joined(parts))
    with ThreadPoolExecutor(1) as pool:
        reporting = Reporting(cluster.tables, pool, 1)
        assert [each for n in range(50) for each in reporting.add(whole[n : n + 1])] == []
        assert lengths == [4] * 16
        ((rows, _),) = reporting.rest()
    assert rows["source_row"].to_pylist() == list(range(1, 51))


def test_rest__of_nothing_is_nothing(cluster):
    """No reported flow gives no batch."""
    with ThreadPoolExecutor(1) as pool:
        assert list(Reporting(cluster.tables, pool, 1).rest()) == []
