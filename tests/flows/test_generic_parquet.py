"""Parquet flow tables: row groups, drifting types, lazy evidence."""

from __future__ import annotations

import gzip

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from auditor.flows.generic import GenericLog
from auditor.flows.options import FlowOptions
from tests.flows.decoded import input_file
from tests.flows.evidence import or_none
from tests.flows.tables import by_columns, generic, parquet_bytes, table

EVIDENCE = {
    "time_start": pa.array([1, None, 3, 4], pa.timestamp("us", "Europe/Berlin")),
    "bytes": [1, 2, None, 4],
}


def parquet(folder, content, **options):
    """Decode Parquet."""
    return generic(folder, content, "parquet", **options)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"row_group_size": 1},
        {"row_group_size": 3},
        {"use_dictionary": False},
        {"compression": "zstd", "data_page_version": "2.0"},
        {"store_schema": False},
    ],
)
@pytest.mark.parametrize("max_part_rows", [1, 3, 100])
def test_parquet_parts__do_not_depend_on_the_layout(tmp_path, options, max_part_rows):
    """Row groups, encodings and the size of parts change nothing."""
    found = parquet(tmp_path, parquet_bytes(table(**EVIDENCE), **options), max_part_rows=max_part_rows)
    assert (found.rows, found.errors) == (by_columns(tmp_path).rows, [])
    assert found.times == [("1000", None), (None, None), ("3000", None), ("4000", None)]
    assert found.counters == [(1, None), (2, None), (None, None), (4, None)]


def test_parquet_parts__unify_dictionaries_that_differ_by_page(tmp_path):
    """Many distinct addresses fall out of the dictionary in mid-column; every row keeps its own."""
    n = 5000
    texts = [f"10.{i >> 16}.{i >> 8 & 255}.{i & 255}" for i in range(n)]
    columns = pa.table(
        {"src_ip": texts, "dst_ip": texts[::-1], "protocol": ["TCP"] * n, "dst_port": [80] * n}
    )
    found = parquet(tmp_path, parquet_bytes(columns, dictionary_pagesize_limit=2000, data_page_size=500))
    assert [row.source for row in found.rows] == texts
    assert [row.destination for row in found.rows] == texts[::-1]


def test_parquet_parts__read_a_compressed_file(tmp_path):
    """A file that was packed as a whole is unpacked in memory."""
    found = parquet(tmp_path, gzip.compress(parquet_bytes(table())))
    assert (len(found.rows), found.errors) == (4, [])


def test_parquet_parts__read_a_table_without_rows(tmp_path):
    """No rows are no error."""
    found = parquet(tmp_path, parquet_bytes(table(dst_port=pa.array([80] * 4)).slice(0, 0)))
    assert (found.rows, found.account.n_rows, found.errors) == ([], 0, [])


def test_parquet_parts__name_what_is_missing(tmp_path):
    """The required columns must be there."""
    found = parquet(tmp_path, parquet_bytes(table(dst_port=None, dstport=[1, 2, 3, 4])))
    message = (
        "expected columns `dst_port` (is it `dstport`?); found `src_ip, dst_ip, protocol, dstport` - at log"
    )
    assert found.errors == [message]


def test_parquet_parts__refuse_unfit_types(tmp_path):
    """A nested column cannot be an address."""
    found = parquet(tmp_path, parquet_bytes(table(src_ip=[["10.0.0.1"]] * 4)))
    message = "column `src_ip` has type `list<element: string>`, expected text or integers - at log"
    assert found.errors == [message]


def test_parquet_parts__refuse_large_row_groups_alone(tmp_path):
    """A row group over the limit is an error at its first row; the next one is read."""
    small = table()
    large = pa.concat_tables([small] * 400)
    columns = pa.concat_tables([small, large])
    content = parquet_bytes(columns, row_group_size=1600)
    size = pq.ParquetFile(pa.BufferReader(content)).metadata.row_group(0).total_byte_size
    found = parquet(tmp_path, content, max_group_bytes=size - 1)
    assert [row.row for row in found.rows] == [1601, 1602, 1603, 1604]
    message = f"it takes {size} bytes, the limit is {size - 1}; write smaller row groups"
    assert found.errors == [f"row group 1 of 2 cannot be read: {message} - at log:1"]


@pytest.mark.parametrize("max_part_rows", [1, 100])
def test_parquet_parts__read_past_a_broken_row_group(tmp_path, max_part_rows):
    """A damaged page costs its row group, those around it are read."""
    content = bytearray(parquet_bytes(table(), row_group_size=2, compression="none", use_dictionary=False))
    place = content.index(b"fe80::1") - 15
    content[place : place + 6] = b"\xff" * 6
    found = parquet(tmp_path, bytes(content), max_part_rows=max_part_rows)
    assert [row.row for row in found.rows] == [3, 4]
    assert len(found.errors) == 1
    assert found.errors[0].startswith("row group 1 of 2 cannot be read: ")
    assert found.errors[0].endswith(" - at log:1")


def test_group_part__refuses_a_code_outside_its_dictionary(tmp_path):
    """A damaged page of dictionary codes is an error, where Arrow alone would read foreign memory."""
    content = parquet_bytes(table(), compression="none")
    # Two bits a code, one run of packed codes: 0, 1, 2, 0 become 0, 3, 3, 0.
    codes = b"\x02\x03\x24\x00"
    assert codes in content
    found = parquet(tmp_path, content.replace(codes, b"\x02\x03\x3c\x00", 1))
    assert (found.rows, found.errors) == ([], ["column `src_ip` is corrupt in the rows from here - at log:1"])


def test_group_part__reads_evidence_of_the_asked_flows_only_when_asked(tmp_path):
    """Places are those in the batch, rejected rows left out."""
    columns = table(src_ip=["x", "fe80::1", "10.0.0.3", "10.0.0.1"], **EVIDENCE)
    log = GenericLog(input_file(tmp_path / "log", parquet_bytes(columns)), FlowOptions(), "parquet")
    batch = next(iter(log.parts()))()
    evidence = batch.evidence(np.array([0, 2]))
    assert batch.rows.tolist() == [2, 3, 4]
    assert or_none(evidence.bytes) == [2, 4]
    assert or_none(evidence.time_start) == [None, 4000]


@pytest.mark.parametrize(
    "change",
    [
        {"dst_port": ["80", None, "53.0", "38412"]},
        {"dst_port": [80.0, None, 53.0, 38412.0]},
        {"dst_port": pa.array([80, None, 53, 38412], pa.int64())},
        {"protocol": [6, 58, 17, 132]},
        {"protocol": ["6", "58", "17", "132"]},
        {"src_ip": pa.array([b"10.0.0.1", b"fe80::1", b"10.0.0.3", b"10.0.0.1"])},
    ],
)
def test_parquet_parts__follow_drifting_types(tmp_path, change):
    """Whatever type a writer chose, the flows are the same."""
    assert by_columns(tmp_path, **change).rows == by_columns(tmp_path).rows
