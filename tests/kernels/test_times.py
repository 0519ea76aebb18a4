"""Times of events against the calendar of Python."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.flows.times import rfc3339_times
from kernels.jit import kernel
from kernels.memory import base_of
from kernels.times import TIME_UNKNOWN, time_of
from tests.kernels.devices import joined

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DATES = st.datetimes(datetime(1678, 1, 1), datetime(2261, 12, 31, 23, 59, 59))  # noqa: DTZ001 - written with a Z
WELL = b"2023-08-21T12:12:13.517394084Z"


@kernel
def read_times(text, spans, values):
    """Read the time of each span."""
    source = base_of(text)
    for row in range(len(values)):
        values[row] = time_of(source, np.uint64(spans[row, 0]), np.uint64(spans[row, 1]))


def times_of(texts):
    """Return what the kernel reads of each text; letters stand between them."""
    text, spans = joined(texts, b"9Z")
    values = np.empty(len(texts), np.int64)
    read_times(text, spans, values)
    return values.tolist()


def nanoseconds(moment, fraction):
    """Return nanoseconds since 1970 of a moment in full seconds and the digits of its fraction."""
    seconds = (moment.replace(tzinfo=UTC, microsecond=0) - EPOCH) // timedelta(seconds=1)
    return seconds * 10**9 + int(fraction[:9].ljust(9, "0"))


@given(st.lists(st.tuples(DATES, st.text("0123456789", max_size=20)), min_size=1, max_size=20))
def test_time_of__agrees_with_the_calendar(moments):
    """Every second of the years that fit, with a fraction of any length, digits beyond the ninth left out."""
    texts = [f"{moment:%Y-%m-%dT%H:%M:%S}{'.' * bool(fraction)}{fraction}Z" for moment, fraction in moments]
    assert times_of([text.encode() for text in texts]) == [nanoseconds(*each) for each in moments]


def test_time_of__knows_every_day():
    """Each day from 1678 to 2261, leap years and centuries among them, has its number."""
    days = range(
        (datetime(1678, 1, 1, tzinfo=UTC) - EPOCH).days, (datetime(2262, 1, 1, tzinfo=UTC) - EPOCH).days
    )
    chosen = [*days[::97], days[-1]]
    for year in range(1678, 2262):
        last_of_february = datetime(year, 3, 1, tzinfo=UTC) - timedelta(days=1)
        chosen.append((last_of_february - EPOCH).days)
    texts = [f"{EPOCH + timedelta(days=day):%Y-%m-%dT00:00:00Z}".encode() for day in chosen]
    assert times_of(texts) == [day * 86_400 * 10**9 for day in chosen]


@pytest.mark.parametrize("year", [1678, 1700, 1900, 2000, 2023, 2024, 2100, 2261])
def test_time_of__knows_how_long_months_are(year):
    """The last day of each month is one, the day behind it is none, nor is any other number of two digits."""
    days = [(month, day) for month in range(14) for day in (0, 1, *range(27, 34), 99)]
    expected = []
    for month, day in days:
        try:
            expected.append((datetime(year, month, day, tzinfo=UTC) - EPOCH).days * 86_400 * 10**9)
        except ValueError:
            expected.append(TIME_UNKNOWN)
    assert times_of([f"{year}-{month:02}-{day:02}T00:00:00Z".encode() for month, day in days]) == expected


@given(
    st.lists(
        st.tuples(
            st.integers(0, 30), st.sampled_from((0, 1, 1, 1, 2)), st.sampled_from("0159-:.TZ +zt/\x00")
        ),
        max_size=3,
    )
)
def test_time_of__is_unknown_or_exact(changes):
    """A text of another form is unknown; one that is read means what the exact parser says."""
    text = WELL
    for place, length, letter in changes:
        text = text[:place] + letter.encode() + text[place + length :]
    (found,) = times_of([text])
    if found == TIME_UNKNOWN:
        return
    assert rfc3339_times(pa.array([text.decode()], pa.string())).cast("int64").to_pylist() == [found]


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"Z",
        b"2023-08-21T12:12:13",
        b"2023-08-21T12:12:13+00:00",
        b"2023-08-21T12:12:13.Z",
        b"2023-08-21T12:12:13,5Z",
        b"2023-08-21T12:12:13.5 Z",
        b"2023-08-21T12:12:13.5z",
        b"2023-08-21 12:12:13.5Z",
        b"2023-08-21t12:12:13.5Z",
        b"2023-02-29T12:12:13Z",
        b"1900-02-29T12:12:13Z",
        b"2100-02-29T12:12:13Z",
        b"2023-04-31T12:12:13Z",
        b"2023-00-21T12:12:13Z",
        b"2023-13-21T12:12:13Z",
        b"2023-08-00T12:12:13Z",
        b"2023-08-32T12:12:13Z",
        b"2023-08-21T24:00:00Z",
        b"2023-08-21T12:60:13Z",
        b"2023-08-21T23:59:60Z",
        b"1677-12-31T23:59:59Z",
        b"2262-01-01T00:00:00Z",
        b"0000-01-01T00:00:00Z",
        b"+023-08-21T12:12:13Z",
        b"20230-08-21T12:12:13Z",
        b"2023-08-21T12:12:13.51739408x4Z",
        b"2023-08-21T12:12:13.517394084ZZ",
    ],
)
def test_time_of__is_unknown_for_other_texts(text):
    """Other zones, forms and days that are none are for the exact parser."""
    assert times_of([text, WELL]) == [TIME_UNKNOWN, 1692619933517394084]
