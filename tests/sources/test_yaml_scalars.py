"""What YAML scalars are read as."""

from __future__ import annotations

import pytest

from auditor.sources.yaml_scalars import key_text, resolve, resolve_tagged, shown


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("Null", None),
        ("yes", True),
        ("On", True),
        ("no", False),
        ("OFF", False),
        ("0", 0),
        ("-7", -7),
        ("+7", 7),
        ("1_000", 1000),
        ("-1_000.5", -1000.5),
        ("0x1F", 31),
        ("0XfF", 255),
        ("0b101", 5),
        ("-0b11", -3),
        ("0o17", 15),
        ("012", 10),
        ("-017", -15),
        ("08", 8.0),
        ("1e3", 1000.0),
        ("1.5", 1.5),
        (".5", 0.5),
        ("-1.", -1.0),
        ("+.inf", float("inf")),
        ("-.inf", float("-inf")),
        ("9" * 100, int("9" * 100)),
        ("9" * 200, float("9" * 200)),
        ("1" * 5_000, float("inf")),
        ("-0x" + "f" * 5_000, float("-inf")),
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
        "1:2:3:4:5:6:7:8",
        "2024-01-01",
        "2024-01-01T00:00:00Z",
        "10.0.0.1",
        "10.0.0.0/8",
        "-",
        "+",
        "--1",
        "_1",
        "0x",
        "0b_",
        "1e999",
        "-.nan",
        "-http",
        "y",
        "N",
        "nO",
    ],
)
def test_resolve__leaves_text_alone(text):
    """Sexagesimal numbers, timestamps and floats beyond all numbers are text, as is everything else."""
    assert resolve(text) == text


def test_resolve__knows_not_a_number():
    """``.nan`` is the number that differs from itself."""
    number = resolve(".NaN")
    assert number != number  # noqa: PLR0124 - this is how it is told


@pytest.mark.parametrize(
    ("tag", "text", "value"),
    [
        ("!", "5", "5"),
        ("!!str", "5", "5"),
        ("!!int", "5", 5),
        ("!!float", "5", 5.0),
        ("!!float", "012", 10.0),
        ("!!bool", "yes", True),
        ("!!null", "~", None),
    ],
)
def test_resolve_tagged__takes_tags_of_plain_yaml(tag, text, value):
    """A tag that fits says the type; ``!`` and ``!!str`` make text of anything."""
    resolved = resolve_tagged(tag.replace("!!", "tag:yaml.org,2002:"), text)
    assert resolved == (value,)
    assert type(resolved[0]) is type(value)


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        ("!!int", "x"),
        ("!!float", "yes"),
        ("!!binary", "aGk="),
        ("!Ref", "x"),
        ("!!timestamp", "2026-08-03"),
        ("!!bool", "1"),
    ],
)
def test_resolve_tagged__refuses_other_tags(tag, text):
    """A tag that is not of plain YAML, or does not fit its text, has no value."""
    assert resolve_tagged(tag.replace("!!", "tag:yaml.org,2002:"), text) is None


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("a", "a"),
        (8080, "8080"),
        (True, "true"),
        (False, "false"),
        (1.5, "1.5"),
        (1000.0, "1000"),
        (-0.25, "-0.25"),
        (0.1, "0.1"),
        (1e-4, "0.0001"),
        (1e-5, "1e-05"),
        (123456.0, "123456"),
        (1234567.0, "1.234567e+06"),
        (16777217.0, "1.6777216e+07"),
        (0.0, "0"),
        (float("inf"), ".inf"),
        (-1e300, "-.inf"),
        (float("nan"), ".nan"),
        (None, None),
    ],
)
def test_key_text__is_the_text_in_json(key, text):
    """A key is text, converted as kubectl converts it: floats as the shortest of 32 bits."""
    assert key_text(key) == text


def test_shown__is_one_short_line():
    """Text from a document cannot break a message into lines, reach a terminal as an escape, or fill it."""
    assert shown("a\nb\x1b[1m") == r"a\u000ab\u001b[1m"
    assert shown("x" * 60) == "x" * 60
    assert shown("x" * 61) == "x" * 60 + "..."
