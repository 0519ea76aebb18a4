"""Members that are paused for so long that others take over, and then go on as if nothing had happened."""

from __future__ import annotations

import signal

import pytest

from tests.service.processes import until

pytestmark = [pytest.mark.jit_only, pytest.mark.slow]


@pytest.mark.parametrize(
    ("place", "is_second"),
    [
        pytest.param("chain.before-create", True, id="before-publishing"),
        pytest.param("loop.before-commit", False, id="before-committing"),
    ],
)
def test_stream__fences_a_zombie(crew, place, is_second):
    """What it was about to publish another has published: it drops its own, and goes on behind."""
    team = crew(1)
    team.send(50)
    zombie = team.start(failpoints=f"{place}=stop@1")
    until(zombie.is_stopped)
    heir = team.start()
    team.send(50)
    team.until_written()
    zombie.signal(signal.SIGCONT)
    if is_second:
        zombie.until_said("another member was first, its segment counts")
    else:
        zombie.until_said("the group was not told")
    team.send(50)
    team.until_written()
    zombie.end()
    heir.end()
    team.check()


def test_stream__lets_a_static_member_restart(crew):
    """A member with a name of its own is away for a while, and nobody else is given its partitions."""
    team = crew(2)
    # Longer than a start takes on a machine that has much else to do.
    team.properties.write_text("session.timeout.ms=40000\nrequest.timeout.ms=10000\n", encoding="utf-8")
    team.send(20)
    one, two = (team.start(group_instance_id=f"static-{name}") for name in "ab")
    until(lambda: len(one.said("partition begun")) and len(two.said("partition begun")))
    team.until_written()
    begun = len(two.said("partition begun"))
    one.end()
    again = team.start(group_instance_id="static-a")
    again.until_said("partition begun")
    team.send(20)
    team.until_written()
    assert len(two.said("partition begun")) == begun
    again.end()
    two.end()
    team.check()


def test_stream__tells_that_a_name_is_taken(crew):
    """Of two members with one name the later one goes on, and the other says why it ends."""
    team = crew(1)
    team.send(20)
    first = team.start(group_instance_id="same")
    first.until_said("partition begun")
    second = team.start(group_instance_id="same")
    second.until_said("partition begun")
    team.send(20)
    first.ended(2)
    assert first.plain == [f"auditor: error: another member of `{team.group}` goes by the name `same`"]
    team.send(20)
    team.until_written()
    second.end()
    team.check()
