"""Path programs: the perfect hash of each node, and what is known of each key."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.flows.hubble_scan import PROGRAM
from auditor.flows.path_program import ANY, SCALAR, Wanted, compile_program
from kernels.jit import kernel
from kernels.json_program import MAX_KEY_BYTES, TABLE_SIZE, key_place

NAMES = st.text("abcdefgh_PORT", min_size=1, max_size=MAX_KEY_BYTES)


@kernel
def place_all(words, lengths, multipliers, places):
    """Note the place of each key."""
    for row in range(len(places)):
        places[row] = key_place(words[row], lengths[row], multipliers[row])


def looked_up(program, node, name):
    """Return the key that a scanner would find for a name in a node, -1 for none."""
    key = name.encode()
    word = np.array([int.from_bytes(key[:8], "little")], np.uint64)
    places = np.zeros(1, np.uint64)
    place_all(word, np.array([len(key)], np.uint64), program.multiplier[node : node + 1], places)
    assert places[0] < TABLE_SIZE
    found = int(program.table[node * TABLE_SIZE + int(places[0])])
    if found < 0 or program.words[found].tobytes().rstrip(b"\0") != key:
        return -1
    assert int(program.facts[found]) & 0xFF == len(key)
    assert int(program.lengths[node]) >> len(key) & 1
    return found


# Keys of one node are told apart by their first 8 bytes and their length.
@given(st.lists(NAMES, min_size=1, max_size=12, unique_by=lambda name: (name[:8], len(name))), NAMES)
def test_compile_program__finds_every_key_and_no_other(names, other):
    """Each key of a node has a place of its own, the one the kernel computes."""
    program = compile_program({name: Wanted(slot, SCALAR) for slot, name in enumerate(names)})
    found = [looked_up(program, 0, name) for name in names]
    assert found == list(range(len(names)))
    assert [int(fact) >> 8 & 0xFF for fact in program.facts] == list(range(len(names)))
    assert (looked_up(program, 0, other) >= 0) == (other in names)


def test_compile_program__notes_what_is_known_of_keys():
    """Slot, kinds, mark and the node below; equal objects are one node, others are not, and arrays are read-only."""
    under = {"port": Wanted(5, SCALAR)}
    program = compile_program(
        {
            "one": Wanted(1, ANY, under, mark=6),
            "two": Wanted(2, 32, under, mark=17),
            "three": Wanted(3, 32, under, is_closed=True),
            "four": Wanted(4, 0),
        }
    )
    facts = [int(fact) for fact in program.facts]
    assert [fact & 0xFF for fact in facts] == [3, 3, 5, 4, 4, 4]
    assert [fact >> 8 & 0xFF for fact in facts] == [1, 2, 3, 4, 5, 5]
    assert [fact >> 16 & 0xFF for fact in facts[:4]] == [ANY, 32, 32, 0]
    assert [fact >> 24 & 0xFF for fact in facts[:4]] == [6, 17, 0, 0]
    assert [fact >> 32 for fact in facts] == [2, 2, 3, 0, 0, 0]
    assert program.is_closed.tolist() == [0, 0, 1]
    assert len(program.multiplier) == len(program.lengths) == 3
    assert not any(array.flags.writeable for array in program)
    assert [array.dtype for array in program] == [
        np.int16,
        np.uint64,
        np.uint64,
        np.uint8,
        np.uint64,
        np.uint64,
    ]


@pytest.mark.parametrize("name", ["", "k" * (MAX_KEY_BYTES + 1)])
def test_compile_program__refuses_keys_that_do_not_fit(name):
    """An empty key and one of 33 bytes are a mistake of whoever writes a program."""
    with pytest.raises(AssertionError, match="is no key that a program can hold"):
        compile_program({name: Wanted(0, ANY)})


def test_program__finds_the_keys_of_a_flow():
    """The program for Hubble knows the keys of a flow in the node of flows, and not those beside it."""
    flow = int(PROGRAM.facts[looked_up(PROGRAM, 0, "flow")]) >> 32
    assert all(
        looked_up(PROGRAM, flow - 1, name) >= 0 for name in ("IP", "l4", "is_reply", "drop_reason_desc")
    )
    assert looked_up(PROGRAM, 0, "IP") == looked_up(PROGRAM, flow - 1, "flow") == -1
