"""`auditor demo`: a cluster, its logs, and what is found in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.console import auditor, record

pytestmark = pytest.mark.jit_only

PLANTED = ("VIOLATION", "MISDROPPED", "UNDECIDED")


def test_demo__writes_and_audits_both_logs(cluster):
    """Two reports with findings of every kind, code 0, and the commands to go on with, which work."""
    ended = auditor("demo", "--flows", "3000", "-q")
    assert (ended.code, ended.err) == (0, "")
    assert "== AWS VPC flow log: demo/flows/vpc.parquet\n" in ended.out
    assert "== Cilium Hubble events: demo/flows/hubble.jsonl\n" in ended.out
    for name in ("report-vpc", "report-hubble"):
        counts = record(Path("demo") / name)["flows"]["finding"]
        assert all(counts[finding] for finding in PLANTED if (name, finding) != ("report-vpc", "MISDROPPED"))
        assert f"report      demo/{name}\n" in ended.out
    audit, lint = (line.split()[1:] for line in ended.out.splitlines()[-2:])
    assert auditor(*audit, "-q").code == 1
    assert auditor(*lint).code in (0, 1)
    assert record("report")["rows"]["read"] > 3000


def test_demo__replaces_its_reports_if_asked(cluster):
    """A second demonstration in the same folder needs --force, and is refused before anything is written."""
    first = auditor("demo", "--out", "d", "--flows", "100")
    assert (first.code, first.err) == (0, "writing 100 VPC flows and a Hubble log to d\n")
    again = auditor("demo", "--out", "d", "--flows", "100", "-q")
    assert again.code == 2
    assert again.err == (
        "auditor: error: expected a folder without a report, found `rejected.arrow`; `--force` replaces the report - "
        "at d/report-vpc\n"
    )
    assert auditor("demo", "--out", "d", "--flows", "100", "-q", "--force").code == 0


def test_demo__says_where_it_cannot_write(cluster):
    """A folder that cannot be made is one line."""
    Path("file").write_bytes(b"x")
    ended = auditor("demo", "--out", "file/demo", "--flows", "100", "-q")
    assert ended.code == 2
    assert (
        ended.err == "auditor: error: cannot create the folder: Not a directory - at file/demo/report-vpc\n"
    )
