"""The plan carried out: step after step, with the time that is left; what was measured is kept whatever comes."""

from __future__ import annotations

import shlex
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from auditor.capacity import steps, steps_kafka, steps_peers, steps_whole
from auditor.capacity.plan import Step
from auditor.capacity.results import Figure
from auditor.errors import AuditorError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from auditor.capacity.plan import Bench

STOPPED = "stopped before it was its turn"


@dataclass(frozen=True, slots=True)
class Look:
    """How far it is: the step that begins, its number of so many, seconds gone, and about how many are left."""

    words: str
    number: int
    n_steps: int
    gone_s: float
    left_s: float | None


def steps_of(bench: Bench) -> list[Step]:
    """Return the steps for a bench, in order: what the answer needs first."""
    extent = bench.extent
    is_full = extent.name == "full"
    axes = ["policies"] if bench.own else list(extent.axes)
    found = [
        Step("inputs", "make or look at the inputs", 1 if bench.own else 20, steps.inputs),
        Step("stage", "stages of an audit, by format", 20 * (1 + 3 * is_full), steps.stages),
        Step("scaling", "whole audits: threads, memory", 18 * (1 + 5 * is_full), steps_whole.whole),
        Step("messages", "messages of the service", 10 * (1 + is_full), steps_whole.messages),
        Step("kafka", "messages from a broker", 30 * (bench.brokers is not None) + 1, steps_kafka.kafka),
        Step("peers", "others on the same logs", 20 * (1 + 3 * is_full), steps_peers.peers),
        *(
            Step("growth", f"growth with {axis}", 15 * (1 + 8 * is_full), partial(steps.growth, axis=axis))
            for axis in axes
        ),
    ]
    if not bench.own:
        found.append(
            Step("growth", "growth with violations and traffic", 12 * (1 + 4 * is_full), steps.traffic)
        )
        if extent.held_back is not None:
            found.append(Step("heldback", "a configuration held back", 60, steps.held_back))
    found.append(Step("start", "start, warm and cold", 20 * (1 + is_full), steps_whole.start))
    return found


def perform(bench: Bench, plan: Sequence[Step], look: Callable[[Look], None]) -> None:
    """Measure step after step; what fails or is stopped becomes a figure that says so.

    Parameters
    ----------
    bench : Bench
        Takes the figures in ``results``, and what failed in ``failures``.
    plan : sequence of Step
        See ``steps_of``.
    look : callable
        Told before each step.

    Raises
    ------
    KeyboardInterrupt
        After what was not measured was noted.
    """
    try:
        _perform(bench, plan, look)
    finally:
        bench.close()


def _perform(bench: Bench, plan: Sequence[Step], look: Callable[[Look], None]) -> None:
    begun = time.monotonic()
    total = sum(step.seconds for step in plan)
    done = 0.0
    for number, step in enumerate(plan):
        gone = time.monotonic() - begun
        left = gone / done * (total - done) if done else total
        look(Look(step.words, number + 1, len(plan), gone, left))
        try:
            bench.results.figures.extend(step.measure(bench))
        except AuditorError as error:
            _miss(bench, step, str(error))
            bench.failures.append(f"{step.words}: {error}")
            if number == 0:
                raise
        except KeyboardInterrupt:
            for missed in plan[number:]:
                _miss(bench, missed, STOPPED)
            bench.failures.append(f"stopped during: {step.words}")
            bench.results.facts["took_s"] = time.monotonic() - begun
            raise
        done += step.seconds
    bench.results.facts["took_s"] = time.monotonic() - begun


def _miss(bench: Bench, step: Step, why: str) -> None:
    bench.results.figures.append(Figure(step.group, {"what": step.words}, "", why_not=why))


def command_text(words: Sequence[str]) -> str:
    """Return the one command that repeats a run, as a shell takes it."""
    return " ".join(shlex.quote(word) for word in words)
