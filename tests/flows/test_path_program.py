"""Path programs: every key is found where the kernel looks for it, and no other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.flows.path_program import ANY, Wanted, compile_program
from kernels.jit import kernel
from kernels.json_program import MAX_KEY_BYTES, TABLE_SIZE, key_place

NAMES = st.lists(
    st.text("abcdefgh_IP4", min_size=1, max_size=MAX_KEY_BYTES), min_size=1, max_size=12, unique=True
)


@kernel
def place_of(word, length, multiplier):
    """Return where the kernel looks."""
    return key_place(word, length, multiplier)


@given(NAMES)
def test_compile_program__puts_keys_where_the_scanner_looks(names):
    """The hash of Python and that of the kernel are one, and no two keys of a node share a place."""
    program = compile_program({name: Wanted(slot, ANY) for slot, name in enumerate(names)})
    for slot, name in enumerate(names):
        word = np.uint64(int.from_bytes(name.encode()[:8], "little"))
        place = int(place_of(word, np.uint64(len(name)), program.multiplier[0]))
        key = int(program.table[place])
        assert program.words[key].tobytes().rstrip(b"\0") == name.encode()
        facts = int(program.facts[key])
        assert (facts & 0xFF, facts >> 8 & 0xFF, facts >> 16 & 0xFF, facts >> 32) == (len(name), slot, ANY, 0)
    assert int(program.lengths[0]) == sum({1 << len(name) for name in names})


def test_compile_program__shares_equal_objects():
    """Objects with the same keys are one node, and closed ones are not the open ones."""
    inner = {"x": Wanted(0, ANY)}
    program = compile_program(
        {
            "a": Wanted(1, ANY, inner),
            "b": Wanted(2, ANY, inner, mark=7),
            "c": Wanted(3, ANY, inner, is_closed=True),
        }
    )
    assert len(program.multiplier) == 3
    assert program.is_closed.tolist() == [0, 0, 1]
    assert [int(facts) >> 32 for facts in program.facts[:3]] == [2, 2, 3]
    assert [int(facts) >> 24 & 0xFF for facts in program.facts[:3]] == [0, 7, 0]
    assert len(program.table) == 3 * TABLE_SIZE
    assert not any(array.flags.writeable for array in program)


@pytest.mark.parametrize("name", ["", "x" * (MAX_KEY_BYTES + 1)])
def test_compile_program__refuses_keys_that_do_not_fit(name):
    """A program is part of the code: what cannot be in one is a bug."""
    with pytest.raises(AssertionError, match="is no key that a program can hold"):
        compile_program({name: Wanted(0, ANY)})
