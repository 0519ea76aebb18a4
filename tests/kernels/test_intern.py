"""Texts to codes against a dictionary."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.intern import N_SEEDS, gather_spans, hash_of, intern_spans
from kernels.jit import kernel
from tests.kernels.devices import frozen, joined

TEXTS = st.lists(
    st.sampled_from(
        [b"", b"a", b"b", b"aa", b"a\0", b"\0", b"10.0.0.1", b"10.0.0.12", b"x" * 40, b"x" * 39 + b"y"]
    )
    | st.builds(
        lambda length, place: bytes(120 + (at == place) for at in range(length)),
        st.integers(0, 40),
        st.integers(0, 40),
    )
    | st.binary(max_size=40)
)
SEEDS = st.lists(st.integers(0, 2**32 - 1), min_size=N_SEEDS, max_size=N_SEEDS)


@kernel
def hash_all(words, seeds, hashes):
    """Hash pairs of words."""
    for row in range(len(hashes)):
        hashes[row] = hash_of(words[row, 0], words[row, 1], (seeds[0], seeds[1], seeds[2], seeds[3]))


def interned(texts, seeds, size, between=b""):
    """Return how many codes there are, those of the texts, and where each first appears."""
    text, spans = joined(texts, between)
    table = np.zeros((size, 4), np.uint64)
    codes, firsts = np.full(len(texts), -9, np.int32), np.full(size // 2, -9, np.int32)
    n = intern_spans(text, spans, frozen(np.array(seeds, np.uint64)), table, codes, firsts)
    return n, codes.tolist(), firsts[: max(n, 0)].tolist()


def expected(texts):
    """Return the same from a dictionary."""
    distinct = list(dict.fromkeys(texts))
    return len(distinct), [distinct.index(text) for text in texts], [texts.index(text) for text in distinct]


@given(TEXTS, SEEDS | st.just([0] * N_SEEDS), st.sampled_from((b"", b"x", b"\0" * 9)))
def test_intern_spans__numbers_by_first_appearance(texts, seeds, between):
    """Equal texts share a code, codes count up in order of appearance, whatever the seeds."""
    size = 4 << len(texts).bit_length()
    assert interned(texts, seeds, size, between) == expected(texts)


@given(TEXTS, SEEDS)
def test_intern_spans__asks_for_a_longer_table(texts, seeds):
    """More than half of a table is never used: the answer is right, or there is none."""
    n_distinct = len(set(texts))
    for size in (2, 4, 8, 16):
        found = interned(texts, seeds, size)
        if n_distinct > size // 2:
            assert found[0] == -1
        else:
            assert found == expected(texts)


def test_intern_spans__tells_texts_apart_that_collide():
    """Under seeds that hash half of the words to nothing, texts are still told apart, from the 1st byte to the 40th."""
    # The first factor is 0 for each word whose lower half is the seed.
    texts = [b"same" + bytes([letter]) * 4 for letter in range(60)]
    texts += [b"same" + b"a" * place + b"b" + b"a" * (35 - place) for place in range(36)]
    texts += [b"same" + b"a" * length for length in range(37)]
    seeds = [int.from_bytes(b"same", "little"), 5, 0, 7]
    words = np.array([[int.from_bytes(text[:8], "little"), 0] for text in texts[:60]], np.uint64)
    hashes = np.empty(len(words), np.uint64)
    hash_all(words, np.array(seeds, np.uint64), hashes)
    assert set(hashes.tolist()) == {0}
    assert interned(texts * 2, seeds, 512) == expected(texts * 2)


@given(st.lists(st.tuples(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1)), min_size=1), SEEDS)
def test_hash_of__fits_half_a_word(words, seeds):
    """Products of halves are the same in compiled code and in plain Python, and none is lost."""
    hashes = np.empty(len(words), np.uint64)
    hash_all(np.array(words, np.uint64), np.array(seeds, np.uint64), hashes)
    low = 2**32 - 1

    def by_hand(first, second):
        one = ((first & low) ^ seeds[0]) * ((first >> 32) ^ seeds[1])
        other = ((second & low) ^ seeds[2]) * ((second >> 32) ^ seeds[3])
        mixed = one ^ (other >> 32) ^ ((other << 32) & (2**64 - 1))
        return (mixed ^ (mixed >> 32)) & low

    assert hashes.tolist() == [by_hand(*pair) for pair in words]


@pytest.mark.parametrize("chosen", [[], [0], [2, 2], [3, 1, 0, 2]])
def test_gather_spans__joins_what_is_chosen(chosen):
    """Bytes of the chosen fields stand one behind the other, in the order asked for."""
    texts = [b"one", b"", b"three", b"\xff\0"]
    text, spans = joined(texts, b"-")
    expected_bytes = b"".join(texts[place] for place in chosen)
    offsets = np.cumsum([0, *(len(texts[place]) for place in chosen)]).astype(np.int32)
    letters = np.empty(len(expected_bytes), np.uint8)
    gather_spans(text, spans, frozen(np.array(chosen, np.int32)), frozen(offsets), letters)
    assert letters.tobytes() == expected_bytes
