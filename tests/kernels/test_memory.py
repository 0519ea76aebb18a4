"""Words and masks, compiled and in plain Python, against the methods of ``bytes`` and ``int``."""

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
    store_places,
    trailing_zeros,
    without_lowest,
)

TEXTS = st.binary(max_size=300) | st.text('" \\\n\r', max_size=300).map(str.encode)
WORDS = st.integers(0, 2**64 - 1) | st.builds(
    lambda low, high: (1 << low) ^ (1 << high), st.integers(0, 63), st.integers(0, 63)
)


@kernel
def look(text, places, found):
    """Note the byte, the word and the masks at each place."""
    base = base_of(text)
    for row in range(len(places)):
        place = places[row]
        found[row, 0] = np.uint64(byte_at(base, place))
        found[row, 1] = load_64(base, place)
        found[row, 2] = mask_equal(base, place, 34)
        found[row, 3] = mask_equal(base, place, 92)
        found[row, 4] = mask_equal(base, place, 0)
        found[row, 5] = mask_below(base, place, 32)
        found[row, 6] = mask_below(base, place, 33)


@kernel
def count(words, found):
    """Note what is counted of each word."""
    for row in range(len(words)):
        found[row, 0] = trailing_zeros(words[row])
        found[row, 1] = count_bits(words[row])
        found[row, 2] = without_lowest(words[row])


def mask_of(window, is_set):
    """Return a mask of the bytes of a window for which a condition holds."""
    return sum(1 << place for place, byte in enumerate(window) if is_set(byte))


@given(TEXTS)
def test_devices__read_any_place(content):
    """A byte, eight, and the comparisons of sixty-four from each place on, up to the last one of the padding."""
    padded = content + bytes(PADDING)
    places = np.arange(len(content) + 1, dtype=np.uint64)
    found = np.zeros((len(places), 7), np.uint64)
    look(np.frombuffer(padded, np.uint8), places, found)
    for place, row in enumerate(found.tolist()):
        window = padded[place : place + 64]
        signed = [byte - 256 * (byte > 127) for byte in window]
        assert row == [
            padded[place],
            int.from_bytes(padded[place : place + 8], "little"),
            mask_of(window, lambda byte: byte == 34),
            mask_of(window, lambda byte: byte == 92),
            mask_of(window, lambda byte: byte == 0),
            mask_of(signed, lambda byte: byte < 32),
            mask_of(signed, lambda byte: byte < 33),
        ]


@given(st.lists(WORDS))
def test_devices__count_bits(words):
    """Lowest bit, number of bits and what is left without the lowest, of 0 and of all bits too."""
    chosen = [0, 2**64 - 1, 1 << 63, *words]
    found = np.zeros((len(chosen), 3), np.uint64)
    count(np.array(chosen, np.uint64), found)
    assert found.tolist() == [
        [(word & -word).bit_length() - 1 if word else 64, word.bit_count(), word & (word - 1) if word else 0]
        for word in chosen
    ]


def test_low_bytes__are_masks():
    """From no byte to eight."""
    assert LOW_BYTES.tolist() == [256**n - 1 for n in range(9)]


@kernel
def note(words, at, places):
    """Note the places of the lowest bits of each word."""
    base = base_of(places)
    for row in range(len(words)):
        store_places(base, np.uint64(16 * row), at, words[row])


@given(st.lists(WORDS, max_size=5), st.integers(0, 2**31))
def test_store_places__writes_where_the_lowest_bits_are(words, at):
    """Sixteen numbers are written: the places of bits that are set, lowest first, and fill behind them."""
    places = np.zeros(16 * len(words) + 1, np.uint32)
    places[-1] = 7
    note(np.array(words, np.uint64), np.uint64(at), places)
    for row, word in enumerate(words):
        expected = [at + bit for bit in range(64) if word >> bit & 1][:16]
        assert places[16 * row : 16 * row + 16].tolist() == expected + [at] * (16 - len(expected))
    assert places[-1] == 7
