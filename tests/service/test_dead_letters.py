"""Messages that could not be read, beside the segments that name them."""

from __future__ import annotations

import pyarrow as pa
import pytest

from auditor.errors import SinkError, StateError
from auditor.service.chain import Published
from auditor.service.dead_letters import LETTERS, read_dead_letters, remove_garbage, write_dead_letters
from auditor.service.verify import verify
from tests.service.making import ScriptedStorage, chain_of, segment_of, write_chain

ROW = {"offset": 5, "reason": "not-json", "timestamp": 1, "value": b"{"}


def letters(n_rows=1):
    """Return dead letters."""
    return pa.Table.from_pylist([ROW] * n_rows, schema=LETTERS)


def published(storage, *, n_rejected=1):
    """Write a chain whose second segment names dead letters; return their file."""
    write_chain(storage, [5])
    chain = chain_of(storage)
    side = write_dead_letters(storage, chain.name, 5, letters())
    facts, table = segment_of(5, 9, dead_letters=(side,))
    facts.counts["rejected"] = n_rejected
    chain.first()
    assert isinstance(chain.publish(facts, table), Published)
    return side


def test_write_dead_letters__is_committed_by_the_segment():
    """What is written is read, every time under another name, apart from the segments."""
    storage = ScriptedStorage()
    side = published(storage)
    other = write_dead_letters(storage, chain_of(storage).name, 5, letters())
    assert side.name != other.name
    assert side.name.startswith("flows/x7Yz-_topicid/rejected/p=0/00000000000000000005-")
    assert read_dead_letters(storage, side).to_pylist() == letters().to_pylist()
    found = [(one.level, one.kind, one.place) for one in verify(storage).found]
    assert found == [("note", "garbage", other.name)]


def test_write_dead_letters__says_that_a_name_is_taken():
    """It cannot happen, and is told if it does."""

    class Full(ScriptedStorage):
        def create(self, _name, _content):
            return False

    storage = Full()
    with pytest.raises(SinkError, match=r"^expected a name that nobody has, it is taken - at flows/"):
        write_dead_letters(storage, chain_of(storage).name, 5, letters())


def test_verify__misses_dead_letters():
    """Dead letters that are gone, damaged, or more than what was rejected are errors."""
    storage = ScriptedStorage()
    side = published(storage, n_rejected=0)
    segment = f"{chain_of(storage).name.folder}{5:020}.arrow"
    many = ("error", "content", segment, "expected at most `0` dead letters, one a rejected row, found `1`")
    assert verify(storage).found == [many]
    storage.objects[side.name] += b"x"
    damaged = f"dead letters are damaged: their checksum differs - at {side.name}"
    assert verify(storage).found == [("error", "content", segment, damaged), many]
    storage.remove(side.name)
    gone = f"expected the dead letters of a segment, they are gone - at {side.name}"
    assert verify(storage).found == [("error", "content", segment, gone), many]


def test_read_dead_letters__counts_them():
    """Fewer than the segment says is damage."""
    import msgspec

    storage = ScriptedStorage()
    side = msgspec.structs.replace(published(storage), n_rows=2)
    with pytest.raises(StateError) as caught:
        read_dead_letters(storage, side)
    assert str(caught.value) == f"expected `2` dead letters, found `1` - at {side.name}"


def test_publish__refuses_to_name_dead_letters_that_are_gone():
    """A writer paused until its dead letters were cleaned up does not point at nothing."""
    storage = ScriptedStorage()
    write_chain(storage, [5])
    chain = chain_of(storage)
    chain.first()
    side = write_dead_letters(storage, chain.name, 5, letters())
    storage.remove(side.name)
    with pytest.raises(SinkError) as caught:
        chain.publish(*segment_of(5, 9, dead_letters=(side,)))
    assert str(caught.value) == f"expected the dead letters of a segment, they are gone - at {side.name}"


def test_remove_garbage__takes_what_is_old_and_named_by_nobody():
    """Young files stay: their segment may be about to appear."""
    storage = ScriptedStorage()
    side = published(storage)
    old = write_dead_letters(storage, chain_of(storage).name, 9, letters())
    storage.create("flows/x7Yz-_topicid/p=0/.tmp-1", b"half")
    storage.now_s = 100.0
    young = write_dead_letters(storage, chain_of(storage).name, 9, letters())
    storage.create("flows/x7Yz-_topicid/p=0/mine.txt", b"foreign")
    before = set(storage.objects)
    removed = remove_garbage(storage, {side.name}, 50.0)
    assert sorted(removed) == sorted([old.name, "flows/x7Yz-_topicid/p=0/.tmp-1"])
    assert before - set(storage.objects) == set(removed)
    assert {side.name, young.name} <= set(storage.objects)
