"""What plain YAML scalars are read as."""

from __future__ import annotations

import pytest
import yaml

from auditor.sources.yaml_scalars import key_text, resolve, shown


def scalar(text: str) -> yaml.ScalarEvent:
    """Return the parser's event for one scalar."""
    return next(event for event in yaml.parse(text) if isinstance(event, yaml.ScalarEvent))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("web", "web"),
        ("'5'", "5"),
        ('"true"', "true"),
        ("true", True),
        ("no", False),
        ("Off", False),
        ("y", "y"),
        ("~", None),
        ("null", None),
        ("12", 12),
        ("-1_000", -1000),
        ("012", 10),
        ("0o17", 15),
        ("0x1F", 31),
        ("0b101", 5),
        ("0b_", "0b_"),
        ("128.5", 128.5),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("-.inf", float("-inf")),
        ("1:30", "1:30"),
        ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
        ("2026-08-03", "2026-08-03"),
        ("10.0.0.1", "10.0.0.1"),
        ("1" * 5000, "1" * 5000),
        ("!!str 5", "5"),
        ("! 5", "5"),
        ("!!int 5", 5),
        ("!!float 5", 5.0),
        ("!!bool yes", True),
        ("!!null ~", None),
    ],
)
def test_resolve__reads_as_the_api_machinery(text, expected):
    """A plain scalar has the type that the Kubernetes API machinery gives it; dates and base 60 are text."""
    resolved = resolve(scalar(text))
    assert resolved is not None
    assert (type(resolved[0]), resolved[0]) == (type(expected), expected)


@pytest.mark.parametrize("text", ["!!int x", "!!binary aGk=", "!Ref x", "!!timestamp 2026-08-03", "!!bool 1"])
def test_resolve__refuses_other_tags(text):
    """A tag that is not of plain YAML, or does not fit its value, has no value."""
    assert resolve(scalar(text)) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", "a"),
        ("8080", "8080"),
        ("0x10", "16"),
        ("yes", "true"),
        ("off", "false"),
        ("1.50", "1.50"),
        ("~", None),
    ],
)
def test_key_text__is_the_text_in_json(text, expected):
    """A key is text, converted as kubectl converts it."""
    assert key_text(scalar(text)) == expected


def test_shown__is_one_short_line():
    """Text from a document cannot break a message into lines, reach a terminal as an escape, or fill it."""
    assert shown("a\nb\x1b[1m") == r"a\u000ab\u001b[1m"
    assert shown("x" * 60) == "x" * 60
    assert shown("x" * 61) == "x" * 60 + "..."
