"""Words and masks against the methods of ``bytes`` and Python's integers."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kernels.jit import kernel
from kernels.memory import (
    LOW_BYTES,
    PADDING,
    base_of,
    byte_at,
    count_bits,
    load_64,
    mask_below,
    mask_equal,
    trailing_zeros,
    without_lowest,
)

WORDS = st.integers(0, 2**64 - 1) | st.sampled_from([0, 1, 2**63, 2**64 - 1])


@kernel
def look(text, place, found):
    """Note what each function says of a place."""
    source = base_of(text)
    found[0] = load_64(source, place)
    found[1] = mask_equal(source, place, 34)
    found[2] = mask_below(source, place, 33)
    found[3] = np.uint64(byte_at(source, place))


@kernel
def turn(word, found):
    """Note what each function says of a word."""
    found[0] = trailing_zeros(word)
    found[1] = count_bits(word)
    found[2] = without_lowest(word)


@given(st.binary(min_size=1, max_size=130), st.data())
def test_words__are_those_at_any_place(text, data):
    """Loads and masks read unaligned bytes; bytes from 128 on are below every ASCII byte."""
    place = data.draw(st.integers(0, len(text) - 1))
    padded = np.frombuffer(text + bytes(PADDING), np.uint8)
    found = np.zeros(4, np.uint64)
    look(padded, np.uint64(place), found)
    window = (text + bytes(PADDING))[place : place + 64]
    assert found.tolist() == [
        int.from_bytes(window[:8], "little"),
        sum(1 << bit for bit, byte in enumerate(window) if byte == 34),
        sum(1 << bit for bit, byte in enumerate(window) if byte < 33 or byte >= 128),
        window[0],
    ]


@given(WORDS)
def test_bits__are_counted(word):
    """The lowest bit of nothing is at 64; nothing without its lowest bit is nothing."""
    found = np.zeros(3, np.uint64)
    turn(np.uint64(word), found)
    lowest = (word & -word).bit_length() - 1 if word else 64
    assert found.tolist() == [lowest, word.bit_count(), word & (word - 1) if word else 0]


def test_low_bytes__are_masks():
    """Mask i keeps i bytes, and nobody can change one."""
    assert [int(mask).bit_length() for mask in LOW_BYTES] == [8 * count for count in range(9)]
    assert not LOW_BYTES.flags.writeable
