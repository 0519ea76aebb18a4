"""Files that are no text of objects: which error, and where."""

from __future__ import annotations

import functools
import gzip
import json

import pytest

from tests.inventory.clusters import pod, problems

squeezed = functools.partial(gzip.compress, mtime=0)
"""The same bytes at any time: they name test cases, and workers must agree on the names."""

WEB = json.dumps(pod())


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "expected Kubernetes objects, got an empty file - at f"),
        (b" \n\t\n", "expected Kubernetes objects, got an empty file - at f"),
        (b"\xef\xbb\xbf", "expected Kubernetes objects, got an empty file - at f"),
        (b"PAR1\x15\x04", "expected JSON or YAML, got a Parquet file - at f"),
        (b"\x28\xb5\x2f\xfd\x00", "expected JSON or YAML, got a zstd archive - at f"),
        (b"PK\x03\x04", "expected JSON or YAML, got a zip archive - at f"),
        (b"\x1f\x8bnonsense", "expected gzip, got broken gzip - at f"),
        (squeezed(WEB.encode())[:-9], "expected whole gzip, got a file that ends inside it - at f"),
        (squeezed(b" " * (2**26 + 1)), "expected at most 67108864 bytes in gzip, got more - at f"),
        (b"\xff\xfe\x00", "expected UTF-16 after its byte order mark, got other bytes - at f"),
        (b'{"a": 1,\n"\xff"', "expected UTF-8 text, got byte `0xff` - at f:2"),
        (b"a: b\n# \xc3", "expected UTF-8 text, got byte `0xc3` - at f:2"),
        (b"\n" * 2**20 + b"\xc3(", "expected UTF-8 text, got byte `0xc3` - at f:1048577"),
        (b'{"kind": \x00}', "JSON is malformed: invalid character in column 10 - at f:1"),
        (b'{\n  "kind": "Pod",\n}', "JSON is malformed: trailing comma in object in column 1 - at f:3"),
        (b"[" * 100_000, "JSON is malformed: nested too deeply in column 1 - at f:1"),
        (b'{"x":' * 100_000, "JSON is malformed: nested too deeply in column 1 - at f:1"),
        (b'\n {"kind": "Pod"', "JSON is malformed: the text ends inside a value opened in column 2 - at f:2"),
        (
            b'{"kind": "\\ud800", "x": "            "}',
            "JSON is malformed: unexpected end of hex escape in column 17 - at f:1",
        ),
        (b"kind: Pod\nmetadata: [", "YAML is malformed: did not find expected node content - at f[1]:3"),
        (b"kind: Pod\x00", "YAML is malformed: character U+0000 is not allowed - at f[1]:1"),
        (b"a: " + b"[" * 100_000, "expected YAML at most 64 levels deep, got more - at f[1]:1"),
        (b"kind: Pod\nkind: Node", "expected every key once, got `kind` again - at f[1]:2"),
    ],
)
def test_read_values__says_what_is_wrong_with_a_file(content, expected):
    """An unreadable file is one error with its place."""
    assert problems(content) == [expected]


def test_read_values__rest_of_the_file_is_read_after_a_broken_line():
    """A broken line hides neither the lines after it nor the problems in them."""
    broken = [WEB, WEB[:-2], '{"kind": Pod}', '{"kind": "Pod"}', WEB, '{"kind": "Pod", "metadata": {}}']
    assert problems("\n".join(broken)) == [
        "JSON is malformed: expected ',' or '}' in column 1 - at f:3",
        "expected `metadata`, got none - at f:4 $",
        "expected a name, got none - at f:6 $.metadata.name",
    ]


def test_read_values__text_after_a_value_is_an_error():
    """Nothing may follow a value but another one."""
    assert problems(WEB + "\n]") == ["JSON is malformed: invalid character in column 1 - at f:2"]
