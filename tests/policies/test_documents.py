"""Texts to documents with places."""

from __future__ import annotations

import functools
import gzip

import pytest

from auditor.errors import Problem
from auditor.policies.documents import read_documents
from auditor.policies.limits import Limits
from auditor.policies.nodes import ListNode, MappingNode

squeezed = functools.partial(gzip.compress, mtime=0)
"""The same bytes at any time: they name test cases, and workers must agree on the names."""

SMALL = Limits(document_bytes=100, depth=4, aliases=2, values=12, repeated=5)


def plain(node):
    """Return a value without its places."""
    if isinstance(node, MappingNode):
        return {key: plain(entry.node) for key, entry in node.entries.items()}
    return [plain(element) for element in node.elements] if isinstance(node, ListNode) else node.value


def read(text, limits=None):
    """Return the values of a file, and everything that is wrong with it."""
    content = text if isinstance(text, bytes) else text.encode()
    found = list(read_documents("f", content, lambda *_: True, limits or Limits()))
    documents = [document for document in found if not isinstance(document, Problem)]
    problems = [str(problem) for document in documents for problem in document.sheet.problems]
    problems += [str(problem) for problem in found if isinstance(problem, Problem)]
    return [(document.sheet.document, plain(document.root)) for document in documents], problems


@pytest.mark.parametrize(
    ("text", "documents"),
    [
        ("", []),
        ("# nothing\n", []),
        ("a: 1", [(1, {"a": 1})]),
        ("# first\n---\na: 1\n---\n# empty\n---\n- b\n", [(1, {"a": 1}), (3, ["b"])]),
        ("---\n---\na: 1\n...\n---\nb: 2\n", [(2, {"a": 1}), (3, {"b": 2})]),
        ("%YAML 1.1\n---\na: 1\n...\n# c\n%YAML 1.1\n---\nb: 2\n", [(1, {"a": 1}), (2, {"b": 2})]),
        ("a: |\n  ---\n  b\n--- \nc: >-\n  d\n   e\n", [(1, {"a": "---\nb\n"}), (2, {"c": "d\n e"})]),
        ("a: 1\r\n---\r\nb: 2\r\n", [(1, {"a": 1}), (2, {"b": 2})]),
        ("a: 'no'\nb: \"1\"\nc: !!str 1\nd: !!int 1\ne: ! 1\nf: !!float 1", "tags"),
        ("a: &x {p: 1}\nb: *x\nc: &y 2\nd: *y", [(1, {"a": {"p": 1}, "b": {"p": 1}, "c": 2, "d": 2})]),
        ("a: &x {p: 1, q: 2}\nb: {<<: *x, q: 3}", [(1, {"a": {"p": 1, "q": 2}, "b": {"p": 1, "q": 3}})]),
        ("{<<: [{p: 1}, {p: 2, r: 3}], s: 4}", [(1, {"p": 1, "r": 3, "s": 4})]),
        ("{'<<': 1}", [(1, {"<<": 1})]),
        ("\ufeff{a: [1, yes]}", [(1, {"a": [1, True]})]),
        ("\ufeffa: 1", [(1, {"a": 1})]),
        ("a: 1".encode("utf-16"), [(1, {"a": 1})]),
        (squeezed(b"a: 1"), [(1, {"a": 1})]),
        ("80: a\nyes: b\n1.50: c\n&x 8: d\nf: {*x : e, g: *x}", "keys"),
    ],
)
def test_read_documents__reads_yaml(text, documents):
    """Streams, markers, directives, block texts, tags, aliases and merges mean what YAML says."""
    if documents == "keys":
        documents = [(1, {"80": "a", "true": "b", "1.5": "c", "8": "d", "f": {"8": "e", "g": 8}})]
    if documents == "tags":
        documents = [(1, {"a": "no", "b": "1", "c": "1", "d": 1, "e": "1", "f": 1.0})]
    assert read(text) == (documents, [])


@pytest.mark.parametrize(
    ("text", "documents"),
    [
        (" \n[]", [(1, [])]),
        ('{"a": {}, "b": [[], {}], "c": [1, -2.5e1, true, false, null]}', "types"),
        ('{"a": "\\u00e9\\n\\"\\\\"}', [(1, {"a": 'é\n"\\'})]),
        ('{"a": 1}\n{"a": 2}\n\n {"a": 3}\n', [(1, {"a": 1}), (2, {"a": 2}), (3, {"a": 3})]),
        ('{"a": "no"}', [(1, {"a": "no"})]),
        ("\ufeff{}", [(1, {})]),
    ],
)
def test_read_documents__reads_json(text, documents):
    """Values one after another, with every type and escape."""
    if documents == "types":
        documents = [(1, {"a": {}, "b": [[], {}], "c": [1, -25.0, True, False, None]})]
    assert read(text) == (documents, [])


@pytest.mark.parametrize("text", ["a:\n- b: 1\n\n- b: 2\n", '{"a":\n[{"b": 1},\n\n{"b": 2}]}'])
def test_read_documents__keeps_lines(text):
    """Every value knows its line."""
    (document,) = read_documents("f", text.encode(), lambda *_: True)
    line, elements = document.root.entries["a"]
    assert line == 1
    assert [element.entries["b"].line for element in elements.elements] == [2, 4]


YAML = "expected YAML, came a break of its syntax: "
HELM = "; templates must be rendered first, as `helm template` does"
LONG = "document of `101` bytes is over the limit of `100`; "
BROKEN = [
    (
        "a: b: c",
        YAML + "mapping values are not allowed in this context - at f[1]:1",
    ),
    (
        "a: 1\n---\nb: [\n",
        YAML + "while parsing a flow node, did not find expected node content - at f[2]:4",
    ),
    ("a: 1\nb:\x01", "expected printable text, came the character `\\x01` - at f[1]:2"),
    (b"a: 1\nb: \xff", "expected UTF-8 text, came byte `0xff` - at f:2"),
    (b"\xff\xfea", "expected UTF-16 after its byte order mark, came other bytes - at f"),
    (b"\xff\xfe\x00\x00a\x00\x00\x00", "expected UTF-8 text, came UTF-32 - at f"),
    (b"\x1f\x8b\x08", "expected whole gzip, came a file that ends inside it - at f"),
    (b"PK\x03\x04", "expected UTF-8 text, came a zip archive - at f"),
    ("a: *b", "alias `*b` has no anchor before it - at f[1]:1"),
    ("a: &b [*b]", "alias `*b` stands inside the value it repeats - at f[1]:1"),
    ("a: 1\na: 2", "key `a` stands twice in one mapping, first at line `1` - at f[1]:2 $.a"),
    ("a: [{b: 1, b: 2}]", "key `b` stands twice in one mapping, first at line `1` - at f[1]:1 $.a[0].b"),
    ("a: {~: 1}", "expected a string as key, came null; put it in quotes - at f[1]:1 $.a"),
    ("a: &b [1]\n*b : 1", "expected a string as key, came the alias `*b` - at f[1]:2 $"),
    ("a: {8: 1, '8': 2}", "key `8` stands twice in one mapping, first at line `1` - at f[1]:1 $.a.8"),
    ("? [a]\n: 1", "expected a string as key, came a list - at f[1]:1 $"),
    ("a: !Ref b", "expected a value as JSON knows it, came one tagged `!Ref` - at f[1]:1 $.a"),
    ("a: !!binary aGk=", "expected a value as JSON knows it, came one tagged `!!binary` - at f[1]:1 $.a"),
    ("a: !!int b", "expected a value as JSON knows it, came one tagged `!!int` - at f[1]:1 $.a"),
    ("a: !!set {b}", "expected a value as JSON knows it, came one tagged `!!set` - at f[1]:1 $.a"),
    (
        "a: {<<: 1}",
        "expected a mapping or a list of mappings under `<<`, came integer `1` - at f[1]:1 $.a[<<]",
    ),
    ('{"a": 1, "a": 2}', "key `a` stands twice in one mapping, first at line `1` - at f[1]:1 $.a"),
    ('{"a": 1', "expected JSON with `,` or `}` here, came the end of the text - at f[1]:1"),
    ('{"a": 1}\n]', "expected JSON with a value here, came `]` - at f[2]:2"),
    ('{"a"\n1', "expected JSON with `:` here, came `1` - at f[1]:2"),
    ("[1,\n2", "expected JSON with `,` or `]` here, came the end of the text - at f[1]:2"),
    ("[1 x", "expected JSON with `,` or `]` here, came `x` - at f[1]:1"),
    ("[", "expected JSON with a value or `]` here, came the end of the text - at f[1]:1"),
    ("{", "expected JSON with a key in quotes or `}` here, came the end of the text - at f[1]:1"),
    ('{"a": 1,', "expected JSON with a key in quotes here, came the end of the text - at f[1]:1"),
    ('["\\ud800"', 'expected a string with valid escapes, came `"\\ud800"` - at f[1]:1'),
    ('["\n"', 'expected JSON with a value or `]` here, came `"` - at f[1]:1'),
    (
        "{{- if .Values.on }}\na: 1\n{{- end }}\n",
        "expected JSON with a key in quotes or `}` here, came `{`" + HELM + " - at f[1]:1",
    ),
    (
        "a: {{ .Values.a }} b\n",
        YAML + "while parsing a block mapping, did not find expected key" + HELM + " - at f[1]:1",
    ),
]


@pytest.mark.parametrize(("text", "message"), BROKEN)
def test_read_documents__names_what_is_wrong(text, message):
    """Texts that are neither YAML nor JSON are refused with their line."""
    assert read(text)[1] == [message]


def test_read_documents__goes_on_after_a_broken_document():
    """A broken document of a stream leaves its neighbours readable."""
    documents, problems = read("a: 1\n---\nb: [\n---\nc: 3\n---\nd: ]\n")
    assert documents == [(1, {"a": 1}), (3, {"c": 3})]
    assert [problem.rsplit(" - at ")[1] for problem in problems] == ["f[2]:4", "f[4]:7"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "a: " + "x" * 98,
            LONG + "split it into several documents, or write it as JSON - at f[1]:1",
        ),
        ('["' + "x" * 98 + '"]', "document is over the limit of `100` bytes; split it - at f[1]:1"),
        ("[[[[1]]]]", None),
        ("x: [[[1]]]", None),
        ("x: [[[[1]]]]", "nesting is deeper than the limit of `4` levels; flatten the document - at f[1]:1"),
        ("[[[[[", "nesting is deeper than the limit of `4` levels; flatten the document - at f[1]:1"),
        (
            "a: &a [[1]]\nb: [[*a]]\n",
            "nesting is deeper than the limit of `4` levels; flatten the document - at f[1]:2",
        ),
        ("a: &a 1\nb: [*a, *a]", None),
        (
            "a: &a 1\nb: [*a,\n*a, *a]",
            "more aliases than the limit of `2`; write out what they repeat - at f[1]:3",
        ),
        ("[1,2,3,4,5,6,7,8,9,0,1]", None),
        (
            "[1,2,3,4,5,6,7,8,9,0,1,2,3]",
            "more values than the limit of `12`, aliases followed; split it - at f[1]:1",
        ),
        (
            "a: [1,2,3,4,5,6,7, &a 8,*a, *a,9,0]",
            "more values than the limit of `12`, aliases followed; split it - at f[1]:1",
        ),
        (
            "- &a [1, 2]\n- *a\n- *a",
            "aliases repeat more values than the limit of `5`; write them out - at f[1]:3",
        ),
    ],
)
def test_read_documents__keeps_to_its_limits(text, message):
    """Length, depth, aliases and values of one document are bounded, aliases counted as what they repeat."""
    assert read(text, SMALL)[1] == ([] if message is None else [message])


def test_read_documents__bounds_documents_not_files():
    """A stream may be longer than any of its documents."""
    assert len(read("a: 1\n---\n" * 100, SMALL)[0]) == 100


@pytest.mark.parametrize("text", ["[" * 1_000_000, "{a: " * 700_000, "- " * 1_000_000, "? " * 1_000_000])
def test_read_documents__survives_deep_nesting(text):
    """Nesting that would overrun the stack of other readers is refused at the limit."""
    limits = Limits(document_bytes=4_000_000, whole_json_bytes=4_000_000)
    (problem,) = read(text, limits)[1]
    assert problem.startswith(("nesting is deeper than the limit of `64` levels", "expected JSON with a key"))


def test_read_documents__survives_alias_bombs():
    """Nine levels of nine aliases are not expanded."""
    levels = "".join(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10))
    (problem,) = read("a0: &a0 x\n" + levels)[1]
    assert problem == "aliases repeat more values than the limit of `1000000`; write them out - at f[1]:8"
