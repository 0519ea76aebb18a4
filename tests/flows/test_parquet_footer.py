"""The footer read once more: where chunks lie as pyarrow says, and nothing where it is not understood."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from auditor.flows.parquet_footer import CODECS, footer_bytes, read_footer
from tests.flows.vpc_tables import table, write


def footer_of(path):
    """Return the bytes of a footer."""
    content = path.read_bytes()
    size = footer_bytes(content[-8:])
    return content[-8 - size : -8]


@pytest.mark.parametrize("codec", ["none", "snappy", "gzip", "zstd"])
def test_read_footer__says_what_pyarrow_says(tmp_path, codec):
    """Places, sizes, codecs and extremes of every chunk."""
    path = write(tmp_path, compression=codec, row_group_size=2)
    metadata = pq.ParquetFile(path).metadata
    footer = read_footer(footer_of(path), metadata.num_row_groups)
    assert list(footer.names) == table().column_names
    for group in range(metadata.num_row_groups):
        for place, name in enumerate(footer.names):
            chunk, theirs = footer.chunk(group, name), metadata.row_group(group).column(place)
            assert chunk.start == theirs.dictionary_page_offset
            assert chunk.start + chunk.data_start == theirs.data_page_offset
            assert (chunk.size, chunk.n_values) == (theirs.total_compressed_size, theirs.num_values)
            assert CODECS[chunk.codec].upper() == ("" if codec == "none" else theirs.compression)
            statistics = theirs.statistics
            if pa.types.is_integer(table().schema.field(name).type) and not statistics.null_count:
                assert (chunk.first, chunk.last) == (statistics.min, statistics.max)
            else:
                assert (chunk.first, chunk.last) == (None, None)
    assert footer.chunk(0, "no such column") is None
    assert footer.span(0, ["srcport", "dstport"]) == (443, 40000)
    assert footer.span(1, ["srcport"]) is None  # a null among them
    assert footer.span(0, []) is None


@pytest.mark.parametrize(
    "content",
    [
        pa.table({"nested": [{"inner": 1}]}),
        pa.table({"list": [[1, 2]]}),
        pa.table([[1], [2]], names=["twice", "twice"]),
    ],
    ids=["struct", "list", "twice"],
)
def test_read_footer__leaves_other_shapes(tmp_path, content):
    """Only flat columns of different names are read."""
    path = tmp_path / "file.parquet"
    pq.write_table(content, path)
    assert read_footer(footer_of(path), 1) is None


def test_read_footer__believes_nothing(tmp_path):
    """Cut anywhere, or with another number of row groups, it is not used."""
    content = footer_of(write(tmp_path))
    assert read_footer(content, 1) is not None
    assert read_footer(content, 2) is None
    assert all(read_footer(content[:size], 1) is None for size in range(0, len(content) - 200, 7))


@pytest.mark.parametrize("tail", [b"", b"PAR1", b"\0\0\0\0PARE", b"\0\0\0\0par1"])
def test_footer_bytes__knows_the_mark(tail):
    """Encrypted footers have another one."""
    assert footer_bytes(tail) is None
