"""Times against Python's own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.jit import kernel
from kernels.memory import PADDING, base_of
from kernels.times import TIME_UNKNOWN, time_of

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@kernel
def read(text, size):
    """Read one time."""
    return time_of(base_of(text), np.uint64(0), size)


def read_text(text):
    """Read a time given as text."""
    return read(np.frombuffer(text.encode() + bytes(PADDING), np.uint8), np.uint64(len(text.encode())))


@given(
    st.datetimes(datetime(1678, 1, 1), datetime(2261, 12, 31)),  # noqa: DTZ001 - in UTC, as written
    st.text("0123456789", max_size=20),
)
def test_time_of__is_exact(time, digits):
    """Any second, with a fraction of any length; digits beyond the ninth are left out."""
    text = time.strftime(f"{time.year:04}-%m-%dT%H:%M:%S") + (f".{digits}" if digits else "") + "Z"
    seconds = (time.replace(microsecond=0, tzinfo=UTC) - EPOCH) // timedelta(seconds=1)
    assert read_text(text) == seconds * 10**9 + int(digits[:9].ljust(9, "0"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Z",
        "2023-08-21T12:12:18",
        "2023-08-21T12:12:18.Z",
        "2023-08-21T12:12:18.1x3Z",
        "2023-08-21T12:12:18,5Z",
        "2023-08-21T12:12:18+02:00",
        "2023-08-21 12:12:18Z",
        "2023-8-21T12:12:18.00Z",
        "2023-02-29T12:12:18Z",
        "1900-02-29T12:12:18Z",
        "2023-04-31T12:12:18Z",
        "2023-13-01T12:12:18Z",
        "2023-00-01T12:12:18Z",
        "2023-01-00T12:12:18Z",
        "2023-01-01T24:12:18Z",
        "2023-01-01T12:60:18Z",
        "2023-01-01T12:12:60Z",
        "1677-12-31T12:12:18Z",
        "2262-01-01T12:12:18Z",
        "20a3-01-01T12:12:18Z",
        "2023-01-01T12:12:1\u00e9Z",
        "2023/01/01T12:12:18Z",
        "2023-01-01T12-12:18Z",
    ],
)
def test_time_of__knows_what_it_does_not_understand(text):
    """Anything else is for the exact parser."""
    assert read_text(text) == TIME_UNKNOWN


@pytest.mark.parametrize(("text", "day"), [("2000-02-29T00:00:00Z", 11_016), ("1968-02-29T00:00:00Z", -672)])
def test_time_of__knows_leap_years(text, day):
    """Also before 1970, and in a year that 400 divides."""
    assert read_text(text) == day * 86_400 * 10**9
