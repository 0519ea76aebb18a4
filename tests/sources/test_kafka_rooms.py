"""Memory that grows, is handed out, and comes back when nobody holds it."""

from __future__ import annotations

import gc

import numpy as np
import pytest

from auditor.sources import kafka_rooms
from auditor.sources.kafka_batches import BatchReader, Limits
from auditor.sources.kafka_rooms import MOST_FREE, ROOM_BYTES, Rooms
from kernels.memory import PADDING
from tests.kafka_bytes import Batch, Record


def place_of(values):
    """Return where an array lies."""
    return values.ctypes.data


@pytest.mark.parametrize("n_bytes", [0, 1, ROOM_BYTES - PADDING, ROOM_BYTES - PADDING + 1, 3 * ROOM_BYTES])
def test_room__keeps_what_is_added(n_bytes):
    """Also when it has to move for more; zeros follow."""
    room = Rooms().take()
    room.add(b"first")
    room.add(bytes([7]) * n_bytes)
    room.add(b"last")
    values = room.values()
    assert len(values) == 9 + n_bytes + PADDING
    assert values[:5].tobytes() == b"first"
    assert (values[5 : 5 + n_bytes] == 7).all()
    assert values[5 + n_bytes :].tobytes() == b"last" + bytes(PADDING)
    assert not values.flags.writeable


def test_room__forgets_what_lies_behind_its_size():
    """What was written and then not wanted is overwritten."""
    room = Rooms().take()
    room.add(b"kept")
    room.add(b"x" * 1_000)
    room.size = 4
    assert room.values().tobytes() == b"kept" + bytes(PADDING)


def test_room__gives_space_without_counting_it():
    """Who writes there says how much it was."""
    room = Rooms().take()
    space = room.space(100)
    assert len(space) >= 100
    space[:3] = b"abc"
    assert room.size == 0
    room.size = 3
    assert room.values()[: room.size].tobytes() == b"abc"


def test_rooms__use_memory_again_once_nobody_holds_it():
    """A part of an array keeps all of it; afterwards the next room is there."""
    rooms = Rooms()
    room = rooms.take()
    room.add(b"some values")
    part = room.values()[5:]
    first = place_of(part) - 5
    del room
    gc.collect()
    other = rooms.take()
    other.add(b"OTHER")
    assert part[:6].tobytes() == b"values"
    assert place_of(other.values()) != first
    del part
    gc.collect()
    assert place_of(rooms.take().values()) == first


def test_rooms__keep_few_and_none_that_grew(monkeypatch):
    """Memory that was needed once is given back."""
    monkeypatch.setattr(kafka_rooms, "ROOM_BYTES", 4096)
    rooms = Rooms()
    held = [rooms.take() for _ in range(MOST_FREE + 3)]
    for room in held:
        room.add(b"x")
    grown = rooms.take()
    grown.add(bytes(10_000))
    del room, grown
    free = rooms._free  # noqa: SLF001
    assert [len(content) for content in free] == [4096]
    held.clear()
    gc.collect()
    assert [len(content) for content in free] == [4096] * MOST_FREE


def test_rooms__are_not_shared_by_arrays_at_one_time():
    """Whatever is alive at a time lies apart."""
    rooms = Rooms()
    held = []
    for number in range(20):
        room = rooms.take()
        room.add(bytes([number]) * 100)
        held = [*held[-3:], (number, room.values()[:100])]
        assert all((np.asarray(values) == number).all() for number, values in held)


def test_rooms__are_held_by_messages_alone():
    """A fetch of which some messages were taken keeps no memory while it waits for who takes the others."""
    rooms = Rooms()
    batch = [Batch(base=at, records=(Record(0, b"x" * 100),), codec=4).write() for at in (0, 1, 2)]
    reader = iter(BatchReader("flows", 3, b"".join(batch), 0, (), Limits(group_bytes=1), rooms))
    places = set()
    for messages in reader:
        places.add(place_of(messages.values))
        del messages
        gc.collect()
        other = rooms.take()
        other.add(b"other")
        places.add(place_of(other.values()))
        del other
    assert len(places) == 1
