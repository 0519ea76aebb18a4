"""Rules of the policies, how many flows each decided, and which never decided any."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from auditor.page.bars import Bar, bars
from auditor.page.document import Section
from auditor.page.figures import notes
from auditor.page.tables import Column, table
from auditor.report_page.places import Places
from auditor.report_page.words import count

if TYPE_CHECKING:
    from auditor.report_page.report import Report

_MAX_BARS = 12
_MAX_ISLAND = 500_000
_NEVER, _USED = "never", "used"


def rules_section(report: Report) -> Section:
    """Return the rules, those never used first, then those used least."""
    rules = report.rules
    if rules is None:
        said = "What each rule decided was not counted: `auditor stream` judges for as long as it runs."
        return Section("rules", "Rules", [notes([said])])
    places = Places([found.file for found in report.run.inputs])
    if not rules.height:
        return Section("rules", "Rules", [notes(["The policies have no rule."])])
    never = rules.filter(pl.col("flows") == 0)
    most = (
        rules.filter(pl.col("flows") > 0).sort("flows", descending=True, maintain_order=True).head(_MAX_BARS)
    )
    parts = []
    if most.height:
        shown = [Bar(rule, flows, tone="calm") for rule, flows in most.select("rule", "flows").iter_rows()]
        parts.append(bars("Rules that decided most flows", shown, "flows"))
    columns = [
        Column("rule", longest=300),
        Column("use", tones={_NEVER: "warn", _USED: "calm"}),
        Column("flows", "number"),
        Column("what it does", longest=400, is_wide=True),
        Column("where", longest=300),
    ]
    rows = [
        [rule, _USED if flows else _NEVER, flows, description, places.short(f"{file}:{line}")]
        for rule, flows, description, file, line in rules.sort("flows", maintain_order=True)
        .select("rule", "flows", "description", "file", "line")
        .iter_rows()
    ]
    parts.append(table("Rules, those that decided fewest flows first", columns, rows, max_island=_MAX_ISLAND))
    lead = (
        f"{never.height:,} of {count(rules.height, 'rule')} never decided a flow. That they were not needed in the "
        "time of these logs does not prove that they never are."
        if never.height
        else f"Each of {count(rules.height, 'rule')} decided at least one flow."
    )
    return Section("rules", "Rules", parts, lead)
