"""Parts of a page that are words and single numbers: the verdict, key figures, facts, notes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from auditor.page.markup import Markup, fill

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditor.page.tones import Tone


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """A number to remember, as text, what it is of, a few words below it, and what it means."""

    label: str
    value: str
    note: str = ""
    tone: Tone = "plain"


def verdict(tone: Tone, headline: str, sentences: Sequence[str] = ()) -> Markup:
    """Return the answer of the page in plain words: it stands on top."""
    return fill("verdict.html", tone=tone, headline=headline, sentences=sentences)


def key_figures(figures: Sequence[KeyFigure]) -> Markup:
    """Return numbers in a row, or in several where the screen is narrow."""
    return fill("key_figures.html", figures=figures)


def facts(pairs: Sequence[tuple[str, str]]) -> Markup:
    """Return names and what they are, in two columns."""
    return fill("facts.html", pairs=pairs)


def notes(texts: Sequence[str], tone: Tone = "plain") -> Markup:
    """Return sentences that a reader must know, a paragraph each; nothing if there are none."""
    return fill("notes.html", texts=texts, tone=tone)
