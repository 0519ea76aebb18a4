"""The summary: reported flows grouped by what a user would fix together, batch by batch, in bounded memory.

It depends on the rows and their order only, not on how they came in batches. Batches wait until there are many, and
are added all at once: nothing here is done group by group (``bench/bench_report.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from auditor.report.cap import COARSENINGS, admitted
from auditor.report.connections import MAX_CONNECTIONS, Connections
from auditor.report.ends import KIND_ENDS, Ends, joined_ends
from auditor.report.groups import KEY, N_EXAMPLES, group_rows
from auditor.report.reading import first_rows, pooled
from auditor.report.summary_table import summary_table
from auditor.report.sums import IS_UNCOUNTED, Sums

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from auditor.report.groups import BatchGroups

MAX_GROUPS = 100_000

_MAX_WAITING = 256
"""Batches kept as they came: each costs some 10 KB in objects, however few its groups."""

_MIN_WAITING_GROUPS = 1 << 16
"""Groups that wait at least: adding them to few is not worth it."""


class Summary:
    """Groups of flow rows so far.

    Parameters
    ----------
    max_groups : int
        Past so many groups, what is new is grouped more coarsely: by address no more, then past twice as
        many by port no more, then past three times as many by kind of end. Groups that exist go on counting.
    max_connections : int
        Past so many distinct connections none is counted.
    """

    def __init__(self, max_groups: int = MAX_GROUPS, max_connections: int = MAX_CONNECTIONS) -> None:
        self._max_groups = max_groups
        self._max_connections = max_connections
        self._connections = Connections(max_connections)
        self._ends = KIND_ENDS
        self._keys = np.empty(0, dtype=KEY)
        self._sums = Sums.zero(0)
        self._policies = np.empty((2, 0), dtype=np.int32)
        self._policy_texts = pa.array([], pa.string())
        self._example_files = np.empty((N_EXAMPLES, 0), dtype=np.int32)
        self._example_rows = np.empty((N_EXAMPLES, 0), dtype=np.int64)
        self._files = pa.array([], pa.string())
        self._n_steps = 0
        self._waiting: list[BatchGroups] = []
        self._n_waiting_groups = 0
        self._table: pa.Table | None = None

    def add(self, batch: pa.RecordBatch) -> None:
        """Take rows of ``schema.FLOWS``, after those taken before."""
        self.merge(group_rows(batch))

    def merge(self, found: BatchGroups) -> None:
        """Take the groups of a batch, after those taken before: ``add`` without the work any thread may do."""
        self._table = None
        self._waiting.append(found)
        self._n_waiting_groups += len(found.keys)
        is_large = self._n_waiting_groups > max(_MIN_WAITING_GROUPS, len(self._keys))
        if is_large or len(self._waiting) >= _MAX_WAITING:
            self._settle()

    @property
    def notes(self) -> list[str]:
        """What a reader must know about the groups: where they are coarser than asked for."""
        self.finish()
        notes = [
            text.format(self._max_groups * (step + 1))
            for step, text in enumerate(COARSENINGS[: self._n_steps])
        ]
        if self._connections.is_over:
            notes.append(f"connections are not counted: there are more than `{self._max_connections}`")
        return notes

    def finish(self) -> pa.Table:
        """Return a row of ``schema.SUMMARY`` a group: worst finding first, then most flows, then by name."""
        if self._table is None:
            self._settle()
            connections = self._connections.counts(len(self._keys))
            if connections is not None:
                connections[self._sums.has(IS_UNCOUNTED)] = -1
            self._table = summary_table(
                self._keys,
                self._ends,
                self._sums,
                connections,
                (self._policies, self._policy_texts),
                (self._example_files, self._example_rows, self._files),
            )
        return self._table

    def _settle(self) -> None:
        """Add everything that waits to the groups."""
        waiting, self._waiting, self._n_waiting_groups = self._waiting, [], 0
        if not waiting:
            return
        n_before = len(self._keys)
        ends, wanted = _joined_keys(self._ends, waiting)
        self._keys, numbers, n_steps = admitted(self._keys, wanted, ends.kinds, self._max_groups)
        self._n_steps = max(self._n_steps, n_steps)
        self._sums = Sums.joined([self._sums, Sums.zero(len(self._keys) - n_before)])
        self._sums.add(numbers, Sums.joined([found.sums for found in waiting]))
        groups = np.split(numbers, np.cumsum([len(found.keys) for found in waiting])[:-1])
        self._add_policies(numbers, n_before, waiting)
        self._add_examples(groups, waiting)
        for places, found in zip(groups, waiting, strict=True):
            self._connections.add(places[found.connection_groups], found.connections)
        self._ends = _used(ends, self._keys)

    def _add_policies(self, numbers: NDArray[np.int32], n_before: int, waiting: list[BatchGroups]) -> None:
        """Give new groups the policies of their first row."""
        parts = [self._policy_texts, *(found.policy_texts for found in waiting)]
        self._policy_texts, (_, *places) = pooled(parts)
        policies = [texts[found.policies] for texts, found in zip(places, waiting, strict=True)]
        first = first_rows(numbers, len(self._keys), 1)[0, n_before:]
        self._policies = np.concatenate([self._policies, np.concatenate(policies, axis=1)[:, first]], axis=1)

    def _add_examples(self, groups: list[NDArray[np.int32]], waiting: list[BatchGroups]) -> None:
        """Give groups that have room for examples those that come next."""
        n_before, n_groups = self._example_files.shape[1], len(self._keys)
        self._files, (_, *places) = pooled([self._files, *(found.files for found in waiting)])
        number = np.concatenate(
            [own[found.example_groups] for own, found in zip(groups, waiting, strict=True)]
        )
        file = np.concatenate(
            [texts[found.example_files] for texts, found in zip(places, waiting, strict=True)]
        )
        row = np.concatenate([found.example_rows for found in waiting])
        is_full = np.zeros(n_groups, dtype=np.bool_)
        is_full[:n_before] = self._example_files[-1] >= 0
        chosen = np.flatnonzero(~is_full[number])
        # Those that stand already come first: all first ones, then all second ones, so in order for each group.
        rank, owner = np.nonzero(self._example_files >= 0)
        numbers = np.concatenate([owner.astype(np.int32), number[chosen]])
        files = np.concatenate([self._example_files[rank, owner], file[chosen]])
        rows = np.concatenate([self._example_rows[rank, owner], row[chosen]])
        found = first_rows(numbers, n_groups, N_EXAMPLES)
        self._example_files = np.where(found >= 0, files[found], np.int32(-1))
        self._example_rows = np.where(found >= 0, rows[found], 0)


def _joined_keys(known: Ends, waiting: list[BatchGroups]) -> tuple[Ends, NDArray[np.void]]:
    """Return all ends, the known ones first, and the keys that wait with their ends as places among these."""
    ends, (_, *places) = joined_ends([known, *(found.ends for found in waiting)])
    keys = np.concatenate([found.keys for found in waiting])
    for end in ("source", "destination"):
        keys[end] = np.concatenate([own[found.keys[end]] for own, found in zip(places, waiting, strict=True)])
    return ends, keys


def _used(ends: Ends, keys: NDArray[np.void]) -> Ends:
    """Leave only the ends of ``keys``, which are changed to the new places, and those of kinds."""
    is_used = np.zeros(len(ends.kinds), dtype=np.bool_)
    is_used[: len(KIND_ENDS.kinds)] = True
    for end in ("source", "destination"):
        is_used[keys[end]] = True
    renumbered = np.cumsum(is_used, dtype=np.int32) - np.int32(1)
    for end in ("source", "destination"):
        keys[end] = renumbered[keys[end]]
    return Ends(ends.kinds[is_used], ends.names.filter(pa.array(is_used)))
