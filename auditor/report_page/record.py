"""The run: what went in, what could not be read, what it was asked for, and how long it took."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from auditor.page.document import Section
from auditor.page.figures import facts, notes
from auditor.page.tables import Column, table
from auditor.report_page.words import count

if TYPE_CHECKING:
    from auditor.page.markup import Markup
    from auditor.report_page.report import Report

_MAX_ISLAND = 200_000


def coverage_section(report: Report) -> Section:
    """Return what is missing: warnings, rows rejected and skipped, records the logs lost."""
    run = report.run
    parts: list[Markup] = [
        notes([f"Incomplete: {text}" for text in run.missing], "bad"),
        notes(run.warnings, "warn"),
    ]
    rejected = report.rejected.sort("count", descending=True, maintain_order=True)
    if rejected.height:
        parts.append(
            table(
                f"{report.unit.capitalize()}s that could not be read, by reason",
                [
                    Column("reason"),
                    Column(f"{report.unit}s", "number"),
                    Column("file", longest=300),
                    Column("at rows"),
                ],
                [
                    [reason, number, file, ", ".join(f"{position:,}" for position in positions or ())]
                    for file, reason, number, positions in rejected.select(
                        "source_file", "reason", "count", "positions"
                    ).iter_rows()
                ],
                max_island=_MAX_ISLAND,
            )
        )
    other = [
        *(("skipped", reason, number) for reason, number in sorted(run.rows.skipped.items())),
        *(("lost by the log", reason, number) for reason, number in sorted(run.losses.items())),
    ]
    if other:
        columns = [Column("what"), Column("reason"), Column("rows", "number")]
        parts.append(
            table(
                f"{report.unit.capitalize()}s that are no flows, and records that the logs say they lost",
                columns,
                other,
            )
        )
    if run.files:
        parts.append(
            table(
                f"{report.log.capitalize()}s",
                [
                    Column("file", longest=300),
                    *(
                        Column(name, "number")
                        for name in (f"{report.unit}s", "flows", "skipped", "rejected", "lost")
                    ),
                ],
                [
                    [
                        file.file,
                        file.rows,
                        file.classified,
                        *(sum(counts.values()) for counts in (file.skipped, file.rejected, file.losses)),
                    ]
                    for file in run.files
                ],
                max_island=_MAX_ISLAND,
            )
        )
    lead = (
        "Everything that was asked for is in this report."
        if run.complete
        else "Something that was asked for is not in this report."
    )
    return Section("coverage", "Coverage", parts, lead)


def inputs_section(report: Report) -> Section:
    """Return the inputs with their hashes, the options, and the versions."""
    run = report.run
    parts: list[Markup] = [
        facts(
            [
                ("Fingerprint", run.fingerprint or "there were no tables yet"),
                ("Program", f"{run.engine.get('name', 'auditor')} {run.engine.get('version', '')}"),
                ("Report schema", run.schema),
                ("Started", run.time.started),
                *(
                    [("Took", f"{run.time.wall_s:,.2f} s, {run.time.cpu_s:,.2f} s of processors")]
                    if run.time.wall_s is not None and run.time.cpu_s is not None
                    else []
                ),
                *(
                    [("Speed", f"{run.time.flows_per_second:,} flows/s")]
                    if run.time.flows_per_second is not None
                    else []
                ),
            ]
        ),
        table(
            "Inputs",
            [
                Column("what for"),
                Column("file", longest=300),
                Column("bytes", "number"),
                Column("format"),
                Column("hash", longest=140),
            ],
            [
                [found.role, found.file, found.size_bytes, found.format, _hash(found.blake3, found.sha256)]
                for found in run.inputs
            ],
            max_island=_MAX_ISLAND,
        ),
    ]
    if run.skipped_files:
        skipped = sorted(run.skipped_files.items())
        parts.append(
            table(
                "Files that were found and not read",
                [Column("file", longest=300), Column("why")],
                skipped,
                max_island=_MAX_ISLAND,
            )
        )
    options = [[name.replace("_", "-"), json.dumps(value)] for name, value in sorted(run.options.items())]
    parts.append(
        table("Options as they took effect", [Column("option"), Column("value", longest=300)], options)
    )
    lead = (
        f"{count(len(run.inputs), 'file')} went in. The same inputs give the same report; the fingerprint is that of "
        "the compiled policies and inventory."
    )
    return Section("inputs", "Inputs and versions", parts, lead)


def _hash(blake3: str | None, sha256: str | None) -> str | None:
    return f"blake3 {blake3}" if blake3 else f"sha256 {sha256}" if sha256 else None
