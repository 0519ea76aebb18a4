"""The hash of a file taken step by step is that of all its bytes."""

from __future__ import annotations

import threading

import pytest
from blake3 import blake3
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.errors import SourceError
from auditor.sources import aside as module
from auditor.sources.aside import AsideDigest

CONTENT = bytes(range(256)) * 5


class Bytes:
    """A file of bytes, which may fail at a place."""

    def __init__(self, fails_at=None):
        self.place = 0
        self.fails_at = fails_at
        self.is_closed = False

    def readinto(self, buffer):
        """Fill the beginning of a buffer."""
        if self.fails_at is not None and self.place >= self.fails_at:
            raise OSError(5, "Input/output error")
        piece = CONTENT[self.place : self.place + len(buffer)]
        buffer[: len(piece)] = piece
        self.place += len(piece)
        return len(piece)

    def close(self):
        """Note it."""
        self.is_closed = True


def digest(file, is_ended=lambda: False):
    """Return what hashes a file."""
    return AsideDigest("flows", lambda: file, "blake3", is_ended)


@settings(deadline=None)
@given(steps=st.lists(st.integers(0, 3000), max_size=8), step_bytes=st.integers(1, 500))
def test_advance__goes_no_further_than_a_step_behind_what_is_asked(steps, step_bytes):
    """However it was asked, the hash is that of all bytes, and the file is let go of."""
    file = Bytes()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "_STEP_BYTES", step_bytes)
        aside = digest(file)
        furthest = 0
        for n_bytes in steps:
            aside.advance(n_bytes)
            furthest = max(furthest, n_bytes)
            assert min(furthest, len(CONTENT)) <= file.place < furthest + step_bytes or not furthest
        assert aside.finish() == blake3(CONTENT).hexdigest()
    assert file.is_closed


def test_advance__does_nothing_while_another_thread_hashes():
    """Whoever judges does not wait for it."""
    is_reading, may_go_on = threading.Event(), threading.Event()

    class Slow(Bytes):
        def readinto(self, buffer):
            is_reading.set()
            assert may_go_on.wait(30)
            return super().readinto(buffer)

    aside = digest(Slow())
    thread = threading.Thread(target=aside.advance, args=(10,))
    thread.start()
    assert is_reading.wait(30)
    aside.advance(10)
    may_go_on.set()
    thread.join()
    assert aside.finish() == blake3(CONTENT).hexdigest()


def test_advance__after_the_end_does_nothing():
    """A file may be shorter than it was when its parts were counted: whoever judges asks on and on."""
    file = Bytes()
    aside = digest(file)
    assert aside.finish() == blake3(CONTENT).hexdigest()
    file.readinto = None
    aside.advance(1e9)
    assert aside.finish() == blake3(CONTENT).hexdigest()


def test_finish__raises_what_is_a_bug():
    """Where somebody sees it, and not where a part is judged."""
    file = Bytes()
    file.readinto = lambda _buffer: 1 // 0
    aside = digest(file)
    aside.advance(1)
    with pytest.raises(ZeroDivisionError):
        aside.finish()


def test_finish__tells_what_could_not_be_read(monkeypatch):
    """A step on the way does not: it is no business of whoever judges a part."""
    monkeypatch.setattr(module, "_STEP_BYTES", 100)
    file = Bytes(fails_at=300)
    aside = digest(file)
    aside.advance(1000)
    aside.advance(1000)
    with pytest.raises(SourceError) as raised:
        aside.finish()
    assert str(raised.value) == "file cannot be read: Input/output error - at flows"
    assert file.is_closed


def test_finish__is_none_when_nobody_waits_for_it(monkeypatch):
    """Half a hash is none."""
    monkeypatch.setattr(module, "_STEP_BYTES", 100)
    file = Bytes()
    asked = iter([False, True])
    assert digest(file, lambda: next(asked)).finish() is None
    assert file.place == 200
    assert file.is_closed


@pytest.mark.parametrize("is_begun", [True, False])
def test_close__lets_go_of_the_file(is_begun):
    """One that was never opened is not opened any more."""
    file = Bytes()
    aside = digest(file)
    if is_begun:
        aside.advance(1)
    aside.close()
    place = file.place
    aside.advance(1e9)
    assert file.is_closed is is_begun
    assert file.place == place
