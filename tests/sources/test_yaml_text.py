"""YAML from anybody: right values, or an error with a line, never a crash."""

from __future__ import annotations

import pytest
import yaml

from auditor.sources.faults import TextLimits
from auditor.sources.yaml_text import YamlDocument, YamlTextError, read_documents

LIMITS = TextLimits()


def values(text: str, limits: TextLimits = LIMITS) -> list[object]:
    """Return the values of all documents."""
    documents = list(read_documents(text.encode(), limits))
    assert [found for found in documents if isinstance(found, YamlTextError)] == []
    return [found.value for found in documents if isinstance(found, YamlDocument)]


def failure(text: str, limits: TextLimits = LIMITS) -> tuple[str, int, int]:
    """Return message, document and line of the only error."""
    errors = [found for found in read_documents(text.encode(), limits) if isinstance(found, YamlTextError)]
    assert len(errors) == 1
    return errors[0].message, errors[0].document, errors[0].line


def test_read_documents__numbers_documents_and_their_lines():
    """Documents come in order with number and first line, empty ones included."""
    documents = list(read_documents(b"a: 1\n---\n---\n- b\n", LIMITS))
    assert [(document.number, document.line, document.value) for document in documents] == [
        (1, 1, {"a": 1}),
        (2, 2, None),
        (3, 3, ["b"]),
    ]


@pytest.mark.parametrize("text", ["", "# only a comment\n", "\n\n"])
def test_read_documents__yields_nothing_for_nothing(text):
    """Text without a document has none."""
    assert values(text) == []


def test_read_documents__agrees_with_the_library_where_both_read_alike():
    """Nested collections, block text, anchors and merges mean what PyYAML says they mean."""
    text = """
    a: &base {b: [1, 2, {c: d}], e: 'f'}
    g: |
      two
      lines
    h: *base
    i:
      <<: *base
      e: own
    j: {<<: [*base, {k: 1}], l: 2}
    "quoted": []
    """
    assert values(text) == [yaml.safe_load(text)]


def test_read_documents__quoted_merge_key_is_a_key():
    """Only a plain ``<<`` merges."""
    assert values('a: {"<<": 1}') == [{"a": {"<<": 1}}]


def test_read_documents__keys_are_text():
    """Numbers and truth values as keys become text; an alias of text may be a key."""
    assert values("80: a\nyes: b\nc: &x d\n*x : e") == [{"80": "a", "true": "b", "c": "d", "d": "e"}]


def test_read_documents__an_error_stands_for_one_document():
    """A broken document hides neither the one before it nor the ones after it."""
    found = list(read_documents(b"a: 1\n---\nb: [\n---\nc: 3\n---\nd: ]\n---\n- e\n", LIMITS))
    assert [document.value for document in found if isinstance(document, YamlDocument)] == [
        {"a": 1},
        {"c": 3},
        ["e"],
    ]
    errors = [error for error in found if isinstance(error, YamlTextError)]
    assert [(error.document, error.line) for error in errors] == [(2, 4), (4, 7)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: 2\na: 3", ("expected every key once, got `a` again", 1, 3)),
        ("x\n---\na: [1\n", ("YAML is malformed: did not find expected ',' or ']'", 2, 4)),
        ("a:\n\tb: c", ("YAML is malformed: found character that cannot start any token", 1, 2)),
        ("a: b\nc: \x07", ("YAML is malformed: character U+0007 is not allowed", 1, 2)),
        ('a: "\\ud800"', ("YAML is malformed: found invalid Unicode character escape code", 1, 1)),
        ("é" * 30 + ": \x07", ("YAML is malformed: character U+0007 is not allowed", 1, 1)),
        ("a: *b", ("expected a finished anchor before alias `*b`, got none", 1, 1)),
        ("a: &a [*a]", ("expected a finished anchor before alias `*a`, got none", 1, 1)),
        ("a: !Ref x", ("expected plain YAML, got `x` with tag `!Ref`", 1, 1)),
        ("a: !!set {x}", ("expected plain YAML, got a collection with tag `tag:yaml.org,2002:set`", 1, 1)),
        ("[a]: b", ("expected text as key, got a collection", 1, 1)),
        ("~: b", ("expected text as key, got `~`", 1, 1)),
        ("a: &k [b]\n*k : c", ("expected text as key, got alias `*k`", 1, 2)),
        ("a: 1\n<<: 3", ("expected mappings to merge at `<<`, got something else", 1, 2)),
    ],
)
def test_read_documents__says_what_is_wrong_and_where(text, expected):
    """An error has a sentence, the document and the line."""
    assert failure(text) == expected


@pytest.mark.parametrize("text", ["[" * 100_000, "- " * 100_000, "a: {" * 50_000, "? " * 100_000])
def test_read_documents__deep_text_is_an_error(text):
    """Depth that crashes libyaml's tree builder is an error at the limit."""
    assert failure(text) == (
        ("expected text as key, got a collection", 1, 1)
        if text.startswith("?")
        else ("expected YAML at most 64 levels deep, got more", 1, 1)
    )


def test_read_documents__depth_limit_is_exact():
    """As many levels as allowed are read, also through an alias; one more is not."""
    limits = TextLimits(depth=3)
    assert values("[[[1]]]", limits) == [[[[1]]]]
    assert failure("[[[[1]]]]", limits) == ("expected YAML at most 3 levels deep, got more", 1, 1)
    assert values("[&a [1], [*a]]", limits) == [[[1], [[1]]]]
    assert failure("[&a [1], [[*a]]]", limits) == ("expected YAML at most 3 levels deep, got more", 1, 1)


def test_read_documents__alias_bomb_is_an_error():
    """Values behind aliases count each time: nine levels of nine are more than a million."""
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    lines += [
        f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    ]
    bomb = "\n".join(lines)
    assert failure(bomb, TextLimits(values=1_000_000)) == (
        "expected at most 1000000 values in a document, got more",
        1,
        7,
    )
    assert failure(bomb) == ("expected at most 1000000 values behind aliases, got more", 1, 7)


def test_read_documents__limits_are_exact():
    """Bytes, aliases and values up to the limit are read."""
    assert values("[a, b]", TextLimits(document_bytes=6, values=3)) == [["a", "b"]]
    assert failure("[a, b]", TextLimits(document_bytes=5)) == (
        "expected at most 5 bytes of YAML, got 6: give it as JSON",
        1,
        1,
    )
    assert failure("[a, b]", TextLimits(values=2)) == (
        "expected at most 2 values in a document, got more",
        1,
        1,
    )
    assert values("[&a b, *a]", TextLimits(aliases=1)) == [["b", "b"]]
    assert failure("[&a b, *a, *a]", TextLimits(aliases=1)) == (
        "expected at most 1 aliases in a document, got more",
        1,
        1,
    )
    assert values("[a]\n---\n[b]", TextLimits(values=2)) == [["a"], ["b"]]
