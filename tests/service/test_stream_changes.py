"""Policies that change under a member, and a disk that is full for a while."""

from __future__ import annotations

import resource

import pytest

from tests.service.processes import until
from tests.service.streaming import tables_of

pytestmark = pytest.mark.jit_only


def test_stream__cuts_a_segment_where_policies_change(crew):
    """What was read before is judged by the old policies, what comes after by the new, and no segment by both."""
    team = crew(1)
    team.send(50)
    member = team.start(roll_seconds=3600)
    member.until_said("partition begun")
    until(lambda: '"position": 50' in member.page("/debug/state")[1])
    tables_of(team.folder / "cluster", ports=(443, 5432))
    member.until_said("newer policies or inventory in force")
    team.send(50)
    until(lambda: '"position": 100' in member.page("/debug/state")[1])
    (team.folder / "cluster" / "policy.json").write_text("{")
    until(lambda: 'auditor_policy_reload_total{result="failure"} 1.0' in member.page("/metrics")[1])
    assert member.page("/readyz")[0] == 200
    member.end()
    old, new = team.segments()
    assert (old.facts.start, old.facts.end, new.facts.start, new.facts.end) == (0, 50, 50, 100)
    assert old.facts.policies != new.facts.policies
    assert (old.table.num_rows, new.table.num_rows) == (20, 0)
    assert new.facts.counts["permitted"] == 30


def test_stream__waits_while_it_cannot_write(crew):
    """It is not ready then, reads no further, and goes on when it can: every message still comes out once."""
    team = crew(1)
    member = team.start()
    member.until_said("partition begun")
    assert member.page("/readyz")[0] == 200
    resource.prlimit(member.child.pid, resource.RLIMIT_FSIZE, (16_384, resource.RLIM_INFINITY))
    team.send(20_000)
    until(lambda: member.page("/readyz")[0] == 503)
    assert "sink: cannot write " in member.page("/readyz")[1]
    assert member.page("/livez")[0] == 200
    team.send(10)
    resource.prlimit(
        member.child.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    )
    until(lambda: member.page("/readyz")[0] == 200)
    team.until_written()
    member.end()
    team.check()


def test_stream__goes_on_when_its_folder_is_back(crew):
    """A volume that goes away is waited for; nothing is written beside it."""
    team = crew(1)
    team.send(20)
    member = team.start()
    team.until_written()
    away = team.out.rename(team.folder / "away")
    team.send(20)
    until(lambda: member.page("/readyz")[0] == 503)
    away.rename(team.out)
    until(lambda: member.page("/readyz")[0] == 200)
    team.until_written()
    member.end()
    team.check()
