"""The evidence of flows whose numbers already lie in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from auditor.flows.schema import Evidence
from kernels.times import TIME_UNKNOWN

if TYPE_CHECKING:
    from numpy.typing import NDArray

NS_PER_S = 1_000_000_000
LAST_SECOND = (2**63 - 1) // NS_PER_S
"""The last second since 1970 that fits a timestamp in nanoseconds, in the year 2262."""


def counters(values: NDArray[np.int64] | None, n: int) -> pa.Int64Array:
    """Return n counters, null where negative; all null if the log has none."""
    if values is None:
        return pa.nulls(n, pa.int64())
    return pa.array(values, pa.int64(), mask=values < 0)


def times(seconds: NDArray[np.int64] | None, n: int) -> pa.TimestampArray:
    """Return n times given in seconds since 1970, null where negative or too late for nanoseconds."""
    if seconds is None:
        return pa.nulls(n, pa.timestamp("ns", "UTC"))
    unknown = (seconds < 0) | (seconds > LAST_SECOND)
    return pa.array(np.where(unknown, 0, seconds) * NS_PER_S, pa.timestamp("ns", "UTC"), mask=unknown)


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
        n = len(flows)
        start, end, n_bytes, n_packets = (
            None if column is None else column[flows]
            for column in (self.start, self.end, self.n_bytes, self.n_packets)
        )
        return Evidence(times(start, n), times(end, n), counters(n_bytes, n), counters(n_packets, n))


@dataclass(frozen=True, slots=True)
class TimeEvidence:
    """Evidence of events that have one time and no counters.

    Attributes
    ----------
    time : ndarray of int64, shape (F,)
        Nanoseconds since 1970, ``kernels.times.TIME_UNKNOWN`` where missing.
    """

    time: NDArray[np.int64]

    def __call__(self, flows: NDArray[np.int64]) -> Evidence:
        """Return the evidence of ``flows`` (int64 places in the batch, ascending)."""
        chosen = self.time[flows]
        time = pa.array(chosen, pa.timestamp("ns", "UTC"), mask=chosen == TIME_UNKNOWN)
        unknown = pa.nulls(len(flows), pa.int64())
        return Evidence(time, time, unknown, unknown)


@dataclass(frozen=True, slots=True)
class SpanEvidence:
    """Evidence of records with times to the nanosecond.

    Attributes
    ----------
    moments : ndarray of int64, shape (2, F)
        Beginning and end, nanoseconds since 1970, ``kernels.times.TIME_UNKNOWN`` where missing.
    counts : ndarray of int64, shape (2, F)
        Bytes and packets, negative where missing.
    """

    moments: NDArray[np.int64]
    counts: NDArray[np.int64]

    def __call__(self, flows: NDArray[np.int64]) -> Evidence:
        """Return the evidence of ``flows`` (int64 places in the batch, ascending)."""
        start, end = (
            pa.array(chosen, pa.timestamp("ns", "UTC"), mask=chosen == TIME_UNKNOWN)
            for chosen in self.moments[:, flows]
        )
        n_bytes, n_packets = (counters(chosen, len(flows)) for chosen in self.counts[:, flows])
        return Evidence(start, end, n_bytes, n_packets)
