"""Texts behind their lengths, and small numbers as bytes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.pages import MALFORMED
from kernels.plain import hint, read_texts
from tests.kernels.devices import frozen

TEXTS = st.lists(st.binary(max_size=40), max_size=12)


def written(texts):
    """Return texts as a page holds them."""
    return b"".join(len(text).to_bytes(4, "little") + text for text in texts)


def read(content, start, end, n, first=0):
    """Return what the kernel says, the texts it read, and what it left of the letters."""
    offsets, letters = np.full(n + 1, -7, np.int32), np.full(first + max(end - start, 0), 0xEE, np.uint8)
    offsets[0] = first
    said = read_texts(frozen(np.frombuffer(content, np.uint8)), start, end, offsets, letters)
    if said < 0:
        return said, []
    pairs = zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True)
    return said, [letters[one:other].tobytes() for one, other in pairs]


@given(TEXTS, st.binary(max_size=9), st.binary(max_size=9), st.integers(0, 50))
def test_read_texts__reads_what_is_written(texts, before, behind, first):
    """Wherever they stand, and wherever the letters go; what is behind the last is let be."""
    content = before + written(texts) + behind
    assert read(content, len(before), len(content), len(texts), first) == (0, texts)


@given(TEXTS.filter(bool), st.data())
def test_read_texts__refuses_texts_that_are_cut(texts, drawn):
    """Though the bytes go on behind the end."""
    content = written(texts)
    end = drawn.draw(st.integers(0, len(content) - 1))
    assert read(content, 0, end, len(texts))[0] == MALFORMED
    assert read(content, 0, len(content), len(texts) + 1)[0] == MALFORMED


@pytest.mark.parametrize("length", [4, 2**31 - 1, 2**31, 2**32 - 1])
def test_read_texts__refuses_lengths_beyond_the_end(length):
    """A length is unsigned: none of them goes backwards."""
    content = length.to_bytes(4, "little") + b"abc"
    assert read(content, 0, len(content), 1) == (MALFORMED, [])


@given(st.binary(max_size=60), st.integers(0, 8))
def test_read_texts__of_any_bytes_stays_inside(content, n):
    """All lie one behind the other, each behind its length; or a code says that they do not."""
    said, texts = read(content, 0, len(content), n)
    assert said in {0, MALFORMED}
    if said == 0:
        assert content.startswith(written(texts))


@given(
    st.lists(st.tuples(st.integers(0, 255), st.integers(0, 255)), max_size=70),
    st.lists(st.integers(0, 255), min_size=512, max_size=512),
)
def test_hint__stands_in_place_of_flags(rows, hints):
    """Flags become the hint of their protocol."""
    protocols, flags = np.array(rows, np.uint8).reshape(-1, 2).T.copy()
    table = np.array(hints, np.uint8).reshape(2, 256)
    hint(frozen(protocols), frozen(table), flags)
    assert flags.tolist() == [int(table[int(protocol == 6), each]) for protocol, each in rows]
