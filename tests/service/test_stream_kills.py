"""Members that die where it hurts, one after the other, on one topic."""

from __future__ import annotations

import pytest

from tests.service.processes import ENDED_BY_KILL
from tests.service.streaming import tables_of

pytestmark = [pytest.mark.jit_only, pytest.mark.slow]

PLACES = (
    "loop.after-poll=kill@2",
    "loop.before-judge=kill@3",
    "storage.mid-write=kill@2",
    "storage.before-link=kill@3",
    "storage.after-link=kill@3",
    "loop.before-commit=kill",
    "loop.after-commit=kill",
)
"""Each segment is three files: its dead letters come first."""


def test_stream__survives_a_kill_anywhere(crew):
    """Whoever comes next goes on at the end of the chain, also if it dies as well, and nothing is judged twice."""
    team = crew(2)
    for place in PLACES:
        team.send(20)
        team.start(failpoints=place).ended(ENDED_BY_KILL)
    team.run_to_the_end()
    team.check()


def test_stream__survives_a_kill_while_policies_change(crew):
    """Before the cut nothing of it is published, after it the old segment is: both are gone on from."""
    team = crew(1)
    for place, ports in (("loop.before-cut=kill", (443, 80)), ("loop.after-cut=kill", (443, 81))):
        team.send(20)
        member = team.start(failpoints=place, roll_seconds=3600)
        member.until_said("partition begun")
        tables_of(team.folder / "cluster", ports)
        member.ended(ENDED_BY_KILL)
    team.run_to_the_end()
    team.check()
    assert [segment.facts.end for segment in team.segments()][-1] == 40
