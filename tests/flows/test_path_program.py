"""Path programs: the perfect hash of each node, and what is known of each key."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.flows.hubble_scan import PROGRAM
from auditor.flows.path_program import ANY, SCALAR, SKIPPED, Wanted, compile_program
from kernels.jit import kernel
from kernels.json_program import (
    KEY_ROOM,
    KEY_SHIFT,
    MAX_KEY_BYTES,
    NODE_HEAD,
    NODE_WORDS,
    TABLE_SIZE,
    key_place,
)
from kernels.memory import base_of
from tests.kernels.devices import padded

NAMES = st.text("abcdefgh_PORT", min_size=1, max_size=MAX_KEY_BYTES)


@kernel
def place_key(text, length, multiplier, places):
    """Note the place of the key between two quotes."""
    places[0] = key_place(base_of(text), np.uint64(1), length + np.uint64(2), multiplier)


def found_facts(program, node, name):
    """Return what a scanner would find for a name in a node, the place of its word; None for no such key."""
    key = name.encode()
    places = np.zeros(1, np.uint64)
    place_key(padded(b',"' + key + b'":'), np.uint64(len(key)), program.nodes[node], places)
    assert places[0] < TABLE_SIZE
    facts = int(program.nodes[node + NODE_HEAD + int(places[0])])
    letters = program.letters[(facts >> KEY_SHIFT) * KEY_ROOM :][: len(key) + 1].tobytes()
    if letters != key + b'"':
        return None
    assert facts & 0xFF == len(key)
    return facts


# Keys of one node are told apart by their first two bytes, their last one and their length.
@given(
    st.lists(NAMES, min_size=1, max_size=20, unique_by=lambda name: (name[:2], name[-1], len(name))), NAMES
)
def test_compile_program__finds_every_key_and_no_other(names, other):
    """Each key of a node has a place of its own, the one the kernel computes."""
    program = compile_program({name: Wanted(slot, SCALAR) for slot, name in enumerate(names)})
    found = [found_facts(program, 1, name) for name in names]
    assert [facts >> 8 & 0xFF for facts in found] == list(range(len(names)))
    assert [facts >> KEY_SHIFT for facts in found] == list(range(len(names)))
    assert (found_facts(program, 1, other) is not None) == (other in names)


def test_compile_program__notes_what_is_known_of_keys():
    """Slot, kinds, mark, node below, whether wanted; equal objects are one node, others are not; read-only."""
    under = {"port": Wanted(5, SCALAR)}
    program = compile_program(
        {
            "one": Wanted(1, ANY, under, mark=6),
            "two": Wanted(2, 32, under, mark=17),
            "three": Wanted(3, 32, under, is_closed=True),
            "four": SKIPPED,
        }
    )
    first, second, third = (1 + place * NODE_WORDS for place in range(3))
    names = ("one", "two", "three", "four")
    facts = [found_facts(program, first, name) for name in names]
    facts += [found_facts(program, node, "port") for node in (second, third)]
    assert [fact >> 8 & 0xFF for fact in facts] == [1, 2, 3, 6, 5, 5]
    assert [fact >> 16 & 0xFF for fact in facts[:4]] == [ANY, 32, 32, ANY]
    assert [fact >> 24 & 0xFF for fact in facts[:4]] == [6, 17, 0, 0]
    assert [fact >> 32 & 0xFFFF for fact in facts] == [second, second, third, 0, 0, 0]
    assert [fact >> 48 & 0xFF for fact in facts] == [1, 1, 1, 0, 1, 1]
    assert [int(program.nodes[node + 1]) for node in (first, second, third)] == [0, 0, 1]
    unknown = int(program.nodes[0])
    assert [unknown >> shift & 0xFF for shift in range(0, 64, 8)] == [0, 6, ANY, 0, 0, 0, 0, 6]
    assert not program.letters[6 * KEY_ROOM :].any()
    assert len(program.nodes) == 1 + 3 * NODE_WORDS
    assert len(program.letters) == 7 * KEY_ROOM
    assert not any(array.flags.writeable for array in program)
    assert [array.dtype for array in program] == [np.uint64, np.uint8]


def test_compile_program__skips_nothing_where_no_other_key_may_be():
    """A key to skip in a closed object contradicts itself."""
    under = Wanted(0, ANY, {"a": Wanted(1, ANY), "b": SKIPPED}, is_closed=True)
    with pytest.raises(AssertionError, match="`b` is a key that must not be there"):
        compile_program({"in": under})


def test_compile_program__refuses_keys_that_nothing_tells_apart():
    """Two keys of the same length and ends have no perfect hash."""
    with pytest.raises(AssertionError, match="no perfect hash for the keys"):
        compile_program({"abcd": Wanted(0, ANY), "abed": Wanted(1, ANY)})


@pytest.mark.parametrize("name", ["", "k" * (MAX_KEY_BYTES + 1)])
def test_compile_program__refuses_keys_that_do_not_fit(name):
    """An empty key and one of 33 bytes are a mistake of whoever writes a program."""
    with pytest.raises(AssertionError, match="is no key that a program can hold"):
        compile_program({name: Wanted(0, ANY)})


def test_program__finds_the_keys_of_a_flow():
    """The program for Hubble knows the keys of a flow in the node of flows, and not those beside it."""
    flow = found_facts(PROGRAM, 1, "flow") >> 32 & 0xFFFF
    assert all(found_facts(PROGRAM, flow, name) for name in ("IP", "l4", "is_reply", "drop_reason_desc"))
    assert found_facts(PROGRAM, 1, "IP") is None
    assert found_facts(PROGRAM, flow, "flow") is None
