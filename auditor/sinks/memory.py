"""Rows kept in memory, for callers that are programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterator


class MemorySink:
    """Collects record batches; memory grows with what is added.

    Parameters
    ----------
    schema : pyarrow.Schema
        Of every batch.
    """

    def __init__(self, schema: pa.Schema) -> None:
        self._schema = schema
        self._batches: list[pa.RecordBatch] = []

    def add(self, batch: pa.RecordBatch) -> None:
        """Keep ``batch``, unless it has no rows."""
        if batch.num_rows:
            self._batches.append(batch)

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        """Yield the batches in the order they came."""
        return iter(self._batches)

    @property
    def n_rows(self) -> int:
        """How many rows are kept."""
        return sum(batch.num_rows for batch in self._batches)

    def to_arrow(self) -> pa.Table:
        """Return all rows as one table, dictionaries unified."""
        return pa.Table.from_batches(self._batches, self._schema).unify_dictionaries()
