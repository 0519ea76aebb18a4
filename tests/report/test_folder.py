"""The report folder."""

from __future__ import annotations

import json

import duckdb
import polars as pl
import pyarrow as pa
import pytest

from auditor.errors import SinkError
from auditor.report import schema
from auditor.report.folder import ReportFolder
from auditor.report.summary import Summary

FILES = ["rejected.arrow", "rules.arrow", "run.json", "summary.arrow", "violations-00000.arrow"]


@pytest.fixture
def write(cluster, run):
    """Return the writer of a whole report of some flows, in batches of ``size``."""

    def write(out, rows, size=1000, *, reason=None, force=False, kind="violations", rows_per_file=100):
        summary = Summary()
        with ReportFolder(out, kind, force=force, rows_per_file=rows_per_file) as report:
            for at in range(0, len(rows), size):
                batch = cluster.rows(rows[at : at + size], first=at + 1)
                report.add(batch)
                summary.add(batch)
            assert report.n_rows == len(rows)
            contents = (cluster.tables, cluster.totals(rows), summary, run)
            if reason is None:
                report.finish(*contents)
            else:
                report.abort(reason, *contents)
        return {path.name: path.read_bytes() for path in sorted(out.iterdir())}

    return write


@pytest.fixture
def rows(row, outcomes):
    """Return 250 flows of all kinds."""
    ways = [{}, outcomes["MISDROPPED"], outcomes["UNDECIDED"], outcomes["PERMITTED"], {"time": None}]
    return [row(**ways[n % 5], src=f"198.51.100.{n % 97}", src_port=n, packets=n or None) for n in range(250)]


def _names(folder):
    return sorted(path.name for path in folder.iterdir())


def _table(content):
    return pa.ipc.open_file(pa.py_buffer(content)).read_all()


def test_finish__writes_every_file(tmp_path, write, rows):
    """The folder holds flow rows, summary, rules, rejected rows and the record of the run, no more."""
    files = write(tmp_path / "a" / "report", rows)
    assert list(files) == [*FILES, "violations-00001.arrow", "violations-00002.arrow"]
    tables = {name: _table(content) for name, content in files.items() if name.endswith(".arrow")}
    for table in tables.values():
        table.validate(full=True)
    flows = pa.concat_tables(tables[name] for name in files if name.startswith("violations"))
    assert flows.schema.equals(schema.FLOWS, check_metadata=True)
    assert flows["source_row"].to_pylist() == list(range(1, 251))
    assert sum(tables["summary.arrow"]["flows"].to_pylist()) == 250
    assert tables["rules.arrow"]["flows"].to_pylist() == [100, 0]
    document = json.loads(files["run.json"])
    assert document["complete"] is True
    assert document["rows"]["read"] == 250


def test_finish__writes_an_empty_flow_file_where_nothing_was_found(tmp_path, write):
    """Readers find a flow file with all columns also after a clean run."""
    files = write(tmp_path, [])
    assert list(files) == FILES
    table = _table(files["violations-00000.arrow"])
    assert table.num_rows == 0
    assert table.schema.equals(schema.FLOWS, check_metadata=True)


def test_finish__names_flow_files_after_their_rows(tmp_path, write, rows):
    """With all rows the files are called verdicts."""
    names = list(write(tmp_path, rows, kind="all", rows_per_file=1000))
    assert names == [*FILES[:-1], "verdicts-00000.arrow"]


@pytest.mark.parametrize("size", [1, 7, 100, 101])
def test_finish__gives_the_same_bytes_however_rows_come(tmp_path, write, rows, size):
    """Same rows, same bytes, in every file; the times of the run lie in run.json alone."""
    assert write(tmp_path / "cut", rows, size) == write(tmp_path / "whole", rows)


def test_finish__is_read_by_other_engines(tmp_path, write, rows):
    """Polars and DuckDB read every file without this project."""
    write(tmp_path, rows, rows_per_file=1000)
    for path in sorted(tmp_path.glob("*.arrow")):
        tbl = pa.ipc.open_file(path).read_all()
        assert pl.read_ipc(path).height == tbl.num_rows
        assert pl.read_ipc(path).columns == tbl.column_names
        # As Arrow: DuckDB hands times with a zone to Python through pytz alone, which this does not need.
        assert duckdb.sql("select * from tbl").to_arrow_table().num_rows == tbl.num_rows
    tbl = pa.ipc.open_file(tmp_path / "violations-00000.arrow").read_all()
    found = duckdb.sql(
        "select src_port, packets from tbl where finding = 'MISDROPPED' and dst_workload = 'db'"
    )
    assert found.fetchall() == [(n, n) for n in range(250) if n % 5 == 1]
    frame = pl.read_ipc(tmp_path / "violations-00000.arrow").filter(pl.col("finding") == "UNDECIDED")
    assert frame["src_port"].to_list() == list(range(2, 250, 5))
    assert frame["src_namespace"].null_count() == 50
    assert frame["ingress_policies"].unique().to_list() == ["NetworkPolicy/pay/db"]


def test_report_folder__refuses_a_report_without_force(tmp_path, write, rows):
    """A report is not overwritten by accident; nothing in it changes."""
    before = write(tmp_path, rows)
    with pytest.raises(SinkError) as caught:
        ReportFolder(tmp_path)
    assert str(caught.value) == (
        "expected a folder without a report, found `rejected.arrow`; `--force` replaces the report"
        f" - at {tmp_path}"
    )
    assert {name: (tmp_path / name).read_bytes() for name in before} == before


def test_report_folder__replaces_a_report_with_force(tmp_path, write, rows):
    """The former report goes, unfinished files of it too; files of others stay."""
    write(tmp_path, rows, kind="all")
    kept = {"notes.txt": b"mine", "violations-1.arrow": b"not ours", ".x.partial": b"not ours"}
    for name, content in kept.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / ".verdicts-00003.arrow.partial").write_bytes(b"left by a killed run")
    files = write(tmp_path, [], force=True)
    assert sorted(files) == sorted([*FILES, *kept])
    assert {name: files[name] for name in kept} == kept


def test_report_folder__keeps_the_former_report_until_there_is_a_row(tmp_path, write, rows, cluster):
    """A run that fails before its first row leaves the former report as it was."""
    before = write(tmp_path, rows)
    with ReportFolder(tmp_path, force=True):
        pass
    assert _names(tmp_path) == sorted(before)
    with ReportFolder(tmp_path, force=True) as report:
        report.add(cluster.rows(rows[:1]))
    assert _names(tmp_path) == []


def test_report_folder__accepts_a_folder_of_other_files(tmp_path, write):
    """Files that belong to no report are no reason to refuse."""
    (tmp_path / "summary.csv").write_text("mine")
    assert sorted(write(tmp_path, [])) == sorted([*FILES, "summary.csv"])


def test_report_folder__refuses_a_file(tmp_path):
    """A file is no place for a report."""
    path = tmp_path / "out"
    path.write_text("x")
    with pytest.raises(SinkError) as caught:
        ReportFolder(path, force=True)
    assert str(caught.value) == f"expected a folder, found a file - at {path}"


def test_abort__leaves_a_valid_report_marked_incomplete(tmp_path, write, rows):
    """What was finished is kept, readable, and says that and why it is incomplete."""
    files = write(tmp_path, rows, reason="interrupted")
    assert _table(files["violations-00002.arrow"]).num_rows == 50
    document = json.loads(files["run.json"])
    assert document["complete"] is False
    assert document["missing"] == ["interrupted"]


def test_finish__leaves_no_record_if_a_file_cannot_be_written(tmp_path, write, rows, monkeypatch):
    """On a full disk the error names the file, and the folder does not look like a complete report."""

    def fail(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("auditor.sinks.arrow.os.fsync", fail)
    with pytest.raises(SinkError) as caught:
        write(tmp_path, rows)
    assert str(caught.value) == (
        f"cannot write `violations-00000.arrow`: No space left on device - at {tmp_path}"
    )
    assert _names(tmp_path) == []
