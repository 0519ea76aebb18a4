"""VPC flow logs as Parquet: parts, evidence, accounts and broken files."""

from __future__ import annotations

import gzip
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa
import pytest

from auditor.errors import SourceError
from auditor.flows.vpc_columns import NO_PACKET_ADDRESSES
from tests.flows.evidence import or_none
from tests.flows.reading import flows_of, opened, read, rejects
from tests.flows.vpc_tables import FLOWS, RECORDS, table, write


def test_vpc_parquet__reads_what_aws_writes(tmp_path):
    """Underscored names, 32-bit numbers with nulls beside texts with ``-``, GZIP: every row is a flow or counted."""
    log = opened(write(tmp_path))
    assert (log.format, log.file, log.warnings) == ("vpc-parquet", str(tmp_path / "flows.log.parquet"), ())
    flows, account, failures = read(log)
    assert flows == FLOWS
    assert (account.n_rows, account.skipped, account.rejected, failures) == (5, {"NODATA": 1}, {}, [])


@pytest.mark.parametrize("rows", [1, 2, 3, 5])
@pytest.mark.parametrize("limit", [1, 2, 1 << 20])
def test_vpc_parquet__does_not_depend_on_row_groups(tmp_path, rows, limit):
    """However the rows are grouped, and however groups are cut, the flows and the account are the same."""
    log = opened(write(tmp_path, row_group_size=rows), max_part_rows=limit)
    assert len(list(log.parts())) == sum(-(-len(group) // limit) for group in _groups(rows))
    flows, account, failures = read(log)
    assert (flows, account.n_rows, account.skipped, failures) == (FLOWS, 5, {"NODATA": 1}, [])


def _groups(rows):
    return [range(5)[first : first + rows] for first in range(0, 5, rows)]


def test_vpc_parquet__parts_are_independent(tmp_path):
    """Parts decode on any thread, in any order."""
    many = pa.concat_tables([table()] * 40)
    parts = list(opened(write(tmp_path, many, row_group_size=5)).parts())
    with ThreadPoolExecutor(4) as pool:
        batches = list(pool.map(lambda part: part(), reversed(parts)))
    flows = [flow[1:] for batch in reversed(batches) for flow in flows_of(batch)]
    assert flows == [flow[1:] for flow in FLOWS] * 40
    assert [batch.rows[0] for batch in reversed(batches)] == list(range(1, 201, 5))


@pytest.mark.parametrize("limit", [2, 1 << 20])
def test_vpc_parquet__loads_evidence_of_chosen_flows(tmp_path, limit):
    """Times and counters are those of the flows asked for, with the rows that are no flows left out."""
    found = []
    for part in opened(write(tmp_path), max_part_rows=limit).parts():
        batch = part()
        for flow in range(batch.n_flows):
            evidence = batch.evidence(np.array([flow]))
            found.append((*or_none(evidence.bytes), *or_none(evidence.packets)))
    assert found == [flow[10:] for flow in FLOWS]


def test_vpc_parquet__has_no_evidence_where_there_is_none(tmp_path):
    """A log without times and counters has null for them."""
    lacking = table(start=None, end=None, bytes=None, packets=None)
    flows, _, _ = read(opened(write(tmp_path, lacking)))
    assert [flow[8:] for flow in flows] == [(None,) * 4] * 4


def test_vpc_parquet__warns_of_interface_addresses(tmp_path):
    """Without the packet's addresses no claim about pods is possible; the interface's are judged."""
    log = opened(write(tmp_path, table(pkt_srcaddr=None, pkt_dstaddr=None)))
    assert log.warnings == (NO_PACKET_ADDRESSES,)
    flows, _, _ = read(log)
    assert [flow[1:3] for flow in flows][:2] == [("10.0.0.1", "10.0.0.2"), ("10.0.0.2", "10.0.0.1")]


def test_vpc_parquet__needs_no_status_action_or_flags(tmp_path):
    """A log of few columns is judged as far as it goes: what happened is unseen."""
    few = table(
        action=None, log_status=None, tcp_flags=None, srcport=None, version=None, srcaddr=None, dstaddr=None
    )
    flows, account, _ = read(opened(write(tmp_path, few)))
    assert [flow[4:8] for flow in flows] == [
        (0, 443, None, "unseen"),
        (0, 40000, None, "unseen"),
        (0, 53, None, "unseen"),
    ]
    assert account.skipped == {"NODATA or SKIPDATA": 1}
    assert rejects(account) == {"source address is missing": [4]}


def test_vpc_parquet__rejects_rows_alone(tmp_path):
    """Each broken row is counted with its reason and number."""
    content = table(
        pkt_srcaddr=["10.1.0.1", "nonsense", "-", "-", "10.1.0.5"],
        dstport=[443, -1, None, 0, 70000],
        log_status=["OK", "OK", "NODATA", "OK", "OK"],
        protocol=[300, 6, 6, 1, 17],
    )
    flows, account, _ = read(opened(write(tmp_path, content)))
    assert [flow[0] for flow in flows] == [4]
    assert rejects(account) == {
        "protocol is no number from 0 to 255": [1],
        "source address is no IP address": [2],
        "log-status is NODATA, yet the record has a protocol or an action": [3],
        "destination port is no number from 0 to 65535": [5],
    }


def test_vpc_parquet__counts_losses(tmp_path):
    """SKIPDATA says that records were lost."""
    content = table(log_status=["OK", "OK", "SKIPDATA", "OK", None])
    flows, account, _ = read(opened(write(tmp_path, content)))
    assert (len(flows), account.skipped, account.losses) == (4, {"SKIPDATA": 1}, {"SKIPDATA": 1})


def test_vpc_parquet__reads_hive_folders_and_compressed_files(tmp_path):
    """Keys in the path change nothing; a file that was compressed as a whole is read all the same."""
    path = write(tmp_path, name="AWSLogs/aws-region=eu-west-1/year=2024/flows.log.parquet")
    squeezed = tmp_path / "flows.parquet.gz"
    squeezed.write_bytes(gzip.compress(path.read_bytes()))
    assert read(opened(path))[0] == read(opened(squeezed))[0] == FLOWS


def test_vpc_parquet__skips_empty_tables(tmp_path):
    """A file without rows is a file without flows."""
    flows, account, failures = read(opened(write(tmp_path, table().slice(0, 0))))
    assert (flows, account.n_rows, failures) == ([], 0, [])


def test_vpc_parquet__refuses_tables_it_cannot_judge(tmp_path):
    """What is missing, doubled or of a strange type is named."""
    place = f" - at {tmp_path / 'flows.log.parquet'}"
    for content, message in (
        (
            table(protocol=None, dstport=None),
            "expected columns `dstport` and `protocol` of a VPC flow log, found none",
        ),
        (
            pa.table(
                {**dict(zip(table().column_names, table().columns, strict=True)), "Pkt-SrcAddr": ["::1"] * 5}
            ),
            "column `pkt-srcaddr` stands more than once in the table",
        ),
        (
            table(protocol=pa.array([[6]] * 5)),
            "column `protocol` has type `list<element: int64>`, expected numbers or text",
        ),
        (
            table(srcaddr=[None] * 5, pkt_dstaddr=pa.array(range(5))),
            "column `pkt_dstaddr` has type `int64`, expected text",
        ),
        (
            table(end=pa.array([True] * 5)),
            "column `end` has type `bool`, expected numbers, timestamps or text",
        ),
    ):
        with pytest.raises(SourceError) as caught:
            opened(write(tmp_path, content))
        assert str(caught.value) == message + place


def test_vpc_parquet__reads_around_a_broken_row_group(tmp_path):
    """A row group that cannot be read is one failure with its first row; the others are judged."""
    path = write(
        tmp_path, pa.concat_tables([table()] * 3), row_group_size=5, compression="none", use_dictionary=False
    )
    content = bytearray(path.read_bytes())
    first = content.index(b"10.1.0.1")
    second = content.index(b"10.1.0.1", content.index(b"eu-west-1", first))
    # The length in front of a text, far beyond the page.
    content[second - 4 : second] = b"\xff\xff\xff\x7f"
    path.write_bytes(bytes(content))
    flows, account, failures = read(opened(path))
    assert [flow[0] for flow in flows] == [1, 2, 4, 5, 11, 12, 14, 15]
    assert account.n_rows == 10
    (failure,) = failures
    assert failure.startswith("row group 2 of 3 cannot be read: ")
    assert failure.endswith(f" - at {path}:6")
    flows, _, failures = read(opened(path, max_part_rows=2))
    assert [flow[0] for flow in flows][-4:] == [11, 12, 14, 15]
    assert len(failures) == 1


def test_vpc_parquet__refuses_row_groups_that_are_too_large(tmp_path):
    """A row group that would not fit in memory is refused by its size, before it is read."""
    path = write(tmp_path)
    flows, _, (failure,) = read(opened(path, max_group_bytes=100))
    assert flows == []
    reason, _, rest = failure.partition(" bytes, ")
    assert reason.startswith("row group 1 of 1 cannot be read: it takes ")
    assert rest == f"the limit is 100; write smaller row groups - at {path}:1"


def test_vpc_parquet__does_not_unfold_long_texts(tmp_path):
    """A long value in many rows is kept once, and is a broken address."""
    n = 20_000
    long = pa.DictionaryArray.from_arrays(pa.array(np.zeros(n, np.int32)), pa.array(["x" * 60_000]))
    records = {name: [values[0]] * n for name, values in RECORDS.items()}
    path = write(tmp_path, table(records, pkt_srcaddr=long))
    (part,) = opened(path).parts()
    before = pa.total_allocated_bytes()
    batch = part()
    assert pa.total_allocated_bytes() - before < 10_000_000
    assert batch.account.rejected["source address is no IP address"].count == n


@pytest.mark.parametrize("cut", [0, 4, 100, -1, -8])
def test_vpc_parquet__says_that_a_file_is_broken(tmp_path, cut):
    """A file without its footer is one sentence."""
    path = write(tmp_path)
    path.write_bytes(b"PAR1" + path.read_bytes()[4:cut])
    with pytest.raises(SourceError) as caught:
        opened(path)
    assert str(caught.value).startswith("file cannot be read as Parquet: ")
    assert str(caught.value).endswith(f" - at {path}")
    assert "\n" not in str(caught.value)
