"""Text that comes from logs and inventories, made harmless for a terminal and for a file.

Names and labels are chosen by whoever runs pods, so they may hold escape sequences, bidirectional overrides
or line breaks that would redraw a terminal or forge a line.
"""

from __future__ import annotations

import unicodedata

_UNSAFE = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})
"""Controls, formats (bidirectional, zero-width), private use, surrogates, line and paragraph separators."""

MAX_LENGTH = 253
"""Characters shown of one text: the longest name Kubernetes allows."""


def safe_text(text: str, limit: int = MAX_LENGTH) -> str:
    r"""Return ``text`` with every character that draws nothing of its own written as an escape.

    Parameters
    ----------
    text : str
        From anywhere.
    limit : int
        Characters to keep; what is longer ends in ``…``.

    Returns
    -------
    str
        One line; ``\x1b`` and its like stand for what was there.
    """
    kept = text if len(text) <= limit else text[: limit - 1] + "…"
    if kept.isascii() and kept.isprintable():
        return kept
    return "".join(_escaped(character) for character in kept)


def _escaped(character: str) -> str:
    unsafe = unicodedata.category(character) in _UNSAFE
    return character.encode("unicode_escape").decode() if unsafe else character


def utf8(text: str) -> str:
    """Return ``text`` as it can be stored: bytes of a file name that are no UTF-8 become escapes."""
    return text.encode("utf-8", "backslashreplace").decode()
