"""Numbers and times as people read them."""

from __future__ import annotations

import pytest

from auditor.page.numbers import NOT_KNOWN, moment, number, short


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"), (7, "7"), (950, "950"), (999, "999"), (1_000, "1.0k"), (1_234, "1.2k"), (9_960, "10k"),
        (34_200, "34k"), (999_600, "1.0M"), (1_250_000, "1.2M"), (2.5e9, "2.5G"), (3e12, "3.0T"), (0.25, "0.25"),
        (0.034, "0.034"), (12.5, "12"), (-1_500, "-1.5k"),
    ],
)  # fmt: skip
def test_short__is_two_or_three_digits_and_a_letter(value, shown):
    """Room is scarce beside a bar."""
    assert short(value) == shown


def test_number__sets_thousands_apart():
    """As in the terminal; what is not known is a dash."""
    assert [number(1_234_567), number(0.5, 2), number(None)] == ["1,234,567", "0.50", NOT_KNOWN]


def test_moment__is_utc_to_the_second():
    """Times beyond what a calendar holds are seconds."""
    assert moment(1_767_600_000.9) == "2026-01-05 08:00:00"
    assert moment(None) == NOT_KNOWN
    assert moment(1e18) == "1000000000000000000 s after 1970"
