"""What a plain YAML scalar means to the API server.

``kubectl`` turns YAML into JSON with YAML 1.1 rules, minus sexagesimal numbers (``1:30`` stays text) and with
timestamps as text: sigs.k8s.io/yaml ``goyaml.v2/resolve.go``. Reading them any other way would accept what a
cluster refuses: ``no`` is a boolean and ``1e3`` a number there. A lone ``y`` or ``n`` is a boolean there
too, yet text to most writers of YAML, so text here: a namespace of that name loads whoever wrote the file.
"""

from __future__ import annotations

import re
from functools import lru_cache

_WORDS: dict[str, bool | float | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
}
_BASES = (
    (re.compile(r"0[xX]([0-9a-fA-F]+)"), 16),
    (re.compile(r"0[bB]([01]+)"), 2),
    (re.compile(r"0[oO]?([0-7]+)"), 8),
)
_DECIMAL = re.compile(r"0|[1-9][0-9]*")
_FLOAT = re.compile(r"(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_LONGEST_INTEGER = 100
"""Digits up to which an integer is kept exact; Python refuses to convert very long ones."""


@lru_cache(maxsize=8192)
def resolve(text: str) -> str | int | float | bool | None:
    """Return the value of an unquoted, untagged YAML scalar."""
    if text in _WORDS:
        return _WORDS[text]
    if not text.startswith(("+", "-", ".", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9")):
        return text
    digits = text.replace("_", "") if text[0] != "." else text
    sign, digits = (digits[0], digits[1:]) if digits[0] in "+-" else ("", digits)
    number = _number(digits)
    if number is None:
        return text
    return -number if sign == "-" else number


def _number(digits: str) -> int | float | None:
    if _DECIMAL.fullmatch(digits):
        return decimal(digits)
    for pattern, base in _BASES:
        if found := pattern.fullmatch(digits):
            return int(found[1], base)
    return float(digits) if _FLOAT.fullmatch(digits) else None


def decimal(digits: str) -> int | float:
    """Return a decimal integer, as a float where it is too long to matter."""
    return int(digits) if len(digits) <= _LONGEST_INTEGER else float(digits)
