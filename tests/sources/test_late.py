"""A hash that lags behind is that of the bytes as they were read, whoever hashes when."""

from __future__ import annotations

import hashlib
import threading
import time
from mmap import mmap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.sources.late import MOST_PIECES, LateDigest


def plain(content):
    """Return the hash of bytes."""
    return hashlib.sha256(content).hexdigest()


@given(st.lists(st.binary(max_size=9), max_size=9), st.sets(st.integers(0, 8)))
def test_hexdigest__is_that_of_all_that_was_read(pieces, cuts):
    """Wherever it is cut."""
    late = LateDigest(hashlib.sha256())
    for place, piece in enumerate(pieces):
        late.update(memoryview(piece))
        if place in cuts:
            late.settle(late.cut())
    assert late.hexdigest() == plain(b"".join(pieces))


def test_settle__goes_by_the_order_of_cuts():
    """What was cut off first is hashed first, though another thread comes earlier."""
    late = LateDigest(hashlib.sha256())
    late.update(memoryview(b"first"))
    first = late.cut()
    late.update(memoryview(b"second"))
    later = threading.Thread(target=late.settle, args=(late.cut(),))
    later.start()
    time.sleep(0.02)
    assert later.is_alive()
    late.settle(first)
    later.join(10)
    assert late.hexdigest() == plain(b"firstsecond")


@pytest.mark.parametrize("n", range(7))
def test_keep__has_what_is_about_to_change(n):
    """The end of the last piece is taken from the copy, and of what is longer all is hashed at once."""
    late, memory = LateDigest(hashlib.sha256()), bytearray(b"one-three")
    late.update(memoryview(memory)[:4])
    late.update(memoryview(memory)[4:])
    late.keep(n, bytes(memory[len(memory) - n :]))
    memory[len(memory) - n :] = bytes(n)
    assert late.hexdigest() == plain(b"one-three")


def test_keep__does_not_trust_a_copy_that_was_clipped():
    """A line that is too long is carried on in part."""
    late, memory = LateDigest(hashlib.sha256()), bytearray(b"long")
    late.update(memoryview(memory))
    late.keep(3, b"on")
    memory[:] = bytes(4)
    assert late.hexdigest() == plain(b"long")


@pytest.mark.parametrize("is_cut", [False, True])
def test_let_go__hashes_what_lies_in_memory_that_is_used_again(is_cut):
    """Also if another thread has yet to settle it: that is waited for. Other memory is left alone."""
    late, memory, other = LateDigest(hashlib.sha256()), mmap(-1, 4096), mmap(-1, 4096)
    memory[:4] = b"text"
    late.update(memoryview(memory)[:4])
    late.let_go(other)
    settling = None
    if is_cut:
        settling = threading.Timer(0.02, late.settle, args=(late.cut(),))
        settling.start()
    late.let_go(memory)
    memory[:4] = bytes(4)
    assert late.hexdigest() == plain(b"text")
    if settling is not None:
        settling.join()


def test_late_digest__may_have_nothing_to_do():
    """Where bytes are hashed as they are read, or not at all."""
    late = LateDigest()
    late.keep(3, b"abc")
    late.let_go(mmap(-1, 4096))
    late.catch_up()
    late.settle(late.cut())


def test_update__keeps_no_more_than_some_pieces():
    """A pipe may give a byte at a time."""
    late, content = LateDigest(hashlib.sha256()), bytes(range(250)) * 20
    for place in range(len(content)):
        late.update(memoryview(content)[place : place + 1])
        assert len(late._pieces) < MOST_PIECES  # noqa: SLF001 - the memory that they take
    assert late.hexdigest() == plain(content)
