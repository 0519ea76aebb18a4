"""What is left of judged parts can be cut and joined, and says the same."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from auditor.report import schema
from auditor.report.reported import Reported, Texts, least_reported
from auditor.report.rows import flow_rows
from auditor.strings import Strings


@pytest.fixture
def reported(cluster, row):
    """Return the flows of some rows that differ in everything, and what a file of them is called."""

    def make(n_rows=9, file="flows.log", first=1):
        rows = [
            row(src=f"198.51.100.{n % 4}", n_bytes=None if n % 3 else n, time=None if n % 2 else n)
            for n in range(n_rows)
        ]
        flows, verdicts = cluster.batches(rows, file, first)
        return Reported.of(flows, verdicts.at(np.arange(n_rows)))

    return make


def test_of__keeps_the_texts_in_use_only(cluster, row):
    """Addresses of flows that are not chosen do not wait with the others."""
    flows, verdicts = cluster.batches([row(src=f"198.51.100.{n}") for n in range(9)])
    found = Reported.of(flows, verdicts.at(np.array([7, 2, 7])))
    assert found.src_ip.distinct.array().to_pylist()[:2] == ["198.51.100.7", "198.51.100.2"]
    assert found.src_ip.codes.tolist() == [0, 1, 0]
    assert len(found.src_ip.distinct) == 3
    assert found.dst_ip.distinct is found.src_ip.distinct
    assert len(found) == 3


@pytest.mark.parametrize("cut", range(10))
def test_joined__gives_the_rows_of_the_whole(cluster, reported, cut):
    """Flows that were cut apart and put together again are the same rows, byte by byte."""
    whole = reported()
    parts = [part for part in (whole[:cut], whole[cut:]) if len(part)]
    again, rows = flow_rows(cluster.tables, Reported.joined(parts)), flow_rows(cluster.tables, whole)
    assert again.equals(rows)
    for ours, theirs in zip(again.columns, rows.columns, strict=True):
        assert [buffer and buffer.to_pybytes() for buffer in ours.buffers()] == [
            buffer and buffer.to_pybytes() for buffer in theirs.buffers()
        ]


def test_joined__keeps_apart_what_files_say(cluster, reported):
    """Parts of two files keep their names, addresses and row numbers."""
    rows = flow_rows(cluster.tables, Reported.joined([reported(2, "a.log", 5), reported(3, "b.log", 8)]))
    assert rows["source_file"].to_pylist() == ["a.log"] * 2 + ["b.log"] * 3
    assert rows["source_row"].to_pylist() == [5, 6, 8, 9, 10]
    assert rows["src_ip"].to_pylist() == [f"198.51.100.{n}" for n in (0, 1, 0, 1, 2)]


def test_texts_joined__may_repeat_texts():
    """A text of two parts is there twice: whoever writes columns makes it one."""
    one = Texts(np.array([0, 0], dtype=np.int32), Strings.of(pa.array(["a"])))
    both = Texts.joined([one, one])
    assert both.distinct.array().to_pylist() == ["a", "a"]
    assert both.codes.tolist() == [0, 0, 1, 1]


def test_n_bytes__grows_with_the_flows(reported):
    """What waits is counted by rows, so that a reader that is far ahead can wait."""
    assert reported(9).n_bytes == 9 * reported(1).n_bytes > 0


def test_least_reported__tells_findings_that_ask_for_a_look():
    """What is blocked or permitted has no row, but of ``all``."""
    least = least_reported("violations")
    assert {name for code, name in enumerate(schema.FINDING_NAMES) if code >= least} == set(schema.REPORTED)
    assert least_reported("all") == 0


def test_of__takes_all_flows_where_all_have_verdicts(cluster, row):
    """Without places the columns are those of the batch."""
    flows, verdicts = cluster.batches([row(src=f"198.51.100.{n}") for n in range(3)])
    found, chosen = Reported.of(flows, verdicts), Reported.of(flows, verdicts.at(np.arange(3)))
    assert flow_rows(cluster.tables, found).equals(flow_rows(cluster.tables, chosen))


def test_at__counts_among_those_that_were_kept(cluster, row):
    """Places of places."""
    _, verdicts = cluster.batches([row(finding=n % 5) for n in range(9)])
    found = verdicts.at(np.array([8, 3, 1])).at(np.array([1, 2]))
    assert found.places.tolist() == [3, 1]
    assert found.finding.tolist() == [3, 1]
    assert found.counts is verdicts.counts
