"""What a page is made of, wherever it was read from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa

    from auditor.report_page.run_record import RunRecord

COLUMNS = ("time_start", "time_end", "finding", "weight")
"""Columns of flow rows that a page needs beside the summary."""


@dataclass(frozen=True, slots=True)
class Report:
    """A report, or what the Kafka service wrote, added up like one.

    Attributes
    ----------
    run : RunRecord
        Of ``run.json``, or what segments say of themselves.
    groups : pyarrow.Table
        Of ``schema.SUMMARY``, in its order: worst finding first, then most flows.
    summary : polars.DataFrame
        The same.
    rules : polars.DataFrame or None
        Of ``schema.RULES``; None if nobody counted what each decided.
    rejected : polars.DataFrame
        Of ``schema.REJECTED``.
    rows : callable
        Gives batches with ``COLUMNS`` of all flow rows, each time it is called.
    n_row_files : int
        Files that they come from.
    unit, log : str
        What rows of a log are called, and a log: ``row`` and ``flow log``, or ``message`` and ``partition``.
    """

    run: RunRecord
    groups: pa.Table
    summary: pl.DataFrame
    rules: pl.DataFrame | None
    rejected: pl.DataFrame
    rows: Callable[[], Iterator[pa.RecordBatch]]
    n_row_files: int
    unit: str = "row"
    log: str = "flow log"

    @property
    def has_all_flows(self) -> bool:
        """Whether flows that nobody needs to look at are in it, too."""
        return self.run.options.get("rows") == "all"


def frame(table: pa.Table) -> pl.DataFrame:
    """Return a table that was checked, with texts as strings."""
    found = pl.from_arrow(table)
    assert isinstance(found, pl.DataFrame)
    return found.with_columns(pl.col(pl.Categorical, pl.Enum).cast(pl.String))
