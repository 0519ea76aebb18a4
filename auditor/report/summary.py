"""The summary: reported flows grouped by what a user would fix together, batch by batch, in bounded memory.

It depends on the rows and their order only, not on how they came in batches.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from auditor.report import schema
from auditor.report.connections import MAX_CONNECTIONS, Connections
from auditor.report.ends import End
from auditor.report.groups import EGRESS_BIT, INGRESS_BIT, N_EXAMPLES, UNKNOWN_TIME, GroupKey, group_rows
from auditor.report.rules import texts
from auditor.sinks.columns import nullable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from auditor.report.groups import BatchGroups

MAX_GROUPS = 100_000

_DIRECTIONS = {EGRESS_BIT: "egress", INGRESS_BIT: "ingress", EGRESS_BIT | INGRESS_BIT: "both"}
_WITHOUT_NAME = ("external", "unknown")
_COARSENINGS = (
    "past `{}` groups, those of further external and unknown addresses are counted as one end each",
    "past `{}` groups, those of further ports are counted without their port",
    "past `{}` groups, those of further ends are counted by the kind of the ends",
)


@dataclass(slots=True)
class _Group:
    """Running counts of one group; -1 and ``UNKNOWN_TIME`` as in ``BatchGroups``."""

    number: int
    flows: int = 0
    bytes: int = -1
    packets: int = -1
    first_seen: int = UNKNOWN_TIME
    last_seen: int = UNKNOWN_TIME
    directions: int = 0
    is_counted: bool = True
    examples: list[tuple[int, str]] = field(default_factory=list)


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
        self._groups: dict[GroupKey, _Group] = {}
        self._connections = Connections(max_connections)
        self._n_rows = 0
        self._n_steps = 0

    def add(self, batch: pa.RecordBatch) -> None:
        """Take rows of ``schema.FLOWS``, after those taken before."""
        if not batch.num_rows:
            return
        found = group_rows(batch)
        numbers = self._merge(found)
        self._connections.add(numbers[found.of_row[found.is_known]], found.connections[found.is_known])
        self._n_rows += batch.num_rows

    @property
    def notes(self) -> list[str]:
        """What a reader must know about the groups: where they are coarser than asked for."""
        notes = [
            text.format(self._max_groups * (step + 1))
            for step, text in enumerate(_COARSENINGS[: self._n_steps])
        ]
        if self._connections.is_over:
            notes.append(f"connections are not counted: there are more than `{self._max_connections}`")
        return notes

    def finish(self) -> pa.Table:
        """Return a row of ``schema.SUMMARY`` a group: worst finding first, then most flows, then by name."""
        counts = self._connections.counts(len(self._groups))
        ordered = sorted(self._groups.items(), key=_worst_first)
        keys = [key for key, _ in ordered]
        groups = [group for _, group in ordered]
        connections = [
            int(counts[group.number]) if counts is not None and group.is_counted else -1 for group in groups
        ]
        columns = [
            texts([key.finding for key in keys]),
            texts([key.source.kind for key in keys]),
            texts([key.source.name for key in keys]),
            texts([key.destination.kind for key in keys]),
            texts([key.destination.name for key in keys]),
            _known([key.port for key in keys], -1, pa.uint16()),
            texts([key.protocol for key in keys]),
            texts([key.reason for key in keys]),
            texts([_DIRECTIONS[group.directions] for group in groups]),
            pa.array([group.flows for group in groups], pa.int64()),
            _known(connections, -1, pa.int64()),
            _known([group.bytes for group in groups], -1, pa.int64()),
            _known([group.packets for group in groups], -1, pa.int64()),
            _known([group.first_seen for group in groups], UNKNOWN_TIME, schema.TIME),
            _known([group.last_seen for group in groups], UNKNOWN_TIME, schema.TIME),
            pa.array([[text for _, text in group.examples] for group in groups], pa.list_(pa.string())),
        ]
        return pa.Table.from_arrays(columns, schema=schema.SUMMARY)

    def _merge(self, found: BatchGroups) -> NDArray[np.int32]:
        """Add the groups of a batch, and return the number of each here."""
        n_uncounted = np.bincount(found.of_row[~found.is_known], minlength=len(found.keys))
        columns = (
            found.flows,
            found.bytes,
            found.packets,
            found.first_seen,
            found.last_seen,
            found.directions,
        )
        numbers = np.empty(len(found.keys), dtype=np.int32)
        rows = zip(
            found.keys, found.examples, n_uncounted.tolist(), *(c.tolist() for c in columns), strict=True
        )
        for place, (key, examples, uncounted, flows, n_bytes, packets, first, last, directions) in enumerate(
            rows
        ):
            group = self._group(key)
            numbers[place] = group.number
            group.flows += flows
            group.bytes = _sum_of_known(group.bytes, n_bytes)
            group.packets = _sum_of_known(group.packets, packets)
            group.first_seen = _earlier(group.first_seen, first)
            group.last_seen = max(group.last_seen, last)
            group.directions |= directions
            group.is_counted &= not uncounted
            # A coarse group takes in several groups of a batch, whose rows are interleaved.
            here = [(self._n_rows + row, text) for row, text in examples]
            group.examples = sorted([*group.examples, *here])[:N_EXAMPLES]
        return numbers

    def _group(self, key: GroupKey) -> _Group:
        group = self._groups.get(key)
        step = 0
        while (
            group is None and len(self._groups) >= self._max_groups * (step + 1) and step < len(_COARSENINGS)
        ):
            key = _coarser(key, step)
            step += 1
            self._n_steps = max(self._n_steps, step)
            group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = _Group(len(self._groups))
        return group


def _coarser(key: GroupKey, step: int) -> GroupKey:
    if step == 1:
        return key._replace(port=-1)
    source, destination = (
        End(end.kind, end.kind) if step or end.kind in _WITHOUT_NAME else end
        for end in (key.source, key.destination)
    )
    return key._replace(source=source, destination=destination)


def _worst_first(entry: tuple[GroupKey, _Group]) -> tuple[int, int, GroupKey]:
    key, group = entry
    return (schema.WORST_FIRST.index(key.finding), -group.flows, key)


def _earlier(one: int, other: int) -> int:
    return max(one, other) if UNKNOWN_TIME in (one, other) else min(one, other)


def _sum_of_known(before: int, more: int) -> int:
    return before if more < 0 else max(before, 0) + more


def _known(values: Sequence[int], missing: int, kind: pa.DataType) -> pa.Array:
    array = np.array(values, dtype=np.int64)
    known = array != missing
    return nullable(
        np.where(known, array, 0).astype(np.uint16) if kind == pa.uint16() else array, known, kind
    )
