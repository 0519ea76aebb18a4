"""Progress of long work on standard error: a bar on a terminal, else a line every ten seconds."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Self

import click

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

EVERY_S = 10.0
_AUDITING = "auditing"
_COMPILING = "compiling for the first time, some 15 s"


class Progress:
    """Shows flows done, flows/s and the time left; silent if asked to be.

    Parameters
    ----------
    is_quiet : bool
        Whether nothing is shown.
    is_first : bool
        Whether kernels are compiled before the first flow: on a terminal the bar says so until one is judged.
    """

    def __init__(self, *, is_quiet: bool = False, is_first: bool = False) -> None:
        self._is_quiet = is_quiet
        self._is_first = is_first
        self._begun = self._shown = time.monotonic()
        self._bar: Bar | None = None

    def __enter__(self) -> Self:
        """Begin."""
        if not self._is_quiet and sys.stderr.isatty():
            self._bar = _bar()
            self._bar.start()
            # Nobody knows how long compiling will take: the bar moves, and is not filled.
            begin, total = (_COMPILING, None) if self._is_first else (_AUDITING, 1.0)
            self._bar.add_task(begin, total=total, share="", speed="")
        return self

    def __exit__(self, *_: object) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, n_flows: int, share: float) -> None:
        """Show how far the work is.

        Parameters
        ----------
        n_flows : int
            Flows classified so far.
        share : float
            Share of the input that is done, 0 to 1; 0 if nobody knows how much there will be, as of a pipe.
        """
        now = time.monotonic()
        speed = n_flows / max(now - self._begun, 1e-3)
        if self._bar is not None and (n_flows or not self._is_first):
            task = self._bar.task_ids[0]
            self._bar.update(
                task,
                description=_AUDITING,
                total=1.0 if share else None,
                completed=share,
                share=f"{share:4.0%}" if share else "",
                speed=f"{n_flows:,} flows, {speed:,.0f} flows/s",
            )
        elif self._bar is None and not self._is_quiet and now - self._shown >= EVERY_S:
            self._shown = now
            done = f", {share:.0%}" if share else ""
            left = f", about {(now - self._begun) * (1 - share) / share:.0f} s left" if 0 < share < 1 else ""
            click.echo(f"{n_flows:,} flows, {speed:,.0f} flows/s{done}{left}", err=True)


def _bar() -> Bar:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[share]}"),
        TextColumn("{task.fields[speed]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
