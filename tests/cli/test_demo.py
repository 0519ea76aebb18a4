"""`auditor demo`: a cluster, its logs, and what is found in them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from auditor.cli.demo import program_text
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
    # Compiles the kernels, if nobody has: else progress would come.
    assert auditor("demo", "--out", "earlier", "--flows", "100", "-q").code == 0
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


def test_program_text__is_what_a_shell_can_start(tmp_path, monkeypatch):
    """The bare name where PATH leads to this program, else its path, or the interpreter and the package."""
    script, other = tmp_path / "a b" / "auditor", tmp_path / "bin" / "auditor"
    for each in (script, other):
        each.parent.mkdir()
        each.write_text("#!/bin/sh\n", encoding="utf-8")
        each.chmod(0o755)
    monkeypatch.setattr(sys, "argv", [str(script)])
    monkeypatch.setenv("PATH", str(script.parent))
    assert program_text() == "auditor"
    monkeypatch.setenv("PATH", str(other.parent))
    assert program_text() == f"'{script}'"
    monkeypatch.setattr(sys, "argv", [str(tmp_path / "__main__.py")])
    monkeypatch.setattr(sys, "executable", "/opt/python3")
    assert program_text() == "/opt/python3 -m auditor"
