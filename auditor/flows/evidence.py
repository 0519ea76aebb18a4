"""The evidence of flows whose numbers already lie in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from auditor.flows.schema import NOT_SAID, Evidence

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa
    from numpy.typing import NDArray

NS_PER_S = 1_000_000_000
LAST_SECOND = (2**63 - 1) // NS_PER_S
"""The last second since 1970 that fits a timestamp in nanoseconds, in the year 2262."""


def said(column: pa.Array) -> NDArray[np.int64]:
    """Return the numbers of a column of times or counters, of 64 bits each; ``NOT_SAID`` for nulls."""
    found: NDArray[np.int64] = column.cast("int64").fill_null(NOT_SAID).to_numpy(zero_copy_only=False)
    return found


def unsaid(n: int) -> NDArray[np.int64]:
    """Return n times or counters of a log that has none."""
    return np.full(n, NOT_SAID, dtype=np.int64)


def counters(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return counters, ``NOT_SAID`` where negative."""
    known = values >= 0
    return values if known.all() else np.where(known, values, NOT_SAID)


def times(seconds: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return times given in seconds since 1970, ``NOT_SAID`` where negative or too late for nanoseconds."""
    known = (seconds >= 0) & (seconds <= LAST_SECOND)
    if known.all():
        return seconds * NS_PER_S
    return np.where(known, np.where(known, seconds, 0) * NS_PER_S, NOT_SAID)


@dataclass(frozen=True, slots=True)
class KeptEvidence:
    """Evidence kept beside a batch; each column int64 of shape (F,), negative where missing, or None.

    Attributes
    ----------
    start, end : ndarray of int64 or None
        Seconds since 1970.
    n_bytes, n_packets : ndarray of int64 or None
        Counters.
    """

    start: NDArray[np.int64] | None
    end: NDArray[np.int64] | None
    n_bytes: NDArray[np.int64] | None
    n_packets: NDArray[np.int64] | None

    def __call__(self, flows: NDArray[np.int64]) -> Evidence:
        """Return the evidence of ``flows`` (int64 places in the batch, ascending)."""
        start, end = (_chosen(column, flows, times) for column in (self.start, self.end))
        n_bytes, n_packets = (_chosen(column, flows, counters) for column in (self.n_bytes, self.n_packets))
        return Evidence(start, end, n_bytes, n_packets)


def _chosen(
    column: NDArray[np.int64] | None,
    flows: NDArray[np.int64],
    read: Callable[[NDArray[np.int64]], NDArray[np.int64]],
) -> NDArray[np.int64]:
    return unsaid(len(flows)) if column is None else read(column[flows])


@dataclass(frozen=True, slots=True)
class TimeEvidence:
    """Evidence of events that have one time and no counters.

    Attributes
    ----------
    time : ndarray of int64, shape (F,)
        Nanoseconds since 1970, ``NOT_SAID`` where missing.
    """

    time: NDArray[np.int64]

    def __call__(self, flows: NDArray[np.int64]) -> Evidence:
        """Return the evidence of ``flows`` (int64 places in the batch, ascending)."""
        time, none = self.time[flows], unsaid(len(flows))
        return Evidence(time, time, none, none)


@dataclass(frozen=True, slots=True)
class SpanEvidence:
    """Evidence of records with times to the nanosecond.

    Attributes
    ----------
    moments : ndarray of int64, shape (2, F)
        Beginning and end, nanoseconds since 1970, ``NOT_SAID`` where missing.
    counts : ndarray of int64, shape (2, F)
        Bytes and packets, negative where missing.
    """

    moments: NDArray[np.int64]
    counts: NDArray[np.int64]

    def __call__(self, flows: NDArray[np.int64]) -> Evidence:
        """Return the evidence of ``flows`` (int64 places in the batch, ascending)."""
        start, end = self.moments[:, flows]
        n_bytes, n_packets = (counters(chosen) for chosen in self.counts[:, flows])
        return Evidence(start, end, n_bytes, n_packets)
