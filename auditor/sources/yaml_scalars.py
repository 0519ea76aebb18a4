"""What a YAML scalar is: YAML 1.1 as the Kubernetes API machinery reads it, with no dates and no base 60.

``kubectl`` turns YAML into JSON with the rules of sigs.k8s.io/yaml, ``goyaml.v2/resolve.go``: ``no`` is a truth
value, ``012`` octal and ``1e3`` a number, while ``1:30`` stays text and so does a date. Reading them any other
way would accept what a cluster refuses. A lone ``y`` or ``n`` is a truth value there too, yet text to most
writers of YAML, so text here: a namespace of that name loads whoever wrote the file.
"""

from __future__ import annotations

import math
import re
import struct
from functools import lru_cache

Scalar = str | int | float | bool | None

_TAG = "tag:yaml.org,2002:"
_TAGGED_TYPES = {_TAG + "null": type(None), _TAG + "bool": bool, _TAG + "int": int}
_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}
_FIRST_OF_NUMBERS = frozenset("+-.0123456789")
_BASES = (
    (re.compile(r"0[xX]([0-9a-fA-F]+)"), 16),
    (re.compile(r"0[bB]([01]+)"), 2),
    (re.compile(r"0[oO]?([0-7]+)"), 8),
)
_DECIMAL = re.compile(r"0|[1-9][0-9]*")
_FLOAT = re.compile(r"(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_LONGEST_INTEGER = 100
"""Digits up to which an integer is kept exact; Python refuses to convert very long ones."""
_LONGEST_SHOWN = 60
_FLOAT_DIGITS = 9
"""Decimal digits that tell any two numbers of 32 bits apart."""
_EXPONENTS = range(-4, 6)
"""Exponents of ten of the numbers that Go writes without one."""


def shown(text: str) -> str:
    """Return text from a document as it may stand in a message: one line, at most 60 characters."""
    escaped = "".join(
        letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in text[: _LONGEST_SHOWN + 1]
    )
    return escaped if len(text) <= _LONGEST_SHOWN else escaped[:_LONGEST_SHOWN] + "..."


@lru_cache(maxsize=8192)
def resolve(text: str) -> Scalar:
    """Return the value of an unquoted, untagged scalar."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _FIRST_OF_NUMBERS:
        return text
    digits = text if text[0] == "." else text.replace("_", "")
    is_negative = digits[0] == "-"
    number = _number(digits[1:] if digits[0] in "+-" else digits)
    if number is None:
        return text
    return -number if is_negative else number


def resolve_tagged(tag: str, text: str) -> tuple[Scalar] | None:
    """Return the value of a tagged scalar, quoted or not.

    Returns
    -------
    tuple of one Scalar, or None
        None if the tag is not one of plain YAML or does not fit the text; in a tuple, since the value itself
        may be None.
    """
    if tag in ("!", _TAG + "str"):
        return (text,)
    value = resolve(text)
    if tag == _TAG + "float" and isinstance(value, int | float) and not isinstance(value, bool):
        return (float(value),)
    return (value,) if _TAGGED_TYPES.get(tag) is type(value) else None


def decimal(digits: str) -> int | float:
    """Return a decimal integer, as a float where it is too long to matter."""
    return int(digits) if len(digits) <= _LONGEST_INTEGER else float(digits)


def key_text(key: Scalar) -> str | None:
    """Return a key of a mapping as text, as ``kubectl`` does: JSON has no other keys. Null has none.

    Numbers lose their spelling, ``yes`` is ``true``: sigs.k8s.io/yaml ``yaml.go``, ``convertToJSONableObject``.
    """
    if key is None or isinstance(key, str):
        return key
    if isinstance(key, bool):
        return "true" if key else "false"
    return str(key) if isinstance(key, int) else _float_text(key)


def _number(digits: str) -> int | float | None:
    if _DECIMAL.fullmatch(digits):
        return decimal(digits)
    for pattern, base in _BASES:
        if found := pattern.fullmatch(digits):
            return int(found[1], base) if len(digits) <= _LONGEST_INTEGER else math.inf
    if _FLOAT.fullmatch(digits):
        # Beyond the range of numbers it is text there.
        number = float(digits)
        return number if math.isfinite(number) else None
    return None


def _float_text(number: float) -> str:
    """Return the shortest decimal that is the same number in 32 bits, in the form Go gives it."""
    if math.isnan(number):
        return ".nan"
    try:
        (rounded,) = struct.unpack("f", struct.pack("f", number))
    except OverflowError:
        rounded = math.copysign(math.inf, number)
    if math.isinf(rounded):
        return ".inf" if rounded > 0 else "-.inf"
    for n_decimals in range(_FLOAT_DIGITS):
        text = f"{rounded:.{n_decimals}e}"
        if struct.pack("f", float(text)) == struct.pack("f", rounded):
            break
    exponent = int(text.partition("e")[2])
    return f"{rounded:.{max(n_decimals - exponent, 0)}f}" if exponent in _EXPONENTS else text
