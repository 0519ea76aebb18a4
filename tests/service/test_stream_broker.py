"""A broker that dies, forgets, or has another topic of the same name."""

from __future__ import annotations

import shutil
import signal

import pytest

from tests.service.processes import until

pytestmark = pytest.mark.jit_only


@pytest.mark.slow
def test_stream__outlasts_a_broker_that_is_killed(crew, node):
    """It waits while there is none, is ready again when there is one, and loses nothing."""
    team = crew(2)
    team.send(50)
    member = team.start()
    team.until_written()
    node.kill()
    node.start()
    team.send(50)
    team.until_written()
    member.end()
    team.check()


@pytest.mark.slow
def test_stream__ends_without_a_broker(crew, node):
    """Nobody says then whether the topic is still the same, so what is open is left for the next start."""
    team = crew(1)
    team.send(50)
    member = team.start(roll_seconds=3600, grace_seconds=2)
    member.until_said("partition begun")
    until(lambda: '"position": 50' in member.page("/debug/state")[1])
    node.kill()
    member.signal(signal.SIGTERM)
    member.ended(3)
    assert member.plain == [
        "auditor: error: expected to write 1 open segments within 2 s, could not; they are read again at the next start"
    ]
    node.start()
    team.run_to_the_end()
    team.check()


def test_stream__writes_down_what_retention_took(crew):
    """Offsets that are gone stand in the chain as a gap, and the exit code says so."""
    team = crew(1)
    team.send(30)
    team.run_to_the_end()
    team.send(30)
    team.forget(0, 45)
    member = team.run_to_the_end(code=3)
    assert member.plain == [f"auditor: missing: offsets 30 to 44 of {team.topic}/0: retention"]
    team.check(missing=[(0, 30, 45, "retention")])


@pytest.mark.parametrize("n_after", [10, 90])
def test_stream__begins_a_chain_for_a_topic_created_anew(crew, node, n_after):
    """Whether the new log is shorter or longer than the old one, all of it is judged, and nothing into the old chain.

    The member is paused meanwhile: its next fetch finds a log where it left one, and asks for no other topic.
    """
    team = crew(1)
    team.send(50)
    member = team.start()
    team.until_written()
    (old,) = (path.name for path in (team.out / team.topic).iterdir())
    member.signal(signal.SIGSTOP)
    node.delete(team.topic)
    node.create(team.topic)
    team.sent[0].clear()
    team.send(n_after)
    member.signal(signal.SIGCONT)

    def end():
        new = [path.name for path in (team.out / team.topic).iterdir() if path.name != old]
        found = team.segments(0, new[0]) if new else []
        return found[-1].facts.end if found else 0

    until(lambda: end() == n_after, of=lambda: team.story(end()))
    member.end()
    assert [segment.facts.end for segment in team.segments(0, old)] == [50]
    shutil.rmtree(team.out / team.topic / old)
    team.check()
