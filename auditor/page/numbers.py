"""Numbers and times as people read them; ``page.js`` writes those of long tables the same way."""

from __future__ import annotations

from datetime import UTC, datetime
from math import floor, log10

NOT_KNOWN = "\N{EN DASH}"

_TEN = 9.95
"""What is smaller keeps a digit after the point; this is written as 10."""

_STEPS = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def number(value: float | None, digits: int = 0) -> str:
    """Return a number with its thousands apart, and so many digits after the point."""
    return NOT_KNOWN if value is None else f"{value:,.{digits}f}"


def short(value: float) -> str:
    """Return a number in at most three digits and a letter: ``950``, ``1.2k``, ``34k``, ``0.25``."""
    size = abs(value)
    for step, letter in _STEPS:
        # 999.6 k is a million in three digits.
        if size >= step * 0.9995:
            return f"{value / step:.{int(size / step < _TEN)}f}{letter}"
    if size >= _TEN or value == int(value):
        return f"{value:.0f}"
    return f"{value:.{max(1, 1 - floor(log10(size)))}f}"


def moment(seconds: float | None) -> str:
    """Return a time in UTC, to the second; ``seconds`` are since 1970."""
    if seconds is None:
        return NOT_KNOWN
    try:
        at = datetime.fromtimestamp(floor(seconds), tz=UTC)
    except (OverflowError, ValueError, OSError):
        return f"{seconds:.0f} s after 1970"
    return at.strftime("%Y-%m-%d %H:%M:%S")
