"""Memory of a thread is used again by that thread alone, and for one use at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from auditor.flows.scratch import MOST_KEPT, Scratch


def place_of(room):
    """Return where memory lies."""
    return np.frombuffer(room, np.uint8).__array_interface__["data"][0]


def test_take__gives_the_same_memory_again():
    """For the same use, until more is asked for; another use has its own."""
    scratch = Scratch()
    room, other = scratch.take("a", 1000), scratch.take("b", 1000)
    assert (len(room), room.format, room.readonly) == (1000, "B", False)
    assert place_of(scratch.take("a", 1024)) == place_of(room) != place_of(other)
    larger = scratch.take("a", 5000)
    assert len(larger) == 5000
    assert place_of(scratch.take("a", 10)) == place_of(larger)
    assert len(scratch.take("a", 0)) == 0


def test_take__keeps_nothing_very_large():
    """What a huge column needs is the system's again."""
    scratch = Scratch()
    small = scratch.take("a", MOST_KEPT)
    assert len(scratch.take("a", MOST_KEPT + 1)) == MOST_KEPT + 1
    assert place_of(scratch.take("a", 1)) == place_of(small)


def test_take__gives_each_thread_its_own():
    """Two threads that decode side by side do not meet."""
    scratch = Scratch()
    mine = scratch.take("a", 64)
    with ThreadPoolExecutor(1) as pool:
        theirs = pool.submit(scratch.take, "a", 64).result()
        assert place_of(theirs) != place_of(mine)
