"""What a run found, for a terminal and for scripts that read its output.

Everything that came from logs, inventories or policies is made harmless first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.report import schema
from auditor.report.columns import Column, aligned, fitted
from auditor.report.fold import folded
from auditor.report.run import flows_per_second
from auditor.safe import safe_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from auditor.report.plain import SummaryRow
    from auditor.report.run import Run
    from auditor.report.tally import Totals

MAX_SHOWN = 12
"""Lines printed of each finding by default: three of them fit a screen with their headings."""

_ROOMY = 100
"""Cells of a terminal from which on reasons are written out."""

_TELLING_FLOWS = 10_000
_TELLING_S = 0.05
"""Flows and seconds of a run below which its speed is that of starting it."""

_LINE = 1000
"""Characters shown of a text with a path in it."""

_MEANINGS = {
    "VIOLATION": "the policies deny it, and nothing is known to have stopped it",
    "MISDROPPED": "the policies allow it, yet a policy dropped it",
    "UNDECIDED": "the policies cannot be applied, for the reason given",
    "BLOCKED": "the policies deny it, and it was stopped",
    "PERMITTED": "the policies allow it",
}
_SIDES = {"egress": "on egress", "ingress": "on ingress", "both": "on both sides"}
_STYLES = {"VIOLATION": "bold red", "MISDROPPED": "bold yellow", "UNDECIDED": "bold magenta"}

_COLUMNS = (
    Column("SOURCE", is_name=True),
    Column("DESTINATION", is_name=True),
    Column("PORT"),
    Column("REASON", is_prose=True),
    Column("FLOWS", is_number=True),
)
_WIDE_COLUMNS = (
    *_COLUMNS,
    Column("CONNECTIONS", is_number=True),
    Column("BYTES", is_number=True),
    Column("PACKETS", is_number=True),
    Column("FIRST SEEN"),
    Column("LAST SEEN"),
    Column("EXAMPLE"),
    Column("ISOLATED BY"),
)


def findings_text(
    summary: pa.Table,
    totals: Totals,
    *,
    limit: int = MAX_SHOWN,
    is_wide: bool = False,
    width: int | None = None,
    colour: bool = False,
) -> str:
    """Return the findings, grouped, worst first, each with its groups of most flows.

    Groups that differ only in an external address are one line where there are several, see ``fold``.

    Parameters
    ----------
    summary : pyarrow.Table
        Of ``schema.SUMMARY``, in its order.
    totals : Totals
        Counts of the run.
    limit : int
        Lines to show of each finding.
    is_wide : bool
        Whether to show every finding and column, not only those that ask for a look; never cut to a width.
    width : int or None
        Cells of the terminal, in which long names are folded and reasons are short if it is narrow; None writes one
        line a group, however long.
    colour : bool
        Whether the terminal understands colours; needs ``width``.

    Returns
    -------
    str
        Lines, each ended.
    """
    parts = []
    if not any(totals.findings[finding] for finding in schema.REPORTED):
        parts.append(_nothing(totals) + "\n")
    for finding in schema.WORST_FIRST if is_wide else schema.REPORTED:
        lines = folded(summary, finding, limit)
        if not lines.n_groups:
            continue
        heading = (
            f"{finding}: {_MEANINGS[finding]} ({_count(lines.n_flows, 'flow')} "
            f"in {_count(lines.n_groups, 'group')})"
        )
        columns = _WIDE_COLUMNS if is_wide else _COLUMNS
        is_short = width is not None and width < _ROOMY and not is_wide
        cells = [_cells(row, is_short=is_short)[: len(columns)] for row in lines.rows]
        if width is None or is_wide:
            part = "\n".join([heading, *aligned(columns, cells)]) + "\n"
        else:
            part = fitted(heading, _STYLES.get(finding, "bold"), columns, cells, width, colour=colour)
        if lines.n_hidden:
            part += f"  and {_count(lines.n_hidden, 'more group')} in summary.arrow\n"
        parts.append(part)
    return "\n".join(parts)


def counts_text(totals: Totals, run: Run, notes: Sequence[str] = ()) -> str:
    """Return the counts of the run: flows, findings, rows that are no flow, losses, speed, what is missing.

    Parameters
    ----------
    totals : Totals
        Counts of the run.
    run : Run
        Record of the run.
    notes : sequence of str
        Further warnings, of the summary.
    """
    speed = flows_per_second(run, totals)
    lines = [
        ("flows", f"{totals.n_flows:,} ({_listed(totals.verdicts)})"),
        ("findings", _listed({name: totals.findings[name] for name in schema.WORST_FIRST})),
        ("rows", f"{totals.n_rows:,} read, {totals.n_skipped:,} skipped, {totals.n_rejected:,} rejected"),
        *_reasons("skipped", totals.skipped),
        *_reasons("rejected", totals.rejected),
        *_reasons("lost", totals.losses),
    ]
    if totals.weight != totals.n_flows:
        lines.insert(1, ("weight", f"these stand for {_count(totals.weight, 'flow')}"))
    if speed is not None:
        seconds = f"{run.wall_s:.2f} s, {run.cpu_s:.2f} s of processors"
        is_telling = totals.n_flows >= _TELLING_FLOWS and run.wall_s >= _TELLING_S
        lines.append(("speed", f"{_count(speed, 'flow')}/s, {seconds}") if is_telling else ("time", seconds))
        audit = run.stages.get("audit")
        if is_telling and audit is not None and audit.wall_s > 0:
            alone = _count(round(totals.n_flows / audit.wall_s), "flow")
            lines.append(
                ("audit", f"{alone}/s, {audit.wall_s:.2f} s once policies and inventory were compiled")
            )
    lines.extend(("warning", safe_text(warning, _LINE)) for warning in (*run.warnings, *notes))
    lines.extend(("INCOMPLETE", safe_text(missing, _LINE)) for missing in run.missing)
    return "".join(f"{name:<10}  {text}\n" for name, text in lines)


def _nothing(totals: Totals) -> str:
    if not totals.n_flows:
        return "No flow was classified, so nothing can be said."
    return (
        f"Nothing found: no violation, misdropped or undecided flow among {_count(totals.n_flows, 'flow')}."
    )


def _cells(row: SummaryRow, *, is_short: bool) -> list[str]:
    return [
        _end(row.source_kind, row.source),
        _end(row.destination_kind, row.destination),
        row.protocol if row.port is None else f"{row.port}/{row.protocol}",
        f"{row.reason}, {row.direction}" if is_short else f"{row.reason} {_SIDES[row.direction]}",
        f"{row.flows:,}",
        *("-" if count is None else f"{count:,}" for count in (row.connections, row.bytes, row.packets)),
        row.first_seen or "-",
        row.last_seen or "-",
        safe_text(row.examples[0], _LINE),
        safe_text(_isolating(row), _LINE),
    ]


def _end(kind: str, name: str) -> str:
    """Return the name of an end; one that bears the name of its kind stands for all past the limit of groups."""
    if name != kind:
        return safe_text(name)
    return f"other {kind} addresses" if kind in ("external", "unknown") else f"other {kind}s"


def _isolating(row: SummaryRow) -> str:
    """Return the policies that isolate the sides whose reason is given."""
    sides = {"egress": row.egress_policies, "ingress": row.ingress_policies}
    found = [
        f"{side}: {policies}"
        for side, policies in sides.items()
        if policies and row.direction in (side, "both")
    ]
    return "; ".join(found) or "-"


def _reasons(name: str, counts: dict[str, int]) -> list[tuple[str, str]]:
    ordered = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    return [(name, f"{count:,} {safe_text(reason)}") for reason, count in ordered]


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {name.lower()}" for name, count in counts.items())


def _count(number: int, one: str) -> str:
    return f"{number:,} {one}" + ("" if number == 1 else "s")
