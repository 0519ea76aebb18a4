"""Colours by what they mean; ``page.css`` says what they look like, in light, in dark and on paper.

The palette is one that people who do not tell red from green can read, and no colour speaks alone: a word or a number
stands beside each.
"""

from __future__ import annotations

from typing import Literal

Tone = Literal["bad", "warn", "unsure", "calm", "good", "plain"]

SERIES = ("c1", "c2", "c3", "c4", "c5", "c6")
"""Colours of series that mean nothing in particular, in the order they are given."""

HEAT = ("h1", "h2", "h3", "h4", "h5", "h6")
"""From little to much."""


def paint(name: str) -> str:
    """Return a colour as style sheets and drawings name it."""
    return f"var(--{name})"
