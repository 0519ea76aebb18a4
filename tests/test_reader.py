"""One log being read: whether others would wait for it."""

from __future__ import annotations

import pytest

from auditor import reader as module
from auditor.reader import Reader
from auditor.sources.files import find_files
from tests.test_reading import Log


@pytest.fixture
def make(tmp_path, monkeypatch):
    """Return what makes a reader of a log each part of which takes so many seconds to read."""
    (tmp_path / "a").write_text("a")
    (file,) = find_files([str(tmp_path)])
    now = [0.0]
    monkeypatch.setattr(module.time, "perf_counter", lambda: now[0])

    def begun(read_s):
        class Slow(Log):
            def parts(self):
                for part in super().parts():
                    now[0] += read_s
                    yield part

        reader = Reader(file, Slow("a", 9, []), "none", lambda: False)
        reader.begin()
        return reader

    return begun


def read_and_judge(reader, judge_s):
    """Have a part read and judged."""
    assert reader.next_part() is not None
    future = reader.add()
    reader.count_judged(future, 0, judge_s)


@pytest.mark.parametrize(
    ("read_s", "judge_s", "n_threads", "is_tight"),
    [
        (5, 5, 2, True),
        (5, 5, 1, False),
        (9, 1, 1, False),
        (2, 8, 2, False),
        (3, 7, 3, True),
        (1, 9, 8, False),
    ],
)
def test_is_tight__tells_whether_threads_would_wait(make, read_s, judge_s, n_threads, is_tight):
    """If it is read for four fifths of the time in which all threads work; one thread waits for nobody."""
    reader = make(read_s)
    for _ in range(3):
        read_and_judge(reader, judge_s)
    assert reader.is_tight(n_threads) is is_tight


def test_is_tight__not_before_a_part_was_judged(make):
    """Nobody knows then how long that takes."""
    reader = make(5)
    assert reader.next_part() is not None
    reader.add()
    assert not reader.is_tight(2)


@pytest.mark.parametrize("state", ["is_busy", "is_exhausted", "is_done"])
def test_is_tight__only_of_a_log_that_may_be_read_on(make, state):
    """Who leaves a part must have something to read."""
    reader = make(5)
    read_and_judge(reader, 5)
    setattr(reader, state, True)
    assert not reader.is_tight(2)


def test_is_tight__only_while_there_is_room(make):
    """Parts that wait to be judged are bounded."""
    reader = make(5)
    read_and_judge(reader, 5)
    reader.n_parts = 2
    for expected in (True, False):
        assert reader.next_part() is not None
        reader.add()
        assert reader.is_tight(2) is expected
