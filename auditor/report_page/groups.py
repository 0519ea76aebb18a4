"""Groups of flows: the worst with their reasons, and all of them in a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from auditor.page.bars import Bar, bars
from auditor.page.document import Section
from auditor.page.figures import notes
from auditor.page.tables import Column, table
from auditor.report import schema
from auditor.report.fold import folded
from auditor.report_page.places import Places
from auditor.report_page.words import MEANINGS, TONES, count, end, listed, port, why

if TYPE_CHECKING:
    from auditor.report.plain import SummaryRow
    from auditor.report_page.report import Report

MAX_GROUPS = 10_000
"""Rows of the table of all groups."""

_MAX_WORST = 12
_FINDING = Column("finding", tones=TONES)


def worst_section(report: Report) -> Section:
    """Return the groups that ask for a look first, each with its reason and where to find an example."""
    places = Places([found.file for found in report.run.inputs])
    rows: list[SummaryRow] = []
    n_lines = 0
    for finding in schema.REPORTED:
        lines = folded(report.groups, finding, _MAX_WORST)
        rows += lines.rows
        n_lines += lines.n_groups
    if not rows:
        said = "No flow of this report is a violation, misdropped or undecided."
        return Section("worst", "What to look at first", [notes([said])])
    picture = bars(
        "Flows of each group",
        [Bar(_label(row), row.flows, tone=TONES[row.finding]) for row in rows[:_MAX_WORST]],
        "flows",
    )
    meanings = [f"{name}: {MEANINGS[name]}." for name in schema.REPORTED if report.run.flows.finding[name]]
    return Section(
        "worst",
        "What to look at first",
        [
            picture,
            table(
                "The worst groups, and why",
                [
                    _FINDING,
                    Column("opened by"),
                    Column("towards"),
                    Column("port"),
                    Column("flows", "number"),
                    Column("why", longest=600, is_wide=True),
                    Column("for example", longest=300),
                ],
                [
                    [
                        row.finding,
                        end(row.source_kind, row.source),
                        end(row.destination_kind, row.destination),
                        port(row.port, row.protocol),
                        row.flows,
                        why(row),
                        places.short(row.examples[0]) if row.examples else None,
                    ]
                    for row in rows
                ],
                total=n_lines if n_lines > len(rows) else None,
            ),
        ],
        " ".join(meanings),
    )


def groups_section(report: Report) -> Section:
    """Return the table of all groups, as many as a page holds."""
    chosen = report.summary.head(MAX_GROUPS).with_columns(
        *(pl.col(name).dt.epoch("ns") / 1e9 for name in ("first_seen", "last_seen"))
    )
    columns = [
        _FINDING,
        Column("opened by"),
        Column("towards"),
        Column("port"),
        Column("reason"),
        Column("side"),
        Column("flows", "number"),
        Column("connections", "number"),
        Column("bytes", "number"),
        Column("packets", "number"),
        Column("first seen (UTC)", "time"),
        Column("last seen (UTC)", "time"),
        Column("isolated for egress by", longest=300, is_wide=True),
        Column("isolated for ingress by", longest=300, is_wide=True),
    ]
    caption = "Groups of flows, the worst first, then those with most flows"
    lead = "One row a finding, pair of ends, port and reason. Words in the search must all stand in a row."
    rows = [_row(group) for group in chosen.iter_rows(named=True)]
    parts = [table(caption, columns, rows, total=report.summary.height)]
    return Section("groups", f"All {count(report.summary.height, 'group')}", parts, lead)


def _row(group: dict[str, Any]) -> list[Any]:
    return [
        group["finding"],
        end(group["source_kind"], group["source"]),
        end(group["destination_kind"], group["destination"]),
        port(group["port"], group["protocol"]),
        group["reason"],
        group["direction"],
        group["flows"],
        group["connections"],
        group["bytes"],
        group["packets"],
        group["first_seen"],
        group["last_seen"],
        *(
            None if policies is None else listed(policies)
            for policies in (group["egress_policies"], group["ingress_policies"])
        ),
    ]


def _label(row: SummaryRow) -> str:
    source, destination = end(row.source_kind, row.source), end(row.destination_kind, row.destination)
    return f"{source} → {destination} {port(row.port, row.protocol)}"
