"""The top of the page: the answer in plain words, and the numbers to remember."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from auditor.page.figures import KeyFigure, key_figures, verdict
from auditor.page.numbers import NOT_KNOWN, moment
from auditor.report_page.words import count

if TYPE_CHECKING:
    from auditor.page.markup import Markup
    from auditor.page.tones import Tone
    from auditor.report_page.report import Report


def verdict_of(report: Report) -> Markup:
    """Return the answer: what was found, what could not be judged, what is missing."""
    finding = report.run.flows.finding
    tone, headline = _headline(report)
    sentences = []
    if finding["VIOLATION"]:
        sentences.append(
            "A violation is a flow that the policies deny and that nothing is known to have stopped: "
            "a rule is missing, or enforcement is."
        )
    if finding["MISDROPPED"] and finding["VIOLATION"]:
        sentences.append(
            f"{count(finding['MISDROPPED'], 'flow')} that the policies allow were dropped by a policy."
        )
    if finding["UNDECIDED"] and (finding["VIOLATION"] or finding["MISDROPPED"]):
        sentences.append(
            f"{count(finding['UNDECIDED'], 'flow')} could not be judged, and count neither as allowed nor as violating."
        )
    sentences.append(_coverage(report))
    if not report.run.complete:
        tone = "warn" if tone in ("good", "unsure") else tone
        headline = f"Incomplete: {headline}"
    return verdict(tone, headline, sentences)


def key_figures_of(report: Report) -> Markup:
    """Return the numbers to remember."""
    run = report.run
    finding = run.flows.finding
    groups = dict(report.summary.group_by("finding").len().iter_rows())
    n_rejected, n_skipped = sum(run.rows.rejected.values()), sum(run.rows.skipped.values())
    return key_figures(
        [
            *(
                KeyFigure(
                    name,
                    f"{finding[word]:,}",
                    f"in {count(groups.get(word, 0), 'group')}" if finding[word] else "none",
                    tone if finding[word] else "plain",
                )
                for name, word, tone in _FINDINGS
            ),
            KeyFigure(
                "Flows judged",
                f"{run.flows.classified:,}",
                f"stand for {run.flows.weight:,}"
                if run.flows.weight != run.flows.classified
                else f"{finding['PERMITTED']:,} permitted, {finding['BLOCKED']:,} blocked",
            ),
            KeyFigure(
                f"{report.unit.capitalize()}s rejected",
                f"{n_rejected:,}",
                f"of {run.rows.read:,} read; {n_skipped:,} skipped",
                "warn" if n_rejected else "plain",
            ),
            KeyFigure(
                "Lost by the log",
                f"{sum(run.losses.values()):,}",
                ", ".join(f"{number:,} {name}" for name, number in sorted(run.losses.items()))
                or "nothing it knows of",
                "warn" if run.losses else "plain",
            ),
            _rules_figure(report),
            _window_figure(report),
        ]
    )


def window(report: Report) -> tuple[float | None, float | None]:
    """Return when the first flow of the report was seen, and the last; seconds since 1970."""
    bounds = report.summary.select(
        pl.col("first_seen").min().dt.epoch("ns"), pl.col("last_seen").max().dt.epoch("ns")
    ).row(0)
    first, last = (None if bound is None else bound / 1e9 for bound in bounds)
    return first, last


def _rules_figure(report: Report) -> KeyFigure:
    if report.rules is None:
        return KeyFigure("Rules never used", NOT_KNOWN, "not counted by auditor stream")
    n_never = report.rules.filter(pl.col("flows") == 0).height
    return KeyFigure("Rules never used", f"{n_never:,}", f"of {count(report.rules.height, 'rule')}")


def _window_figure(report: Report) -> KeyFigure:
    first, last = window(report)
    if first is None or last is None:
        return KeyFigure("Window", NOT_KNOWN, "the flows of this report have no times")
    of = "" if report.has_all_flows else ", of the flows in this report"
    (day, begin), (last_day, end) = (moment(at)[:16].split(" ", 1) for at in (first, last))
    if day == last_day:
        return KeyFigure("Window (UTC)", f"{begin} to {end}", f"{day}{of}")
    return KeyFigure("Window (UTC)", f"{day} to {last_day[5:]}", f"{begin} to {end}{of}")


_FINDINGS: tuple[tuple[str, str, Tone], ...] = (
    ("Violations", "VIOLATION", "bad"),
    ("Misdropped", "MISDROPPED", "warn"),
    ("Undecided", "UNDECIDED", "unsure"),
)


def _headline(report: Report) -> tuple[Tone, str]:
    flows = report.run.flows
    finding = flows.finding
    n_groups = report.summary.filter(pl.col("finding") == "VIOLATION").height
    if not flows.classified:
        return "unsure", "No flow was classified, so nothing can be said."
    if finding["VIOLATION"]:
        verb = "violates" if finding["VIOLATION"] == 1 else "violate"
        return "bad", (
            f"{finding['VIOLATION']:,} of {count(flows.classified, 'flow')} {verb} the policies, "
            f"in {count(n_groups, 'group')}."
        )
    if finding["MISDROPPED"]:
        verb = "was" if finding["MISDROPPED"] == 1 else "were"
        return "warn", (
            f"No violation, but {count(finding['MISDROPPED'], 'flow')} that the policies allow {verb} dropped."
        )
    if finding["UNDECIDED"]:
        return "unsure", f"No violation found; {count(finding['UNDECIDED'], 'flow')} could not be judged."
    return "good", f"No violation among {count(flows.classified, 'flow')}."


def _coverage(report: Report) -> str:
    """Return how much of the logs was judged."""
    rows, losses = report.run.rows, report.run.losses
    n_rejected = sum(rows.rejected.values())
    n_logs = len(report.run.files)
    judged = f"{count(rows.read, report.unit)} in {count(n_logs, report.log)} gave {count(rows.classified, 'flow')}"
    rejected = f"{n_rejected:,} could not be read" if n_rejected else "none had to be rejected"
    lost = f"; the logs themselves lost {count(sum(losses.values()), 'record')}" if losses else ""
    return f"{judged}; {rejected}{lost}."
