"""A run that is told to stop: what was finished is kept, and says that it is not all."""

from __future__ import annotations

import contextlib
import gzip
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pytest

from tests.console import ROOT, record
from tests.small_cluster import ALLOWED, AUDIT, HEADER, VIOLATION, cluster

__all__ = ["cluster"]

pytestmark = pytest.mark.jit_only

BLOCK = ALLOWED * 9_999 + VIOLATION
N_BLOCKS = 4_000
START = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from auditor.cli.main import run
run()
"""


@pytest.fixture
def endless(cluster):
    """Write a log of forty million flows: a few megabytes of gzip members."""
    block = gzip.compress(BLOCK.encode())
    Path("flows.log").write_bytes(gzip.compress(HEADER.encode()) + block * N_BLOCKS)
    Path("after.log").write_text(HEADER + VIOLATION, encoding="utf-8")


def started():
    """Start an audit, and wait until it has begun to judge."""
    arguments = [*AUDIT, "--flows", "after.log", "--threads", "2"]
    process = subprocess.Popen(
        [sys.executable, "-c", START, *arguments],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": ROOT},
    )
    deadline = time.monotonic() + 60
    while not Path("report").exists() and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    time.sleep(0.5)
    return process


@pytest.mark.parametrize(("number", "name"), [(signal.SIGINT, "Ctrl-C"), (signal.SIGTERM, "SIGTERM")])
def test_audit__keeps_what_was_finished_when_stopped(endless, number, name):
    """A signal in mid-run leaves a whole report of the first part of the input, marked incomplete."""
    process = started()
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert out == b""
    sentence = f"auditor: stopped: by {name}; `report` holds what was finished, marked incomplete\n"
    assert err.decode() == sentence
    stored = record()
    assert stored["complete"] is False
    assert stored["missing"] == ["the run was stopped before the end of its input"]
    n_flows = stored["flows"]["classified"]
    assert 0 < n_flows < N_BLOCKS * 10_000
    assert stored["rows"]["read"] == n_flows + 1
    flows = stored["inputs"][-1]
    assert (flows["file"], flows["blake3"], flows["format"]) == ("flows.log", None, "vpc-text")
    rows = pa.ipc.open_file("report/violations-00000.arrow").read_all()
    assert len(rows) == stored["flows"]["finding"]["VIOLATION"]
    summary = pa.ipc.open_file("report/summary.arrow").read_all()
    assert summary["flows"].to_pylist() == [len(rows)]


def test_audit__stops_at_once_before_it_judges(cluster):
    """A signal while policies are read, here from a pipe that gives nothing, leaves nothing behind."""
    Path("policies.yaml").unlink()
    os.mkfifo("policies.yaml")
    with subprocess.Popen(
        [sys.executable, "-c", START, *AUDIT], stderr=subprocess.PIPE, env={"PYTHONPATH": ROOT, "TMPDIR": "."}
    ) as process:
        pipe = opened("policies.yaml", process)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
        os.close(pipe)
    assert (process.returncode, err.decode()) == (130, "auditor: stopped: by SIGTERM; nothing was written\n")
    assert sorted(path.name for path in Path().iterdir()) == ["cluster.json", "flows.log", "policies.yaml"]


@pytest.mark.parametrize(("number", "name"), [(signal.SIGINT, "Ctrl-C"), (signal.SIGTERM, "SIGTERM")])
def test_audit__keeps_what_a_quiet_pipe_gave(cluster, number, name):
    """A command that is quiet just now does not hold the run: its whole lines are in the report."""
    with subprocess.Popen(
        [sys.executable, "-c", START, *piped()],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": ROOT},
    ) as process:
        process.stdin.write((HEADER + VIOLATION * 2_000 + VIOLATION[:-9]).encode())
        process.stdin.flush()
        deadline = time.monotonic() + 60
        while not Path("report").exists() and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        time.sleep(1)
        process.send_signal(number)
        process.wait(60)
        err = process.stderr.read().decode()
        process.stdin.close()
    assert process.returncode == 130, err
    assert err == f"auditor: stopped: by {name}; `report` holds what was finished, marked incomplete\n"
    stored = record()
    assert stored["missing"] == ["the run was stopped before the end of its input"]
    assert stored["rows"] == {"read": 2_001, "classified": 2_000, "skipped": {"header": 1}, "rejected": {}}
    flows = stored["inputs"][-1]
    assert (flows["file"], flows["size_bytes"], flows["blake3"]) == ("-", None, None)


def piped():
    """Return the arguments of an audit of standard input."""
    place = AUDIT.index("--flows")
    return [*AUDIT[:place], "--flows", "-", *AUDIT[place + 2 :]]


def opened(name, process):
    """Open a pipe for writing as soon as it is read."""
    while process.poll() is None:
        with contextlib.suppress(OSError):
            return os.open(name, os.O_WRONLY | os.O_NONBLOCK)
        time.sleep(0.01)
    return pytest.fail("the run ended before it read its policies")
