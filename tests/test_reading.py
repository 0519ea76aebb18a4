"""Logs read side by side: in order, bounded, with every failure told in its turn, and ended when asked."""

from __future__ import annotations

import threading
import time

import pytest

from auditor import reading as reading_module
from auditor.errors import SourceError
from auditor.reader import LEAST_BYTES, Reader
from auditor.reading import Reading
from auditor.sources.files import find_files


class Log:
    """A log of numbered parts that keeps the order in which they were read."""

    format = "vpc-text"
    warnings = ()

    def __init__(self, name, n_parts, read, failure=None):
        self.file = name
        self.share_read = 0.0
        self._n_parts = n_parts
        self._read = read
        self._failure = failure

    def parts(self):
        """Yield numbered parts."""
        for place in range(self._n_parts):
            self._read.append((self.file, place))
            self.share_read = (place + 1) / self._n_parts
            yield lambda place=place: (self.file, place)
        if self._failure is not None:
            raise self._failure


@pytest.fixture
def files(tmp_path):
    """Return four files of a byte each."""
    for name in "abcd":
        (tmp_path / name).write_text(name)
    return find_files([str(tmp_path)])


def reading(files, logs, n_threads=2, judge=lambda part: part(), weigh=lambda _: 0, look=lambda: None):
    """Return a reading of logs, one for each file."""
    return Reading(list(zip(files, logs, strict=True)), judge, weigh, n_threads, "blake3", look)


def results(begun, n_logs):
    """Return what every log gave, in order."""
    return [future.result() for place in range(n_logs) for future, _ in begun.parts(place)]


def settled(is_done):
    """Wait until something has happened, not for ever, and a little longer for what must not."""
    deadline = time.monotonic() + 10
    while not is_done() and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.05)


@pytest.mark.parametrize("n_threads", [1, 2, 5])
def test_parts__come_in_the_order_of_logs_and_parts(files, n_threads):
    """Whatever is judged first: here the first log is the slowest."""
    read = []
    logs = [Log(name, 6, read) for name in "abcd"]

    def judge(part):
        found = part()
        time.sleep(0.01 if found[0] == "a" else 0)
        return found

    with reading(files, logs, n_threads, judge) as begun:
        found = results(begun, 4)
    assert found == [(name, place) for name in "abcd" for place in range(6)]


def test_parts__say_how_far_the_log_was_read(files):
    """Each part comes with the share up to its own end, however far the reader is ahead."""
    with reading(files[:1], [Log("a", 4, [])]) as begun:
        assert [share for _, share in begun.parts(0)] == [0.25, 0.5, 0.75, 1.0]


def test_parts__are_read_ahead_but_not_far(files, monkeypatch):
    """While the first log is judged the next one is read up to its bound, and the ones behind it are not begun."""
    monkeypatch.setattr(reading_module, "AHEAD_BYTES", 5 * LEAST_BYTES)
    read = []
    logs = [Log(name, 50, read) for name in "abcd"]
    with reading(files, logs) as begun:
        next(begun.parts(0))
        settled(lambda: sum(name == "b" for name, _ in read) >= 5)
        counts = {name: sum(found == name for found, _ in read) for name in "abcd"}
        assert 5 <= counts["b"] <= 7
        assert counts["a"] <= 10
        assert counts["c"] == counts["d"] == 0


def test_parts__of_little_are_read_further_ahead_than_those_of_much(files, monkeypatch):
    """What is kept of the parts is what bounds them, not their number; of a part that failed that may be much."""
    monkeypatch.setattr(reading_module, "AHEAD_BYTES", 40 * LEAST_BYTES)
    cases = ((lambda _: 0, 40, 42), (lambda _: 20 * LEAST_BYTES, 2, 4), (lambda _: 1 // 0, 3, 5))
    for weigh, least, most in cases:
        read = []
        with reading(files, [Log(name, 100, read) for name in "abcd"], weigh=weigh) as begun:
            next(begun.parts(0))
            settled(lambda read=read, least=least: sum(name == "b" for name, _ in read) >= least)
            assert least <= sum(name == "b" for name, _ in read) <= most


@pytest.mark.parametrize("may_wait", [False, True])
def test_parts__of_all_logs_out_of_turn_are_bounded_together(files, monkeypatch, may_wait):
    """Each of two may have eight; three threads may have twelve of both."""
    monkeypatch.setattr(reading_module, "AHEAD_BYTES", 8 * LEAST_BYTES)
    for file in files:
        file.may_wait = may_wait
    read = []
    with reading(files, [Log(name, 50, read) for name in "abcd"], n_threads=3) as begun:
        next(begun.parts(0))
        settled(lambda: sum(name != "a" for name, _ in read) >= 12)
        assert 12 <= sum(name != "a" for name, _ in read) <= 15


def test_parts__are_handed_on_before_there_is_no_room():
    """Else all threads would wait, however many there are, until who takes parts is awake; a megabyte each is much."""
    assert reading_module.TOGETHER << 20 <= reading_module.AHEAD_BYTES // 2


def test_parts__of_many_short_logs_are_read_ahead(files):
    """A log that was read leaves its place to the next one, though its turn has not come; not without end."""
    read = []
    logs = [Log(str(place), 1, read) for place in range(20)]
    with reading(files * 5, logs) as begun:
        parts = begun.parts(0)
        deadline = time.monotonic() + 10
        while len(read) < 4 and time.monotonic() < deadline:
            next(parts, None)
            time.sleep(0.01)
        time.sleep(0.05)
        assert sorted(read) == [(str(place), 0) for place in range(4)]
        assert results(begun, 20) == [(str(place), 0) for place in range(1, 20)]


def test_parts__end_if_the_stop_came_first(files):
    """A reading that was stopped before it began has no parts."""
    with reading(files, [Log(name, 10, []) for name in "abcd"]) as begun:
        begun.stop()
        assert results(begun, 4) == []


@pytest.mark.parametrize("n_threads", [1, 3])
def test_parts__in_flight_are_bounded(files, n_threads):
    """No more parts of a log wait to be judged than threads and one, however slow judging is."""
    read, judged, most = [], [], []

    def judge(part):
        most.append(len(read) - len(judged))
        time.sleep(0.002)
        judged.append(part())
        return judged[-1]

    with reading(files[:1], [Log("a", 40, read)], n_threads, judge) as begun:
        assert len(results(begun, 1)) == 40
    assert max(most) <= n_threads + 2


@pytest.mark.parametrize("is_tight", [False, True])
def test_parts__are_judged_by_whoever_read_them(files, monkeypatch, is_tight):
    """What a thread read is in the cache of its core; only where reading takes long it leaves a part, and reads on."""
    monkeypatch.setattr(Reader, "is_tight", lambda _reader, _n_threads: is_tight)
    readers, judges, waiting, most = [], [], set(), []

    class Noted(Log):
        def parts(self):
            for place, part in enumerate(super().parts()):
                readers.append(threading.get_ident())
                waiting.add(place)
                most.append(len(waiting))
                yield part

    def judge(part):
        place = part()[1]
        judges.append((place, threading.get_ident()))
        time.sleep(0.004)
        waiting.remove(place)
        return part()

    with reading(files[:1], [Noted("a", 40, [])], 2, judge) as begun:
        assert results(begun, 1) == [("a", place) for place in range(40)]
    by_reader = [thread for _, thread in sorted(judges)]
    assert (by_reader != readers) is is_tight
    assert max(most) <= 2 + 1


def test_parts__of_the_next_log_are_read_while_another_thread_reads(files):
    """Nobody waits for a log that somebody else reads if there is another one with room."""
    is_read = threading.Event()

    class Slow(Log):
        def parts(self):
            assert is_read.wait(30)
            yield from super().parts()

    def judge(part):
        found = part()
        if found[0] == "b":
            is_read.set()
        return found

    with reading(files[:2], [Slow("a", 2, []), Log("b", 2, [])], 2, judge) as begun:
        assert results(begun, 2) == [("a", 0), ("a", 1), ("b", 0), ("b", 1)]


def test_parts__of_a_log_that_may_wait_keep_no_thread_from_judging(files):
    """A pipe is read on a thread of its own, and both of the pool are free to judge another log."""
    is_judged = threading.Event()
    files[0].may_wait = True

    class Slow(Log):
        def parts(self):
            assert is_judged.wait(30)
            yield from super().parts()

    def judge(part):
        found = part()
        if found[0] == "b":
            is_judged.set()
        return found

    with reading(files[:2], [Slow("a", 2, []), Log("b", 1, [])], 2, judge) as begun:
        assert results(begun, 2) == [("a", 0), ("a", 1), ("b", 0)]


def test_parts__tell_a_failure_in_its_turn(files):
    """Where a log ends early its last part raises, and the next log goes on."""
    logs = [Log("a", 2, [], SourceError("the disk is gone")), Log("b", 1, [])]
    with reading(files[:2], logs) as begun:
        futures = [future for place in (0, 1) for future, _ in begun.parts(place)]
        assert [future.exception() is None for future in futures] == [True, True, False, True]
        with pytest.raises(SourceError, match="the disk is gone"):
            futures[2].result()


def test_parts__raise_what_is_a_bug(files):
    """What no log may raise is raised where the parts are asked for."""
    with (
        reading(files[:1], [Log("a", 2, [], ValueError("a bug"))]) as begun,
        pytest.raises(ValueError, match="a bug"),
    ):
        results(begun, 1)


def test_parts__raise_if_no_thread_can_be_had(files, monkeypatch):
    """A log that could not be begun in advance fails in its turn, and is not waited for."""
    files[1].may_wait = True

    def start(thread):
        if thread.name == "read":
            raise RuntimeError("can't start new thread")
        return started(thread)

    started = threading.Thread.start
    monkeypatch.setattr(threading.Thread, "start", start)
    with (
        reading(files[:2], [Log("a", 1, []), Log("b", 1, [])], 1) as begun,
        pytest.raises(RuntimeError, match="can't start new thread"),
    ):
        results(begun, 2)


def test_stop__finishes_what_was_read(files):
    """What is in flight when the stop comes is handed on, and nothing more is read."""
    read = []
    with reading(files, [Log(name, 10_000, read) for name in "abcd"]) as begun:
        parts = begun.parts(0)
        found = [next(parts)[0].result() for _ in range(3)]
        begun.stop()
        found += [future.result() for future, _ in parts]
        assert begun.end(0) == (None, [])
    assert found == [("a", place) for place in range(len(found))]
    assert sum(name == "a" for name, _ in read) - len(found) <= 1
    assert len(found) < 10_000


def test_exit__leaves_no_thread_behind(files):
    """Whoever takes a few parts only and goes leaves nothing running."""
    before = set(threading.enumerate())
    with reading(files, [Log(name, 10_000, []) for name in "abcd"]) as begun:
        next(begun.parts(0))
    assert set(threading.enumerate()) <= before


def test_end__returns_the_hash_of_what_was_not_read_front_to_back(files):
    """A log whose bytes were not all read in order is hashed on its own."""
    with reading(files[:1], [Log("a", 1, [])]) as begun:
        results(begun, 1)
        assert begun.end(0) == (files[0].digest("blake3"), [])
