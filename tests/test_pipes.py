"""Audits of what comes through a pipe: read as it comes, ended by a request to stop, and never read twice."""

from __future__ import annotations

import gzip
import io
import os
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pyarrow.parquet as pq
import pytest
from blake3 import blake3

import auditor
from auditor.config import AuditOptions
from auditor.errors import SourceError
from auditor.flows.options import FlowOptions
from auditor.run import Run
from tests.end_to_end.breaking import TABLE, hubble, ipc
from tests.small_cluster import FLOWS, HEADER, VIOLATION, cluster

__all__ = ["cluster"]

SMALL = FlowOptions(block_bytes=512, max_part_rows=7)


@pytest.fixture
def tables(cluster):
    """Return the tables of the small cluster."""
    return auditor.compile("policies.yaml", "cluster.json")


def given(monkeypatch, content):
    """Make bytes what standard input gives."""
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content)))


def parquet():
    """Return a table as the bytes of a Parquet file."""
    sink = io.BytesIO()
    pq.write_table(TABLE, sink)
    return sink.getvalue()


KINDS = {
    "vpc-text": FLOWS.encode(),
    "hubble-json": (hubble() * 5).encode(),
    "generic-csv": b"src_ip,dst_ip,protocol,dst_port\n" + b"198.51.100.9,10.0.0.2,6,80\n" * 3,
    "generic-parquet": parquet(),
    "generic-arrow": ipc(TABLE),
}


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
@pytest.mark.parametrize("kind", KINDS)
def test_write__reads_standard_input_like_a_file(tables, monkeypatch, kind, compress):
    """Every format gives the same counts through a pipe as from the disk, and what is read in order is hashed."""
    content = compress(KINDS[kind])
    Path("same.log").write_bytes(content)
    expected = Run(tables, ["same.log"], AuditOptions()).totals
    given(monkeypatch, content)
    outcome = Run(tables, ["-"], AuditOptions()).write("report")
    assert (outcome.totals.n_flows, outcome.totals.findings) == (expected.n_flows, expected.findings)
    entry = outcome.record.inputs[-1]
    assert (entry.file, entry.size_bytes, entry.format) == ("-", None, kind)
    assert entry.digest == (
        blake3(content).hexdigest() if kind in ("vpc-text", "hubble-json", "generic-csv") else None
    )
    assert outcome.record.missing == []


def test_write__makes_no_copy_of_text(tables, monkeypatch):
    """Text is not copied to the disk first."""
    monkeypatch.setattr("auditor.sources.pipes.spooled", None)
    given(monkeypatch, FLOWS.encode())
    assert Run(tables, ["-"], AuditOptions()).totals.n_rows == FLOWS.count("\n")


def test_rows__reads_a_long_pipe_once(tables, monkeypatch):
    """More than what is kept of the beginning comes through whole."""
    monkeypatch.setattr("auditor.sources.pipes.KEPT_BYTES", 100_000)
    content = (HEADER + VIOLATION * 10_000).encode()
    given(monkeypatch, content)
    run = Run(tables, ["-"], AuditOptions(threads=2))
    assert run.totals.n_flows == 10_000


def test_run__refuses_a_second_pass_over_a_pipe(tables, monkeypatch):
    """A pass over a pipe that was read already would find nothing and say so of the flows."""
    given(monkeypatch, FLOWS.encode())
    run = Run(tables, ["-"], AuditOptions())
    assert run.to_arrow().num_rows > 0
    with pytest.raises(SourceError) as caught:
        run.to_arrow()
    assert str(caught.value) == (
        "expected flow logs that can be read again, came a pipe that an earlier pass has read; write it to a file, or "
        "take everything from one pass - at -"
    )
    assert run.totals.n_flows > 0


@pytest.mark.parametrize("content", [b"", b"\n \n"])
def test_run__says_that_a_pipe_gave_nothing(tables, monkeypatch, content):
    """What a command leaves that failed is not an answer that there are no flows."""
    given(monkeypatch, content)
    with pytest.raises(SourceError) as caught:
        Run(tables, ["-"], AuditOptions()).to_arrow()
    assert str(caught.value) == "expected flow logs, came nothing: every file is empty - at -"


def test_progress__knows_no_share_of_a_pipe(tables, monkeypatch):
    """Nobody knows how much a pipe will give: the share is 0 all along."""
    given(monkeypatch, (HEADER + VIOLATION * 100).encode())
    seen = []
    Run(tables, ["-"], AuditOptions(flows=SMALL)).write("report", progress=lambda *shown: seen.append(shown))
    assert {share for _, share in seen} == {0.0}
    assert seen[-1][0] == 100


@pytest.fixture
def pipe(monkeypatch):
    """Make a pipe standard input; yield the end to write to."""
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb", buffering=0) as source, os.fdopen(writing, "wb", buffering=0) as sink:
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=source))
        yield sink


class Asked:
    """Stops the run so many seconds after its beginning."""

    def __init__(self, after):
        self.deadline = time.monotonic() + after

    def __call__(self, *_):
        if time.monotonic() > self.deadline:
            raise KeyboardInterrupt


@pytest.mark.parametrize("line", [VIOLATION, hubble()], ids=["vpc", "hubble"])
@pytest.mark.parametrize("n_bytes", [1_000, 200_000])
def test_write__keeps_what_a_quiet_pipe_gave_before_the_stop(tables, pipe, n_bytes, line):
    """A pipe that gives some lines and then nothing does not block the stop; whole lines are judged, half ones not."""
    content = (HEADER if line == VIOLATION else "") + line * (1 + n_bytes // len(line)) + line[:-8]
    content = content.encode()
    writer = threading.Thread(target=pipe.write, args=(content,))
    writer.start()
    run = Run(tables, ["-"], AuditOptions(threads=2))
    with pytest.raises(KeyboardInterrupt):
        run.write("report", progress=Asked(0.5))
    writer.join()
    assert run.totals.n_rows == content.count(b"\n")
    assert run.totals.n_rejected == 0


def test_write__stops_before_a_pipe_gave_anything(tables, pipe):
    """A pipe that never gives anything is no reason to wait for ever."""
    with pytest.raises(KeyboardInterrupt):
        Run(tables, ["-"], AuditOptions()).write("report", progress=Asked(0.2))
    assert not Path("report").exists()


def test_rows__waits_for_the_writer_of_a_named_pipe(tables):
    """A named pipe is opened before its writer comes, and read to the end of what that one writes."""
    os.mkfifo("pipe.log")

    def write():
        time.sleep(0.3)
        Path("pipe.log").write_bytes(FLOWS.encode())

    writer = threading.Thread(target=write)
    writer.start()
    run = Run(tables, ["pipe.log", "flows.log"], AuditOptions())
    assert run.totals.n_rows == 2 * FLOWS.count("\n")
    writer.join()
