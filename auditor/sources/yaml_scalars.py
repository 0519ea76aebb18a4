"""What an unquoted YAML scalar is: YAML 1.1 as the Kubernetes API machinery reads it: no dates, no base 60.

``yes``, ``no``, ``on`` and ``off`` are truth values, ``012`` is octal and ``1e3`` a number, as there, so that
a label value written that way is found to be no text instead of being coerced.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import yaml

Scalar = str | int | float | bool | None

_TAG = "tag:yaml.org,2002:"
_WORDS: dict[str, Scalar] = {
    spelling: value
    for word, value in (
        ("null", None),
        ("true", True),
        ("yes", True),
        ("on", True),
        ("false", False),
        ("no", False),
        ("off", False),
    )
    for spelling in (word, word.capitalize(), word.upper())
}
_WORDS |= {"": None, "~": None}
_WORDS |= {
    sign + spelling: float(sign + spelling.replace(".", ""))
    for spelling in (".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN")
    for sign in ("", "+", "-")
}
_INTEGER = re.compile(r"[-+]?(?:0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|0|[1-9][0-9_]*)", re.ASCII)
_OCTAL = re.compile(r"([-+]?)0([0-7_]+)", re.ASCII)
_FLOAT = re.compile(r"[-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?|[-+]?[0-9]+\.(?:[eE][-+]?[0-9]+)?", re.ASCII)
_MAYBE = frozenset("0123456789+-.~nNtTfFyYoO")
"""First characters of plain scalars that may be something else than text."""
_LONGEST_SHOWN = 60
_LONGEST_NUMBER = 4_000
"""Digits; Python refuses to convert more than 4 300 at once, and no field has as many."""


def shown(text: str) -> str:
    """Return text from a document as it may stand in a message: one line, at most 60 characters."""
    escaped = "".join(
        letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in text[: _LONGEST_SHOWN + 1]
    )
    return escaped if len(text) <= _LONGEST_SHOWN else escaped[:_LONGEST_SHOWN] + "..."


def resolve(event: yaml.ScalarEvent) -> tuple[Scalar] | None:
    """Return the value of a scalar, or None if its tag is not one of plain YAML or does not fit it.

    Parameters
    ----------
    event : yaml.ScalarEvent
        As the parser gives it.

    Returns
    -------
    tuple of one Scalar, or None
        In a tuple, since the value itself may be None.
    """
    text: str = event.value
    tag: str | None = event.tag
    if tag is None:
        return (text,) if event.style else (_plain(text),)
    if tag in ("!", _TAG + "str"):
        return (text,)
    value = _plain(text)
    if tag == _TAG + "float" and _FLOAT.fullmatch(text):
        return (float(text),)
    fits = {"int": int, "float": float, "bool": bool, "null": type(None)}.get(tag.removeprefix(_TAG))
    return (value,) if fits is type(value) else None


def key_text(event: yaml.ScalarEvent) -> str | None:
    """Return a mapping key as text: JSON has no other keys; None where it has no text.

    Whole numbers and truth values become their JSON text, as in the conversion that kubectl does.
    """
    resolved = resolve(event)
    if resolved is None or resolved[0] is None:
        return None
    value = resolved[0]
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else str(event.value)


def _plain(text: str) -> Scalar:
    if text and (text[0] not in _MAYBE or len(text) > _LONGEST_NUMBER):
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return _integer(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def _integer(text: str) -> Scalar:
    digits = text.replace("_", "")
    octal = _OCTAL.fullmatch(digits)
    try:
        return int(f"{octal[1]}0o{octal[2]}" if octal else digits, 0)
    except ValueError:  # only underscores after the prefix
        return text
