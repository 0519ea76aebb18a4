"""``auditor verify``: proves that what the Kafka service wrote holds every offset once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from auditor.cli.exits import CLEAN, FOUND, INCOMPLETE
from auditor.cli.flags import common
from auditor.cli.output import dump, output
from auditor.cli.show import harmless, printing

if TYPE_CHECKING:
    from auditor.service.verify import Verification


@click.command(short_help="prove that the Kafka service wrote every offset once")
@click.argument("folder", metavar="DIR")
@output
@common
def verify(folder: str, **given: Any) -> None:  # noqa: ANN401  the flags above
    """Prove that every offset stands in DIR once.

    DIR is what `auditor stream` writes to: a folder, or a URL of an object store. Every file is read: its checksum is
    computed, its rows are counted, and each file must start where the one before ends. What the broker removed before
    it was read is listed as a gap.

    \b
    Exit codes: 0 whole; 1 errors: something is damaged, missing or there twice;
    2 nothing to verify; 3 whole, with gaps.
    """
    from auditor.service.open import open_storage
    from auditor.service.verify import verify as verify_storage

    result = verify_storage(open_storage(folder))
    with printing():
        if given["output"] == "table":
            for line in lines(result):
                click.echo(harmless(line))
        else:
            click.echo(dump(as_document(result), given["output"]), nl=False)
    raise click.exceptions.Exit(FOUND if not result.is_sound else INCOMPLETE if result.has_gaps else CLEAN)


def lines(result: Verification) -> list[str]:
    """Return the result for people: a table of partitions, what was found, and a last line that says it all."""
    from auditor.report.columns import Column, aligned

    columns = [
        Column("TOPIC"),
        Column("PARTITION", is_number=True),
        *(Column(name, is_number=True) for name in ("FIRST", "END", "FILES", "ROWS", "NEVER READ")),
    ]
    rows = [
        [
            partition.name.topic,
            str(partition.name.partition),
            "-" if partition.first is None else str(partition.first),
            "-" if partition.end is None else str(partition.end),
            f"{partition.n_files:,}",
            f"{partition.n_rows:,}",
            f"{partition.n_gap_offsets:,}",
        ]
        for partition in result.partitions
    ]
    found = [f"{one.level}: {one.kind}: {one.message} - at {one.place}" for one in result.found]
    n_errors = sum(one.level == "error" for one in result.found)
    n_gaps = sum(one.level == "gap" for one in result.found)
    last = (
        f"not whole: {n_errors} {'error' if n_errors == 1 else 'errors'}"
        if n_errors
        else f"every offset stands here once, or in {n_gaps} {'gap' if n_gaps == 1 else 'gaps'}"
        if n_gaps
        else "every offset stands here once"
    )
    return [*aligned(columns, rows), *found, last]


def as_document(result: Verification) -> dict[str, Any]:
    """Return the result as plain values."""
    return {
        "sound": result.is_sound,
        "gaps": result.has_gaps,
        "partitions": [
            {
                "topic": partition.name.topic,
                "topic_id": partition.name.topic_id,
                "partition": partition.name.partition,
                "first": partition.first,
                "end": partition.end,
                "files": partition.n_files,
                "rows": partition.n_rows,
                "never_read": partition.n_gap_offsets,
                "counts": dict(sorted(partition.counts.items())),
            }
            for partition in result.partitions
        ],
        "found": [one._asdict() for one in result.found],
    }
