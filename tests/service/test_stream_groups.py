"""Members that come and go while messages are read."""

from __future__ import annotations

import signal

import pytest

from tests.service.processes import until

pytestmark = pytest.mark.jit_only


@pytest.mark.slow
def test_stream__divides_partitions_among_members(crew):
    """Two more join a member at work, one leaves, one is killed; each message comes out once."""
    team = crew(4)
    team.send(100)
    members = [team.start()]
    members[0].until_said("partition begun", 4)
    members += [team.start(), team.start()]
    until(lambda: [team.send(2) or each.said("partition begun") for each in members[1:]].count([]) == 0)
    team.send(50)
    members[0].end()
    team.send(50)
    members[1].signal(signal.SIGKILL)
    team.send(50)
    team.until_written()
    members[2].end()
    team.check()
