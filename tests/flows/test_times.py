"""Times as text, to the nanosecond."""

from __future__ import annotations

import pyarrow as pa
import pytest

from auditor.flows.times import TIME, rfc3339_times

SECOND = 1692619938


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2023-08-21T12:12:18Z", SECOND * 10**9),
        ("2023-08-21T12:12:18.5Z", SECOND * 10**9 + 500_000_000),
        ("2023-08-21T12:12:18.510Z", SECOND * 10**9 + 510_000_000),
        ("2023-08-21T12:12:18.510175Z", SECOND * 10**9 + 510_175_000),
        ("2023-08-21T12:12:18.510175415Z", SECOND * 10**9 + 510_175_415),
        ("2023-08-21T14:12:18.510175415+02:00", SECOND * 10**9 + 510_175_415),
        ("2023-08-21 07:12:18-05:00", SECOND * 10**9),
        ("2262-04-11T23:47:16.854775807Z", 2**63 - 1),
        ("2262-04-11T23:47:16.854775808Z", None),
        ("0001-01-01T00:00:00Z", None),
        ("2023-08-21T12:12:18", None),
        ("2023-02-30T12:12:18Z", None),
        ("2023-08-21T12:12:18.5101754159Z", SECOND * 10**9 + 510_175_415),
        ("2023-08-21T14:12:18.51017541500000000001+02:00", SECOND * 10**9 + 510_175_415),
        ("2023-08-21T12:12:18.510175415x9Z", None),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_rfc3339_times__are_exact_or_null(text, value):
    """Fractions of any length and offsets are read exactly; what is no time in range is null."""
    found = rfc3339_times(pa.array([text], pa.string()))
    assert (found.type, found[0].value if found[0].is_valid else None) == (TIME, value)


def test_rfc3339_times__do_not_depend_on_their_neighbours():
    """One broken time costs itself alone."""
    good = "2023-08-21T12:12:18Z"
    texts = [good, "x", None, good, good, "", good]
    found = rfc3339_times(pa.array(texts, pa.string()))
    assert [time.is_valid for time in found] == [text == good for text in texts]
    assert len(rfc3339_times(pa.array([], pa.string()))) == 0
