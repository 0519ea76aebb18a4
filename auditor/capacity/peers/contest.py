"""What is measured beside what: contests by name, a reader of the log each, and this program first."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

OURS = ""
"""The name of this program among the contenders."""
CONTESTS = {
    "hubble-json": "auditor.capacity.peers.hubble",
    "vpc-text": "auditor.capacity.peers.vpc_text",
    "vpc-text-v2": "auditor.capacity.peers.vpc_text",
    "vpc-parquet": "auditor.capacity.peers.queries",
}
"""The module of each; its function ``contenders`` takes the settings."""


@dataclass(frozen=True, slots=True)
class Contender:
    """What is measured.

    Attributes
    ----------
    load : callable
        From the path of a log to columns, or to verdicts; this is timed.
    check : callable
        From what ``load`` returned to what must be equal; this is not.
    needs : str
        The package without which it cannot run, as it is installed and imported.
    better : str
        What it does better than this program, as a sentence.
    seconds : callable, optional
        From what ``load`` returned to the seconds that count, where these are not all.
    """

    load: Callable[[str], Any]
    check: Callable[[Any], dict[str, Any]]
    needs: str = ""
    better: str = ""
    seconds: Callable[[Any], float] | None = None


def contenders(contest: str, settings: Mapping[str, Any]) -> dict[str, Contender]:
    """Return the contenders of a contest by name, this program first.

    Parameters
    ----------
    contest : str
        One of ``CONTESTS``.
    settings : mapping
        ``policies``, ``inventory``, ``pod_cidrs``, ``own_node``, ``rules`` (where the expanded rules lie).
    """
    found: dict[str, Contender] = import_module(CONTESTS[contest]).contenders(settings)
    assert next(iter(found)) == OURS
    return found


def differences(expected: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each thing that was found differently; what a peer cannot know it leaves out."""
    return [
        f"{name}: expected {expected[name]}, came {value}"
        for name, value in found.items()
        if expected[name] != value
    ]
