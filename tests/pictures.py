"""Pictures for the documents: ``make pictures``. The demonstration, audited, and its page as a browser shows it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from auditor.demo.write import write_demo
from auditor.report_page.build import report_page
from auditor.report_page.read import read_report
from tests.browser import browser
from tests.console import ROOT, auditor

REPORT = ROOT / "docs" / "report.png"
HEIGHT = 1_120
"""Pixels from the top: the verdict, the numbers, the first picture."""


def main() -> None:
    """Write every picture."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        files = write_demo(path, 1_000_000)
        auditor(
            "audit", "-p", files.policies, "-i", files.inventory, "-f", files.vpc, "--rows", "all", "-q",
            "--out", path / "report",
        )  # fmt: skip
        page = path / "report.html"
        page.write_text(report_page(read_report(path / "report")), encoding="utf-8")
        REPORT.parent.mkdir(exist_ok=True)
        with browser(path / "chromium") as shown:
            shown.open(page)
            shown.picture(REPORT, HEIGHT)


if __name__ == "__main__":
    main()
