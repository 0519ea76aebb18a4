"""Lines for people on standard error: warnings and failures, harmless whatever text they quote."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TextIO

    from auditor.errors import ProblemsError

MAX_WARNINGS = 10
"""More warnings than this are counted, not printed; all of them are in the report."""

MAX_PROBLEMS = 20
"""More problems of one file than this are counted, not printed; `auditor lint` prints them all."""

_LONGEST = 2000


def harmless(text: str) -> str:
    """Return ``text`` with everything that a terminal would act on made visible."""
    shown = "".join(letter if letter.isprintable() else _escaped(letter) for letter in text[:_LONGEST])
    return shown if len(text) <= _LONGEST else f"{shown}..."


@contextmanager
def printing() -> Iterator[None]:
    """Print results to standard output: who reads them may stop early, as ``head`` does, and nothing else changes."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        _abandon(sys.stdout)


def complain(kind: str, text: str) -> None:
    """Print a failure, a line for each line of ``text``."""
    try:
        for line in text.split("\n"):
            click.echo(f"auditor: {kind}: {harmless(line)}", err=True)
    except BrokenPipeError:
        _abandon(sys.stderr)


def warn(warnings: Sequence[str], rest: str) -> None:
    """Print the first warnings, and how to see the rest."""
    for warning in warnings[:MAX_WARNINGS]:
        complain("warning", warning)
    if len(warnings) > MAX_WARNINGS:
        complain("warning", f"{len(warnings) - MAX_WARNINGS} more warnings; {rest}")


def first_problems(error: ProblemsError) -> str:
    """Return the first problems of each file, a line each, and how many more it has."""
    by_file: dict[str, list[str]] = {}
    for problem in error.problems:
        by_file.setdefault(problem.origin.file, []).append(str(problem))
    shown = []
    for file, problems in by_file.items():
        shown.extend(problems[:MAX_PROBLEMS])
        if len(problems) > MAX_PROBLEMS:
            shown.append(f"and {len(problems) - MAX_PROBLEMS} more in {file}")
    return "\n".join(shown)


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape", errors="backslashreplace").decode("ascii")


def _abandon(stream: TextIO) -> None:
    """Send the rest of a stream nowhere: what is left must not be flushed into the closed pipe at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
