"""Evidence from numbers in memory."""

from __future__ import annotations

import numpy as np

from auditor.flows.evidence import LAST_SECOND, KeptEvidence, TimeEvidence
from kernels.times import TIME_UNKNOWN
from tests.flows.evidence import or_none


def test_kept_evidence__is_not_said_where_nothing_is_known():
    """Missing times and counters, and times too late for nanoseconds, are not said; the rest is exact."""
    start = np.array([0, -1, LAST_SECOND, LAST_SECOND + 1, 2**62])
    evidence = KeptEvidence(start, None, np.array([5, -1, 0, 2**62, 1]), None)(np.array([0, 1, 2, 3, 4]))
    assert or_none(evidence.time_start) == [0, None, LAST_SECOND * 10**9, None, None]
    assert or_none(evidence.time_end) == or_none(evidence.packets) == [None] * 5
    assert or_none(evidence.bytes) == [5, None, 0, 2**62, 1]


def test_kept_evidence__gives_the_flows_asked_for():
    """Only the flows asked for are loaded."""
    evidence = KeptEvidence(None, np.array([1, 2, 3]), None, np.array([4, 5, 6]))(np.array([0, 2]))
    assert evidence.time_end.tolist() == [10**9, 3 * 10**9]
    assert evidence.packets.tolist() == [4, 6]
    assert len(evidence.bytes) == len(evidence.time_start) == 2


def test_time_evidence__has_one_time_and_no_counters():
    """Start and end are the time of the event, exact to the nanosecond and not said where unknown."""
    time = np.array([0, TIME_UNKNOWN, -1, 2**63 - 1, TIME_UNKNOWN + 1, 1692619938510175415])
    evidence = TimeEvidence(time)(np.array([0, 1, 2, 3, 4, 5]))
    expected = [0, None, -1, 2**63 - 1, TIME_UNKNOWN + 1, 1692619938510175415]
    assert or_none(evidence.time_start) == or_none(evidence.time_end) == expected
    assert or_none(evidence.bytes) == or_none(evidence.packets) == [None] * 6


def test_time_evidence__gives_the_flows_asked_for():
    """Some of the flows, or none, have times as long as what was asked."""
    evidence = TimeEvidence(np.array([5, TIME_UNKNOWN, 7]))
    assert or_none(evidence(np.array([1, 2])).time_end) == [None, 7]
    none = evidence(np.zeros(0, np.int64))
    assert [(len(column), column.dtype) for column in none] == [(0, np.int64)] * 4
