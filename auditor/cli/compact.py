"""``auditor compact``: fewer and larger files in what the Kafka service wrote."""

from __future__ import annotations

import os
import socket
import time
import uuid
from typing import Any

import click

from auditor.cli.exits import CLEAN, FOUND
from auditor.cli.flags import common, flag
from auditor.cli.output import dump, output
from auditor.cli.show import harmless, printing


@click.command(short_help="merge the small files that the Kafka service wrote")
@click.argument("folder", metavar="DIR")
@flag(
    "--older-than",
    type=click.FloatRange(min=1),
    default=24.0,
    show_default=True,
    metavar="HOURS",
    help="Leave what is younger: longer than any program that writes here may be paused.",
)
@output
@common
def compact(folder: str, older_than: float, **given: Any) -> None:  # noqa: ANN401  the flags above
    """Merge the files of each past hour in DIR into one, and remove what is left over.

    DIR is what `auditor stream` writes to: a folder, or a URL of an object store. Rows, counters and the proof that
    every offset stands there once stay as they were. While it runs, and if it is killed until it is run again, rows may
    stand in two files.

    \b
    Exit codes: 0 done; 1 done, but files that are not sound were left alone; 2 wrong folder.
    """
    from auditor.service.compact import compact as compact_storage
    from auditor.service.open import open_storage

    writer = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex}"
    result = compact_storage(open_storage(folder), writer, time.time(), older_than * 3600)
    with printing():
        if given["output"] == "table":
            for problem in result.problems:
                click.echo(harmless(f"left alone: {problem}"))
            click.echo(
                f"{len(result.merged)} merged {'file' if len(result.merged) == 1 else 'files'}, "
                f"{len(result.removed)} removed"
            )
        else:
            document = {"merged": result.merged, "removed": result.removed, "problems": result.problems}
            click.echo(dump(document, given["output"]), nl=False)
    raise click.exceptions.Exit(FOUND if result.problems else CLEAN)
