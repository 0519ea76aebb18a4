"""`auditor report`: the page, what it refuses, and the exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.page import extra
from tests.console import auditor
from tests.report_page.made import Flow, make_report
from tests.small_cluster import SOUND


def test_report__writes_the_page_of_an_audit(cluster):
    """What an audit wrote becomes one file."""
    assert auditor("audit", *SOUND, "--flows", "flows.log", "--out", "report", "--rows", "all").code == 1
    assert auditor("report", "report") == (0, "", "wrote report.html\n")
    page = Path("report.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert "shop/web" in page
    assert Path("report.html").read_bytes() == page.encode()


def test_report__replaces_nothing_unless_asked_to(tmp_path):
    """A file that is there stays."""
    folder = make_report(tmp_path / "report", [Flow()])
    out = tmp_path / "page.html"
    out.write_text("mine")
    sentence = f"auditor: error: expected no file, found one; `--force` replaces it - at {out}\n"
    assert auditor("report", folder, "-o", out) == (2, "", sentence)
    assert out.read_text() == "mine"
    assert auditor("report", folder, "-o", out, "--force").code == 0
    assert out.read_text().startswith("<!DOCTYPE html>")
    sentence = f"auditor: error: expected the name of a file, found a folder - at {tmp_path}\n"
    assert auditor("report", folder, "-o", tmp_path, "--force") == (2, "", sentence)


def test_report__leaves_no_part_of_a_page(tmp_path):
    """What fails writes nothing."""
    out = tmp_path / "page.html"
    sentence = f"auditor: error: expected the folder of a report, found nothing - at {tmp_path / 'absent'}\n"
    assert auditor("report", tmp_path / "absent", "-o", out) == (2, "", sentence)
    assert list(tmp_path.iterdir()) == []


def test_report__says_that_the_report_is_incomplete(tmp_path):
    """The page is written, and the exit code is 3."""
    folder = make_report(tmp_path / "report", [Flow()], complete=False, missing=["stopped by Ctrl-C"])
    out = tmp_path / "new" / "page.html"
    sentence = "auditor: incomplete: the report lacks what it was asked for, as the page says\n"
    assert auditor("report", folder, "-o", out) == (3, "", f"wrote {out}\n{sentence}")
    assert "Incomplete: stopped by Ctrl-C" in out.read_text(encoding="utf-8")


def test_report__says_how_to_install_what_it_needs(tmp_path, monkeypatch):
    """Without the extra, before anything is read."""
    monkeypatch.setattr(extra, "PACKAGES", ("absent_package",))
    ended = auditor("report", tmp_path / "absent")
    assert ended.code == 2
    assert "`pip install 'flow-log-auditor[report]'` installs them" in ended.err


def test_report__shows_names_of_files_harmlessly(tmp_path, monkeypatch):
    """A folder may be called anything."""
    monkeypatch.chdir(tmp_path)
    ended = auditor("report", "\x1b[31m")
    assert ended.err == "auditor: error: expected the folder of a report, found nothing - at \\x1b[31m\n"


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_report__explains_itself(flag):
    """Help names the extra."""
    ended = auditor("report", flag)
    assert ended.code == 0
    assert "extra `report`" in " ".join(ended.out.split())
