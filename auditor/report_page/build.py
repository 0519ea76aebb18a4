"""The page of a report from top to bottom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.about import VERSION
from auditor.page.document import document
from auditor.report_page.groups import groups_section, worst_section
from auditor.report_page.record import coverage_section, inputs_section
from auditor.report_page.rules import rules_section
from auditor.report_page.traffic import traffic_sections
from auditor.report_page.verdict import key_figures_of, verdict_of

if TYPE_CHECKING:
    from auditor.report_page.report import Report


def report_page(report: Report) -> str:
    """Return the page of a report, as HTML; the same report gives the same bytes.

    Raises
    ------
    SourceError
        If a file of flow rows is damaged.
    """
    run = report.run
    fingerprint = f", policies and inventory {run.fingerprint[:12]}" if run.fingerprint else ""
    return document(
        "Network policy audit",
        [verdict_of(report), key_figures_of(report)],
        [
            worst_section(report),
            *traffic_sections(report),
            rules_section(report),
            groups_section(report),
            coverage_section(report),
            inputs_section(report),
        ],
        subtitle=f"Audited {run.time.started[:16].replace('T', ' ')} UTC{fingerprint}",
        foot=f"Made by auditor {VERSION} from the files of a report folder. This page loads nothing and sends nothing.",
    )
