"""Plain YAML scalars, as ``kubectl`` reads them."""

from __future__ import annotations

import pytest

from auditor.policies.scalars import resolve


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("Null", None),
        ("yes", True),
        ("On", True),
        ("OFF", False),
        ("0", 0),
        ("-7", -7),
        ("+7", 7),
        ("1_000", 1000),
        ("0x1F", 31),
        ("0b101", 5),
        ("-0b11", -3),
        ("0o17", 15),
        ("017", 15),
        ("08", 8.0),
        ("1e3", 1000.0),
        ("1.5", 1.5),
        (".5", 0.5),
        ("-1.", -1.0),
        ("-.inf", float("-inf")),
        ("9" * 200, float("9" * 200)),
    ],
)
def test_resolve__reads_what_json_has_a_type_for(text, value):
    """Words, integers of four bases and numbers have the type the API server gives them."""
    resolved = resolve(text)
    assert resolved == value
    assert type(resolved) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        "web",
        "1:30",
        "2024-01-01",
        "2024-01-01T00:00:00Z",
        "1.2.3.4",
        "10.0.0.0/8",
        "-",
        "+",
        "0x",
        "-http",
        "y",
        "N",
        "nO",
    ],
)
def test_resolve__leaves_text_alone(text):
    """Sexagesimal numbers and timestamps are text, as is everything else."""
    assert resolve(text) == text


def test_resolve__knows_not_a_number():
    """``.nan`` is the number that differs from itself."""
    number = resolve(".NaN")
    assert number != number  # noqa: PLR0124 - this is how it is told
