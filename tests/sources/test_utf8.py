"""Bytes to text, whichever way it was written."""

from __future__ import annotations

import bz2
import functools
import gzip
import lzma

import pytest

from auditor.sources.utf8 import TextError, utf8_text

squeezed = functools.partial(gzip.compress, mtime=0)
"""The same bytes at any time: they name test cases, and workers must agree on the names."""

TEXT = "a: é\n"
PLAIN = TEXT.encode()


@pytest.mark.parametrize(
    "content",
    [
        PLAIN,
        b"\xef\xbb\xbf" + PLAIN,
        TEXT.encode("utf-16"),
        b"\xfe\xff" + TEXT.encode("utf-16-be"),
        squeezed(PLAIN),
        squeezed(PLAIN[:4]) + squeezed(PLAIN[4:]) + b"\0\0",
        squeezed(b"\xef\xbb\xbf" + PLAIN),
        squeezed(TEXT.encode("utf-16")),
    ],
)
def test_utf8_text__is_the_same_text(content):
    """UTF-8, UTF-16 with its mark and gzip of either, also in members and padded, are the same text."""
    assert utf8_text(content) == PLAIN


def test_utf8_text__takes_characters_over_the_edge_of_a_step():
    """A character may lie across the pieces in which a long text is looked at."""
    content = b"x" * (2**20 - 1) + PLAIN
    assert utf8_text(content) == content


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (bz2.compress(PLAIN), ("a bzip2 archive", None, None)),
        (lzma.compress(PLAIN), ("an xz archive", None, None)),
        (b"\x28\xb5\x2f\xfd", ("a zstd archive", None, None)),
        (b"\x04\x22\x4d\x18", ("an lz4 archive", None, None)),
        (b"PK\x03\x04", ("a zip archive", None, None)),
        (b"PAR1", ("a Parquet file", None, None)),
        (squeezed(b"ARROW1"), ("an Arrow file", None, None)),
        (TEXT.encode("utf-32"), ("UTF-32", None, None)),
        (b"\xff\xfe\x00", ("other bytes", "UTF-16 after its byte order mark", None)),
        (b"a\nb\n\xe9", ("byte `0xe9`", "UTF-8 text", 3)),
        (b"\n" * 2**20 + b"\xc3(", ("byte `0xc3`", "UTF-8 text", 2**20 + 1)),
        (PLAIN + b"\xc3", ("byte `0xc3`", "UTF-8 text", 2)),
        (squeezed(PLAIN)[:-3], ("a file that ends inside it", "whole gzip", None)),
        (b"\x1f\x8bnonsense", ("broken gzip", "gzip", None)),
        (squeezed(PLAIN) + b"x", ("broken gzip", "gzip", None)),
        (squeezed(b" " * (2**26 + 1)), ("more", "at most 67108864 bytes in gzip", None)),
    ],
)
def test_utf8_text__says_what_came(content, error):
    """What is no text is named, with what was expected at its place and the line."""
    with pytest.raises(TextError) as caught:
        utf8_text(content)
    assert (caught.value.came, caught.value.expected, caught.value.line) == error
    assert str(caught.value) == f"expected {error[1] or 'text'}, came {error[0]}"
