"""A page is decompressed to the size that it claims, or left to the exact reader."""

from __future__ import annotations

import gzip
import zlib
from types import SimpleNamespace

import numpy as np
import pytest

from auditor.flows.parquet_footer import CODECS
from auditor.flows.parquet_pages import Pages, Surprise
from kernels import pages as page

CONTENT = bytes(range(200)) * 3
GZIP = next(code for code, name in CODECS.items() if name == "gzip")


def body(stored, size):
    """Return what a page of gzip holds that claims to hold ``size`` bytes."""
    row = np.zeros(page.PAGE, np.int64)
    row[page.STORED], row[page.PLAIN_SIZE] = len(stored), size
    pages = Pages(SimpleNamespace(codec=GZIP), memoryview(stored), None, row.reshape(1, -1))
    return bytes(pages.body(row))


def test_body__is_what_was_compressed():
    """As any writer compresses it."""
    for level in (0, 1, 9):
        assert body(gzip.compress(CONTENT, level), len(CONTENT)) == CONTENT
    assert body(gzip.compress(b""), 0) == b""


def with_header_checksum(stored, checksum):
    """Return a member whose header has a checksum."""
    return stored[:3] + b"\2" + stored[4:10] + checksum.to_bytes(2, "little") + stored[10:]


STORED = gzip.compress(CONTENT, mtime=0)
FLAGGED = STORED[:3] + b"\2" + STORED[4:10]


@pytest.mark.parametrize(
    ("stored", "size"),
    [
        (STORED, len(CONTENT) - 1),
        (STORED, len(CONTENT) + 1),
        (STORED, 0),
        (STORED[:-1], len(CONTENT)),
        (STORED[:-8] + bytes(8), len(CONTENT)),
        (STORED[:3], len(CONTENT)),
        (b"", len(CONTENT)),
        (bytes(40), 3),
        (zlib.compress(CONTENT), len(CONTENT)),
        (STORED[:3] + b"\x20" + STORED[4:], len(CONTENT)),
        (with_header_checksum(STORED, zlib.crc32(FLAGGED) & 0xFFFF), len(CONTENT)),
        (with_header_checksum(STORED, 1), len(CONTENT)),
    ],
    ids=[
        "less",
        "more",
        "none",
        "cut",
        "checksum",
        "head",
        "nothing",
        "zeros",
        "zlib",
        "reserved",
        "good",
        "bad",
    ],
)
def test_body__is_left_to_others_if_it_is_unusual(stored, size):
    """Broken, of another size, or with a header that Arrow looks at more closely."""
    with pytest.raises(Surprise):
        body(stored, size)


def test_body__does_not_believe_the_size_at_its_end():
    """A page that claims to be empty and ends in the size of four gigabytes takes no memory."""
    with pytest.raises(Surprise):
        body(STORED[:-4] + b"\xff\xff\xff\xff", 0)
