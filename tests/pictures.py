"""Pictures for the documents, ``make pictures``: the pages of the demonstration's audit and of a capacity report."""

from __future__ import annotations

import json
import tempfile
from itertools import takewhile
from pathlib import Path

from auditor.demo.write import write_demo
from auditor.report_page.build import report_page
from auditor.report_page.read import read_report
from tests.browser import browser
from tests.console import ROOT, auditor

REPORT = ROOT / "docs" / "report.png"
HEIGHT = 1_120
"""Pixels from the top: the verdict, the numbers, the first picture."""
CAPACITY = ROOT / "docs" / "capacity.png"
RATE = "250k/s"
README = ROOT / "README.md"
BEGIN, END = "<!-- capacity -->\n", "<!-- end -->"
"""Between them stands the table of the last capacity report, in the README."""


def main() -> None:
    """Write every picture, and the table of the README."""
    draw_report()
    draw_capacity()


def draw_capacity() -> None:
    """Measure this machine; it had better have nothing else to do."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        ended = auditor("bench", "--quick", "--rate", RATE, "-q", "--out", path / "capacity")
        assert ended.code == 0, ended.err
        with browser(path / "chromium") as shown:
            shown.open(path / "capacity" / "report.html")
            shown.picture(CAPACITY, HEIGHT)
        results = json.loads((path / "capacity" / "results.json").read_text())
        machine = results["facts"]["machine"]
        text = (path / "capacity" / "report.md").read_text()
    head, rest = README.read_text(encoding="utf-8").split(BEGIN)
    _, tail = rest.split(END)
    _, behind = text.split("a second**\n\n", 1)
    table = "\n".join(takewhile(lambda line: line.startswith("|"), behind.splitlines()))
    words = f"For {RATE}, on {machine['processor']}, {machine['cores']} cores:"
    README.write_text(f"{head}{BEGIN}{words}\n\n{table}\n{END}{tail}", encoding="utf-8")


def draw_report() -> None:
    """Audit the demonstration."""
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
