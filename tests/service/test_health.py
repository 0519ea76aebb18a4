"""Whether the service lives, is ready, has started."""

from __future__ import annotations

import pytest

from auditor.service.health import CONDITIONS, Health


class Clock:
    """Goes on when told."""

    now = 100.0

    def __call__(self):
        """Return the seconds."""
        return self.now


@pytest.fixture
def clock():
    """Return a clock that stands still."""
    return Clock()


@pytest.fixture
def health(clock):
    """Return what is known of a service that has just been created."""
    return Health(max_tick_s=30, clock=clock)


def test_live__waits_for_the_first_tick(health, clock):
    """How long a start may take is for the startup probe to know."""
    clock.now += 10_000
    assert health.live() == (True, ("main loop: ok",))


def test_live__ends_when_the_loop_stands_still(health, clock):
    """And comes back with the next tick."""
    health.tick()
    clock.now += 30
    assert health.live().is_well
    clock.now += 1
    assert health.live() == (False, ("main loop: no sign of it for 31 s",))
    health.tick()
    assert health.live().is_well


def test_live__allows_what_was_announced(health, clock):
    """A loop that knows of a long wait says so beforehand."""
    health.tick(within_s=600)
    clock.now += 599
    assert health.live().is_well


def test_live__says_for_how_long_there_was_no_sign(health, clock):
    """Also after a wait of another length."""
    health.tick(within_s=600)
    clock.now += 650
    assert health.live().lines == ("main loop: no sign of it for 650 s",)


def test_live__asks_the_threads(health):
    """One that died takes the process along, by name."""
    alive = {"kafka-io": True, "policy-reload": True}
    health.watch("kafka-io", lambda: alive["kafka-io"])
    health.watch("policy-reload", lambda: alive["policy-reload"])
    assert health.live().is_well
    alive["kafka-io"] = False
    assert health.live() == (False, ("main loop: ok", "kafka-io: not running", "policy-reload: ok"))


def test_live__does_not_ask_for_readiness(health):
    """No broker, no disk: nothing that a restart would cure."""
    health.tick()
    for condition in CONDITIONS:
        health.miss(condition, "gone")
    assert health.live().is_well


def test_ready__gives_a_reason_for_each_condition(health):
    """Until all are met."""
    assert health.ready() == (
        False,
        (
            "policies: no policies loaded yet",
            "kernels: kernels not compiled yet",
            "assignment: no answer from the group yet",
            "sink: output not tried yet",
        ),
    )
    for condition in CONDITIONS:
        health.meet(condition)
    assert health.ready() == (True, tuple(f"{condition}: ok" for condition in CONDITIONS))
    health.miss("sink", "No space left on device")
    assert health.ready().lines[-1] == "sink: No space left on device"
    assert not health.ready().is_well


def test_stop__is_not_ready_and_alive(health):
    """No traffic is lost here; but rollouts wait for the successor then."""
    for condition in CONDITIONS:
        health.meet(condition)
    health.stop()
    assert (health.ready().is_well, health.ready().lines[-1]) == (False, "service: stopping")
    assert health.live().is_well


def test_started__is_for_good(health):
    """Policies and kernels once, without anybody else's doing."""
    assert health.started() == (
        False,
        ("policies: no policies loaded yet", "kernels: kernels not compiled yet"),
    )
    health.meet("policies")
    health.meet("kernels")
    health.miss("policies", "gone")
    assert health.started() == (True, ("policies: ok", "kernels: ok"))


def test_meet__knows_the_conditions(health):
    """A word that nobody looks at would never be missed."""
    with pytest.raises(AssertionError):
        health.meet("weather")


def test_state__adds_the_answers(health):
    """What the loop described stands beside them."""
    health.describe({"positions": {"flows/0": 17}})
    state = health.state()
    assert state["positions"] == {"flows/0": 17}
    assert (state["live"]["ok"], state["ready"]["ok"], state["started"]["ok"]) == (True, False, False)
