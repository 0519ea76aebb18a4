"""Files appear complete or not at all."""

from __future__ import annotations

import errno
import os
import resource
import threading

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from auditor.errors import SinkError
from auditor.sinks.arrow import Folder, RollingTable
from auditor.sinks.columns import TEXT

SCHEMA = pa.schema([("name", TEXT), ("count", pa.int64())])


def _batch(counts):
    names = pa.array([f"name-{count % 3}" for count in counts], pa.string()).dictionary_encode()
    return pa.RecordBatch.from_arrays([names, pa.array(counts, pa.int64())], schema=SCHEMA)


def _read(path):
    return pa.ipc.open_file(path).read_all()


def _rolled(path, batches, rows_per_file=10):
    with Folder(path) as folder:
        table = RollingTable(folder, "rows", SCHEMA, rows_per_file)
        for batch in batches:
            table.add(batch)
        table.finish()
        table.settle()
        table.close()
    return {file.name: file.read_bytes() for file in sorted(path.iterdir())}


def test_folder__creates_missing_parents(tmp_path):
    """A folder that does not exist is made, with its parents."""
    with Folder(tmp_path / "a" / "b") as folder:
        folder.write_text("note.json", b"{}")
        assert folder.names() == ["note.json"]
    assert (tmp_path / "a" / "b" / "note.json").read_bytes() == b"{}"


def test_folder__refuses_a_file(tmp_path):
    """A path that is a file is no folder."""
    path = tmp_path / "out"
    path.write_text("x")
    with pytest.raises(SinkError) as caught:
        Folder(path)
    assert str(caught.value) == f"expected a folder, found a file - at {path}"


def test_folder__says_why_it_cannot_be_created(tmp_path):
    """A parent that is a file is told in the words of the system."""
    (tmp_path / "file").write_text("x")
    path = tmp_path / "file" / "out"
    with pytest.raises(SinkError) as caught:
        Folder(path)
    assert str(caught.value) == f"cannot create the folder: Not a directory - at {path}"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EIO])
def test_write_table__translates_failures_and_leaves_nothing(tmp_path, monkeypatch, number):
    """A full disk is a SinkError that names file and folder; no part of the file stays."""

    def fail(_descriptor):
        raise OSError(number, os.strerror(number))

    with Folder(tmp_path) as folder:
        monkeypatch.setattr("auditor.sinks.arrow.os.fsync", fail)
        with pytest.raises(SinkError) as caught:
            folder.write_table("rows.arrow", pa.Table.from_batches([_batch([1])]))
        assert str(caught.value) == f"cannot write `rows.arrow`: {os.strerror(number)} - at {tmp_path}"
        assert folder.names() == []


def test_write_table__translates_what_the_arrow_writer_meets(tmp_path):
    """A write refused by the system below the Arrow writer is a SinkError too, and leaves nothing."""
    counts = np.random.default_rng(1).integers(0, 1 << 60, 100_000).tolist()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Folder(tmp_path) as folder:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
        try:
            with pytest.raises(SinkError) as caught:
                folder.write_table("rows.arrow", pa.Table.from_batches([_batch(counts)]))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert folder.names() == []
    assert str(caught.value) == f"cannot write `rows.arrow`: File too large - at {tmp_path}"


def _failing(_descriptor):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_rolling_table__tells_of_a_file_that_was_not_written(tmp_path, monkeypatch):
    """The next file does, or who waits for the last one; nothing of it stays."""
    told = f"cannot write `rows-00000.arrow`: {os.strerror(errno.ENOSPC)} - at {tmp_path}"
    with Folder(tmp_path) as folder:
        monkeypatch.setattr("auditor.sinks.arrow.os.fsync", _failing)
        table = RollingTable(folder, "rows", SCHEMA, 10)
        with pytest.raises(SinkError) as caught:
            table.add(_batch(list(range(25))))
        assert str(caught.value) == told
        table.close()
        table = RollingTable(folder, "rows", SCHEMA, 10)
        table.add(_batch([1]))
        table.finish()
        with pytest.raises(SinkError) as caught:
            table.settle()
        assert str(caught.value) == told
        table.settle()
        table.close()
        assert folder.names() == []


def test_rolling_table__takes_rows_while_a_file_is_written(tmp_path, monkeypatch):
    """One file is written at a time; a second one that is full waits for it."""
    may_write = threading.Event()
    write_table = Folder.write_table

    def write(self, name, table):
        assert may_write.wait(30)
        write_table(self, name, table)

    monkeypatch.setattr(Folder, "write_table", write)
    with Folder(tmp_path) as folder:
        table = RollingTable(folder, "rows", SCHEMA, 10)
        table.add(_batch(list(range(19))))
        assert (folder.names(), table.n_files, table.n_rows) == ([], 1, 19)
        threading.Timer(0.05, may_write.set).start()
        table.add(_batch([19]))
        assert "rows-00000.arrow" in folder.names()
        table.close()
        assert folder.names() == ["rows-00000.arrow", "rows-00001.arrow"]


def test_check_writable__translates_a_refusal(tmp_path, monkeypatch):
    """A folder that takes no file is told before the work."""
    with Folder(tmp_path) as folder:

        def refuse(*_, **__):
            raise PermissionError(errno.EACCES, "Permission denied")

        monkeypatch.setattr("auditor.sinks.arrow.os.open", refuse)
        with pytest.raises(SinkError) as caught:
            folder.check_writable()
    assert str(caught.value) == f"cannot write into the folder: Permission denied - at {tmp_path}"


def test_folder__translates_failures_of_listing_and_removing(tmp_path, monkeypatch):
    """Listing and removing fail as writing does."""

    def fail(*_, **__):
        raise OSError(errno.EIO, "Input/output error")

    with Folder(tmp_path) as folder:
        monkeypatch.setattr("auditor.sinks.arrow.os.scandir", fail)
        monkeypatch.setattr("auditor.sinks.arrow.os.unlink", fail)
        with pytest.raises(SinkError) as listing:
            folder.names()
        with pytest.raises(SinkError) as removing:
            folder.remove("rows.arrow")
    assert str(listing.value) == f"cannot list the folder: Input/output error - at {tmp_path}"
    assert str(removing.value) == f"cannot remove `rows.arrow`: Input/output error - at {tmp_path}"


def test_write_text__never_follows_a_link(tmp_path):
    """A link left at the partial name is no way to overwrite another file."""
    target = tmp_path / "target"
    target.write_text("precious")
    out = tmp_path / "out"
    out.mkdir()
    (out / ".run.json.partial").symlink_to(target)
    with Folder(out) as folder, pytest.raises(SinkError) as caught:
        folder.write_text("run.json", b"{}")
    assert str(caught.value) == f"cannot write `run.json`: Too many levels of symbolic links - at {out}"
    assert target.read_text() == "precious"


def test_write_text__keeps_the_former_file_until_the_new_one_is_complete(tmp_path, monkeypatch):
    """A failure leaves the former file under the name."""
    with Folder(tmp_path) as folder:
        folder.write_text("run.json", b"old")
        monkeypatch.setattr("auditor.sinks.arrow.os.rename", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            folder.write_text("run.json", b"new")
        assert folder.names() == ["run.json"]
    assert (tmp_path / "run.json").read_bytes() == b"old"


@pytest.mark.parametrize("n_rows", [0, 1, 9, 10, 11, 20, 35])
def test_rolling_table__fills_files_in_order(tmp_path, n_rows):
    """Files hold so many rows each, the last what is left; there is always one."""
    files = _rolled(tmp_path, [_batch(list(range(n_rows)))])
    assert list(files) == [f"rows-{number:05}.arrow" for number in range(max(1, -(-n_rows // 10)))]
    tables = [_read(tmp_path / name) for name in files]
    assert [row["count"] for table in tables for row in table.to_pylist()] == list(range(n_rows))
    assert all(table.num_rows == 10 for table in tables[:-1])
    assert all(table.schema == SCHEMA for table in tables)


@pytest.mark.parametrize("size", [1, 3, 7, 10, 1000])
def test_rolling_table__gives_the_same_bytes_however_rows_come(tmp_path, size):
    """Batches of any size give the files of one batch, byte by byte."""
    counts = list(range(700))
    whole = _rolled(tmp_path / "whole", [_batch(counts)], 300)
    cut = _rolled(tmp_path / "cut", [_batch(counts[at : at + size]) for at in range(0, 700, size)], 300)
    assert cut == whole


def test_write_table__is_read_by_other_engines(tmp_path):
    """The file has one dictionary a column and LZ4 buffers, and polars and DuckDB read it."""
    counts = list(range(200_000))
    _rolled(tmp_path, [_batch(counts[:150_000]), _batch(counts[150_000:])], 200_000)
    path = tmp_path / "rows-00000.arrow"
    reader = pa.ipc.open_file(path)
    assert reader.num_record_batches == 4
    table = reader.read_all()
    assert reader.stats.num_dictionary_batches == 1
    assert table["name"].chunk(3).dictionary.to_pylist() == ["name-0", "name-1", "name-2"]
    frame = pl.read_ipc(path)
    assert frame.shape == (200_000, 2)
    assert frame["name"].cast(pl.String)[199_999] == "name-1"
    tbl = _read(path)
    rows = duckdb.sql("select name, count(*) from tbl group by name order by name").fetchall()
    assert rows == [("name-0", 66_667), ("name-1", 66_667), ("name-2", 66_666)]
    assert path.stat().st_size < tbl.nbytes


def test_folder__closes_once(tmp_path):
    """Closing twice is closing."""
    folder = Folder(tmp_path)
    folder.close()
    folder.close()
    with pytest.raises(AssertionError, match="the folder is closed"):
        folder.names()
