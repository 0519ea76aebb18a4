"""Findings over time, from the rows of flows: the summary knows only first and last times.

Rows are read file by file and batch by batch, few columns of each: memory does not grow with the report.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from auditor.page.bars import Bin
from auditor.report import schema

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from auditor.report_page.report import Report

_NANOSECONDS = 1_000_000_000
_N_BINS = 60
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
"""Seconds of a bin: such that a clock shows where it begins."""


class Timeline(NamedTuple):
    """Flows by time and finding.

    Attributes
    ----------
    bins : list of Bin
        By finding in the order of ``schema.WORST_FIRST``, by time; none that is empty.
    step : int
        Seconds of a bin.
    n_rows, n_timed : int
        Rows that were read, and those of them that have a time.
    """

    bins: list[Bin]
    step: int
    n_rows: int
    n_timed: int


def timeline(report: Report, first: float | None, last: float | None) -> Timeline:
    """Return the flows of a report by the time they began.

    Parameters
    ----------
    report : Report
        Whose flow rows are read.
    first, last : float or None
        When the first and the last flow were seen, in seconds since 1970.

    Raises
    ------
    SourceError
        If a file of rows is damaged.
    """
    begin, step = _bounds(first, last)
    n_bins = 1 if last is None or first is None else max(1, int((last - begin) // step) + 1)
    counts = np.zeros((len(schema.WORST_FIRST), n_bins), dtype=np.int64)
    n_rows = n_timed = 0
    for batch in report.rows():
        n_rows += batch.num_rows
        n_timed += _add(counts, batch, begin, step)
    bins = [
        Bin(begin + place * step, begin + (place + 1) * step, finding, int(counts[number, place]))
        for number, finding in enumerate(schema.WORST_FIRST)
        for place in np.flatnonzero(counts[number]).tolist()
    ]
    return Timeline(bins, step, n_rows, n_timed)


def _bounds(first: float | None, last: float | None) -> tuple[int, int]:
    """Return where the first bin begins, and how long each is."""
    if first is None or last is None:
        return 0, 1
    span = max(1.0, last - first)
    days = 86_400 * max(1, round(span / 86_400 / _N_BINS + 0.5))
    step = next((step for step in _STEPS if span / step <= _N_BINS), days)
    return int(first // step * step), step


def _add(counts: NDArray[np.int64], batch: pa.RecordBatch, begin: int, step: int) -> int:
    """Add the flows of a batch that have a time; return how many rows these are."""
    time = pc.coalesce(batch["time_start"], batch["time_end"]).cast(pa.int64())
    is_timed = time.is_valid().to_numpy(zero_copy_only=False)
    seconds = time.fill_null(0).to_numpy(zero_copy_only=False) // _NANOSECONDS
    place = np.clip((seconds - begin) // step, 0, counts.shape[1] - 1)
    finding = pc.index_in(batch["finding"].cast(pa.string()), pa.array(schema.WORST_FIRST)).fill_null(-1)
    number = finding.to_numpy(zero_copy_only=False)
    kept = is_timed & (number >= 0)
    weight = batch["weight"].fill_null(0).to_numpy(zero_copy_only=False)
    np.add.at(counts, (number[kept], place[kept]), weight[kept])
    return int(np.count_nonzero(is_timed))
