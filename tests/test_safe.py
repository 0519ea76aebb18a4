"""Nothing from a log reaches a terminal as a command."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.safe import safe_text, utf8


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("shop/web", "shop/web"),
        ("münchen/日本", "münchen/日本"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("\x9b2J", "\\x9b2J"),
        ("one\r\ntwo\ttab", "one\\r\\ntwo\\ttab"),
        ("\x7f\x08", "\\x7f\\x08"),
        ("a\u202eb\u2066c", "a\\u202eb\\u2066c"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("line\u2028paragraph\u2029", "line\\u2028paragraph\\u2029"),
        ("tag\U000e0041", "tag\\U000e0041"),
        ("byte\udcff", "byte\\udcff"),
        ("private\ue000", "private\\ue000"),
    ],
)
def test_safe_text__escapes_what_draws_nothing(text, safe):
    """Escape sequences, bidirectional overrides, line breaks and the like are shown, not obeyed."""
    assert safe_text(text) == safe


@given(text=st.text(st.characters(exclude_categories=[])))
def test_safe_text__leaves_no_control(text):
    """Whatever comes, one printable line leaves, and doing it again changes nothing."""
    safe = safe_text(text)
    assert not {unicodedata.category(character) for character in safe} & {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    assert len(safe.splitlines()) <= 1
    assert safe_text(safe, len(safe) + 1) == safe


def test_safe_text__shortens_what_floods():
    """A name of a megabyte is cut, and says so."""
    assert safe_text("x" * 1_000_000, 10) == "xxxxxxxxx…"
    assert safe_text("x" * 253) == "x" * 253


@given(text=st.text(st.characters(exclude_categories=[])))
def test_utf8__can_always_be_stored(text):
    """Lone surrogates become escapes; everything else stays."""
    stored = utf8(text)
    stored.encode()
    assert stored == text or any("\ud800" <= character <= "\udfff" for character in text)
