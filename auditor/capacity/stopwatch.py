"""Seconds a stage, and a way to make a stage slower on purpose, by which is proved that it would be noticed."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from typing import TYPE_CHECKING

from auditor.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

VARIABLE = "AUDITOR_BENCH_SLOW"
"""``classify:1.5,decode:2`` makes these stages take so many times as long: to see that `bench compare` says so."""


class Stopwatch:
    """Adds up the seconds of the stages that one thread goes through.

    Parameters
    ----------
    clock : callable
        Seconds; of the processors of this process by default.
    slow : mapping of str to float
        By how many times a stage is made longer, see ``VARIABLE``.

    Attributes
    ----------
    seconds : dict of str to float
        By stage.
    """

    def __init__(
        self, clock: Callable[[], float] = time.process_time, slow: Mapping[str, float] | None = None
    ) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._clock = clock
        self._slow = slow or {}
        self._last = clock()

    def start(self) -> None:
        """Begin to count from here: what came before belongs to no stage."""
        self._last = self._clock()

    def lap(self, stage: str) -> None:
        """Count what went by since the last call for a stage."""
        if stage in self._slow:
            end = self._last + (self._clock() - self._last) * self._slow[stage]
            while self._clock() < end:
                pass
        now = self._clock()
        self.seconds[stage] += now - self._last
        self._last = now


def slowed(text: str | None = None) -> dict[str, float]:
    """Return what ``VARIABLE`` asks for; nothing if it is not set.

    Raises
    ------
    ConfigError
        If it has no meaning.
    """
    given = os.environ.get(VARIABLE, "") if text is None else text
    found: dict[str, float] = {}
    for word in filter(None, given.split(",")):
        stage, _, times = word.partition(":")
        try:
            found[stage] = float(times)
        except ValueError:
            raise ConfigError(
                f"expected stages and factors such as `classify:1.5` in `{VARIABLE}`, came `{word}`"
            ) from None
    return found
