"""Reported flows on their way to a report: gathered over parts, given their names on the pool, handed on in order.

A part may have few reported flows, and naming and grouping a few costs as much as some ten thousand. So they wait
until there are that many. What comes out depends on the flows and their order only.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Protocol, TypeVar

from auditor.report.groups import group_rows
from auditor.report.reported import Reported
from auditor.report.rows import flow_rows
from auditor.sinks.arrow import ROWS_PER_FILE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future

    import pyarrow as pa

    from auditor.report.groups import BatchGroups
    from auditor.tables.tableset import TableSet

    Named = tuple[pa.RecordBatch, BatchGroups]

R = TypeVar("R")

ROWS_PER_BATCH = ROWS_PER_FILE
"""Naming so many takes some 10 MB for a moment. As many as a file holds: two batches that are joined are copied."""

_MAX_PARTS = 256
"""Parts that wait as they came before they are joined: each costs some 10 KB in objects, however few its flows."""


class Pool(Protocol):
    """Does work for others: an executor, or what has one."""

    def submit(self, work: Callable[..., R], /, *given: object) -> Future[R]:
        """Have work done."""
        ...


class Reporting:
    """Flows being named.

    Parameters
    ----------
    tables : TableSet
        Names; the ones the verdicts were computed with.
    pool : Pool
        Where the work is done.
    n_ahead : int
        Batches that may be in work.
    rows_per_batch : int
        Rows of every batch but the last.
    """

    def __init__(
        self, tables: TableSet, pool: Pool, n_ahead: int, rows_per_batch: int = ROWS_PER_BATCH
    ) -> None:
        self._tables = tables
        self._pool = pool
        self._n_ahead = n_ahead
        self._rows_per_batch = rows_per_batch
        self._waiting: list[Reported] = []
        self._n_waiting = 0
        self._named: deque[Future[Named]] = deque()

    def add(self, flows: Reported) -> Iterator[Named]:
        """Take flows after those taken before; yield the rows and groups that are ready, or must be by now."""
        n_left = len(flows)
        while n_left:
            part, n_fitting = flows, self._rows_per_batch - self._n_waiting
            if n_left > n_fitting:  # seldom: views of twenty columns take longer than all else done here
                part, flows = flows[:n_fitting], flows[n_fitting:]
            n_left -= len(part)
            self._waiting.append(part)
            self._n_waiting += len(part)
            if self._n_waiting == self._rows_per_batch:
                self._begin()
            elif len(self._waiting) == _MAX_PARTS:
                self._waiting = [Reported.joined(self._waiting)]
            while len(self._named) > self._n_ahead or (self._named and self._named[0].done()):
                yield self._named.popleft().result()

    def rest(self) -> Iterator[Named]:
        """Yield all that is left."""
        if self._waiting:
            self._begin()
        while self._named:
            yield self._named.popleft().result()

    def _begin(self) -> None:
        waiting, self._waiting, self._n_waiting = self._waiting, [], 0
        self._named.append(self._pool.submit(_named, self._tables, waiting))


def _named(tables: TableSet, parts: Sequence[Reported]) -> Named:
    rows = flow_rows(tables, Reported.joined(parts))
    return rows, group_rows(rows)
