"""Whether the service lives, is ready, has started: facts that its loop states and the probes of Kubernetes read."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

POLICIES, KERNELS, ASSIGNMENT, SINK = "policies", "kernels", "assignment", "sink"

CONDITIONS = {
    POLICIES: "no policies loaded yet",
    KERNELS: "kernels not compiled yet",
    ASSIGNMENT: "no answer from the group yet",
    SINK: "output not tried yet",
}
"""What being ready takes, and why each is not met at the start."""

STARTED_BY = (POLICIES, KERNELS)
"""What having started takes: nothing that Kafka or the store could withhold."""

MAX_TICK_S = 60.0
"""Seconds without a sign of the main loop after which it counts as stuck; its longest wait is far shorter."""


class Answer(NamedTuple):
    """Whether all is well, and a line for each thing looked at."""

    is_well: bool
    lines: tuple[str, ...]


class Health:
    """What is known of the service; may be used from any thread.

    Liveness asks whether the main loop moves and whether its threads run, and nothing of Kafka or the store: to
    restart a process cures neither. Before the first tick the process counts as alive, since only the startup probe
    can know how long a start may take.

    Parameters
    ----------
    max_tick_s : float
        Seconds that may pass between two ticks.
    clock : callable
        Seconds that never go back.
    """

    def __init__(
        self, *, max_tick_s: float = MAX_TICK_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._max_tick_s, self._clock = max_tick_s, clock
        self._lock = threading.Lock()
        self._due: float | None = None
        self._ticked = 0.0
        self._threads: dict[str, Callable[[], bool]] = {}
        self._unmet: dict[str, str | None] = dict(CONDITIONS)
        self._once_met: set[str] = set()
        self._stopping: str | None = None
        self._state: Mapping[str, object] = {}

    def tick(self, within_s: float | None = None) -> None:
        """Say that the main loop moves, and will do so again within so many seconds."""
        self._ticked = self._clock()
        self._due = self._ticked + (self._max_tick_s if within_s is None else within_s)

    def watch(self, thread: str, is_alive: Callable[[], bool]) -> None:
        """Count a thread as vital: the process is dead when ``is_alive`` says no. It must not wait for anything."""
        with self._lock:
            self._threads[thread] = is_alive

    def meet(self, condition: str) -> None:
        """Say that a condition of readiness holds."""
        with self._lock:
            assert condition in self._unmet
            self._unmet[condition] = None
            self._once_met.add(condition)

    def miss(self, condition: str, reason: str) -> None:
        """Say that a condition of readiness does not hold, and why."""
        with self._lock:
            assert condition in self._unmet
            self._unmet[condition] = reason

    def stop(self, reason: str = "stopping") -> None:
        """Be not ready for good, and remain alive."""
        self._stopping = reason

    def describe(self, state: Mapping[str, object]) -> None:
        """Publish what `/debug/state` shows: plain JSON values that are not changed afterwards, and no secrets."""
        self._state = state

    def state(self) -> Mapping[str, object]:
        """Return what was last described, and the three answers."""
        answers = {"live": self.live(), "ready": self.ready(), "started": self.started()}
        return {
            **self._state,
            **{name: {"ok": each.is_well, "why": each.lines} for name, each in answers.items()},
        }

    def live(self) -> Answer:
        """Answer whether the process should be left running."""
        with self._lock:
            threads = list(self._threads.items())
        due = self._due
        now = self._clock()
        facts: list[tuple[str, str | None]] = [
            (
                "main loop",
                f"no sign of it for {now - self._ticked:.0f} s" if due is not None and now > due else None,
            )
        ]
        facts.extend((name, None if is_alive() else "not running") for name, is_alive in threads)
        return _answer(facts)

    def ready(self) -> Answer:
        """Answer whether flows are being judged and written, or could be."""
        with self._lock:
            facts = list(self._unmet.items())
        return _answer([*facts, ("service", self._stopping)] if self._stopping else facts)

    def started(self) -> Answer:
        """Answer whether the slow part of a start is over; true for good once it was."""
        with self._lock:
            return _answer(
                (name, None if name in self._once_met else self._unmet[name]) for name in STARTED_BY
            )


def _answer(facts: Iterable[tuple[str, str | None]]) -> Answer:
    facts = list(facts)
    lines = tuple(f"{name}: {'ok' if reason is None else reason}" for name, reason in facts)
    return Answer(all(reason is None for _, reason in facts), lines)
