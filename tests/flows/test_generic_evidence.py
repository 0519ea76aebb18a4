"""Times and counters of any type."""

from __future__ import annotations

import pyarrow as pa
import pytest

from auditor.flows.generic_evidence import counters, times
from auditor.flows.times import TIME
from tests.flows.evidence import or_none


@pytest.mark.parametrize(
    ("column", "values"),
    [
        (pa.array([1, None], pa.timestamp("s")), [10**9, None]),
        (pa.array([1], pa.timestamp("ms", "Asia/Tokyo")), [10**6]),
        (pa.array([-1], pa.timestamp("us", "UTC")), [-1000]),
        (pa.array([7], pa.timestamp("ns")), [7]),
        (pa.array([2**63 - 1, 1, -(2**62)], pa.timestamp("s")), [None, 10**9, None]),
        (pa.array(["1970-01-01T00:00:01Z", "x", None, "1970-01-01T01:00:00+01:00"]), [10**9, None, None, 0]),
        (pa.array(["1970-01-01T00:00:01Z"], pa.large_string()), [10**9]),
        (pa.array(["1970-01-01T00:00:01Z"]).dictionary_encode(), [10**9]),
        (pa.array([b"1970-01-01T00:00:01Z", b"\xff", None]), [10**9, None, None]),
        (pa.array(["1970-01-01 00:00:01", "1970-01-01 00:00:01.5", "x"]), [10**9, 1_500_000_000, None]),
        (pa.array(["1970-01-01 00:00:01.25Z", "1970-01-01 01:00:00+01:00"]), [1_250_000_000, 0]),
        (
            pa.array(["1970-01-01T00:00:01", "1970-01-01", "1970-01-01 00:00", None]),
            [10**9, None, None, None],
        ),
        (pa.nulls(2), [None, None]),
        (pa.array([], pa.timestamp("s")), []),
    ],
)
def test_times__are_nanoseconds_in_utc(column, values):
    """Any unit and zone; null where there is no time or none that fits."""
    found = times(column)
    assert (found.type, [time.value for time in found]) == (TIME, values)


@pytest.mark.parametrize(
    ("column", "values"),
    [
        (pa.array([1, None], pa.uint64()), [1, None]),
        (pa.array([2**64 - 1], pa.uint64()), [None]),
        (pa.array([1.0, 1.5]), [1, None]),
        (pa.array(["12", "x", None]), [12, None, None]),
        (pa.nulls(1), [None]),
    ],
)
def test_counters__are_whole_numbers_or_not_said(column, values):
    """What is no number of 64 bits is not known."""
    assert or_none(counters(column)) == values
