"""What got faster or slower between two results, beyond what the machine does by itself.

A figure is called slower only if the 99 % interval of the ratio of both medians lies above what equal runs differ by
(measured in both results), above what the reference loop says the machine itself changed by, and above a least
difference. Stages that are a small part of their log are not judged alone: their total is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from auditor.capacity.results import HIGHER, NEITHER
from auditor.capacity.statistics import Interval, ratio

if TYPE_CHECKING:
    from auditor.capacity.results import Figure, Results

LEAST = 0.05
"""Differences up to this share are called equal, however sure they are: layout of code and memory alone make them."""
LEAST_RUNS = 3
LEAST_SHARE = 0.05
"""Of a log's total, below which a stage is not judged alone."""
FASTER, SLOWER, EQUAL, UNSURE = "faster", "slower", "equal", "too few runs"


@dataclass(frozen=True, slots=True)
class Change:
    """A figure in both results.

    Attributes
    ----------
    before, after : Figure
        The same thing.
    ratio : Interval
        Cost after by cost before, with its interval: above 1 it is worse.
    floor : float
        Share under which differences are equal.
    verdict : {'faster', 'slower', 'equal', 'too few runs'}
        What is said of it.
    """

    before: Figure
    after: Figure
    ratio: Interval
    floor: float
    verdict: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two results.

    Attributes
    ----------
    changes : tuple of Change
        Figures in both, worst first.
    only_before, only_after : tuple of str
        Keys of figures that the other does not have.
    floor : float
        Under which differences are equal.
    drift : float
        By which share the machine itself was slower (above 0) or faster the second time.
    notes : tuple of str
        What makes the two hard to compare.
    """

    changes: tuple[Change, ...]
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]
    floor: float
    drift: float
    notes: tuple[str, ...]

    @property
    def is_slower(self) -> bool:
        """Whether something got slower."""
        return any(change.verdict == SLOWER for change in self.changes)


def compare(before: Results, after: Results, least: float = LEAST) -> Comparison:
    """Compare two results.

    Parameters
    ----------
    before, after : Results
        Of the same command.
    least : float
        See ``LEAST``.
    """
    drift = _drift(before, after)
    floor = max(least, _noise(before), _noise(after)) + abs(drift)
    old, new = (
        {figure.key: figure for figure in each.figures if figure.runs and figure.better != NEITHER}
        for each in (before, after)
    )
    changes = [_change(old[key], new[key], floor) for key in old if key in new and _counts(old[key], before)]
    return Comparison(
        changes=tuple(sorted(changes, key=lambda change: -change.ratio.middle)),
        only_before=tuple(key for key in old if key not in new),
        only_after=tuple(key for key in new if key not in old),
        floor=floor,
        drift=drift,
        notes=tuple(_notes(before, after)),
    )


def _change(before: Figure, after: Figure, floor: float) -> Change:
    pair = (after.runs, before.runs) if before.better == HIGHER else (before.runs, after.runs)
    found = ratio(*pair) if min(before.runs) > 0 < min(after.runs) else Interval(1.0, 1.0, 1.0)
    is_count = before.basis == "count" and len(before.runs) == len(after.runs) == 1
    if not is_count and min(len(before.runs), len(after.runs)) < LEAST_RUNS:
        verdict = UNSURE
    elif found.low > 1 + floor:
        verdict = SLOWER
    elif found.high < 1 / (1 + floor):
        verdict = FASTER
    else:
        verdict = EQUAL
    return Change(before, after, found, floor, verdict)


def _counts(figure: Figure, results: Results) -> bool:
    """Return whether a figure is judged: not a stage that is a small part of its log."""
    if figure.group != "stage" or figure.labels["stage"].startswith("total"):
        return True
    named = {name: figure.labels[name] for name in ("log", "compression")}
    total = results.one("stage", **named, stage="total")
    return total is not None and figure.median >= LEAST_SHARE * total.median


def _noise(results: Results) -> float:
    figure = results.one("noise", what="difference of equal runs")
    return figure.median if figure else 0.0


def _drift(before: Results, after: Results) -> float:
    loops = [each.one("noise", what="reference loop") for each in (before, after)]
    if loops[0] is None or loops[1] is None:
        return 0.0
    return loops[1].median / loops[0].median - 1


def _notes(before: Results, after: Results) -> list[str]:
    names = ("machine", "seed", "mode", "version")
    return [
        f"the {name} differs between both results"
        for name in names
        if before.facts.get(name) != after.facts.get(name)
    ]


def lines(found: Comparison) -> list[str]:
    """Return a comparison for people: what changed, then how many did not."""
    said = [f"note: {note}" for note in found.notes]
    for change in found.changes:
        if change.verdict not in (SLOWER, FASTER):
            continue
        word, shown = change.verdict.upper() if change.verdict == SLOWER else change.verdict, change.ratio
        said.append(
            f"{word}  {change.before.key}: {change.before.median:,.4g} -> {change.after.median:,.4g} "
            f"{change.before.unit}, {shown.middle:.2f} times the cost ({shown.low:.2f} to {shown.high:.2f})"
        )
    n_of = {
        verdict: sum(change.verdict == verdict for change in found.changes) for verdict in (EQUAL, UNSURE)
    }
    said.append(
        f"{len(found.changes)} figures compared, {n_of[EQUAL]} equal, {n_of[UNSURE]} of too few runs to tell; "
        f"differences up to {found.floor:.0%} count as equal (noise of both, least difference, and a reference loop "
        f"that took {found.drift:+.1%})"
    )
    for name, keys in (("first", found.only_before), ("second", found.only_after)):
        if keys:
            said.append(f"{len(keys)} figures only in the {name}, e.g. {keys[0]}")
    return said
