"""Equal texts to equal codes."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from auditor.flows import spans
from kernels.intern import N_SEEDS, intern_spans
from kernels.memory import PADDING

TEXTS = st.lists(
    st.sampled_from(
        [b"", b"a", b"b", b"aa", b"\0", b"\0\0", b"10.244.3.17", b"10.244.3.18", b"x" * 16, b"x" * 17]
    )
    | st.binary(max_size=40),
    max_size=40,
)


def laid_out(texts):
    """Return texts one behind the other with padding, and where each lies."""
    ends = np.cumsum([len(text) for text in texts], dtype=np.int64)
    places = np.stack([ends - [len(text) for text in texts], ends], axis=1).astype(np.int32).reshape(-1, 2)
    places.flags.writeable = False
    return np.frombuffer(b"".join(texts) + b"?" * PADDING, np.uint8), places


@given(TEXTS, st.lists(st.integers(0, 2**32 - 1), min_size=N_SEEDS, max_size=N_SEEDS))
def test_intern_spans__numbers_by_first_appearance(texts, seeds):
    """Equal texts share a code, codes count up in order of appearance, whatever the seeds."""
    text, places = laid_out(texts)
    given_seeds = np.array(seeds, np.uint64)
    given_seeds.flags.writeable = False
    codes, firsts = np.empty(len(texts), np.int32), np.empty(64, np.int32)
    n = intern_spans(text, places, given_seeds, np.zeros((128, 4), np.uint64), codes, firsts)
    distinct = list(dict.fromkeys(texts))
    assert codes.tolist() == [distinct.index(each) for each in texts]
    assert firsts[:n].tolist() == [texts.index(each) for each in distinct]


@given(TEXTS)
def test_intern__returns_the_distinct_texts(texts):
    """Each text is the one at the place of its code."""
    text, places = laid_out(texts)
    found = spans.intern(text, places)
    assert [found.texts[code].as_py() for code in found.codes.tolist()] == texts
    assert len(found.texts) == len(set(texts))


def test_intern__grows_and_shrinks_its_table():
    """More distinct texts than the table holds, and few again."""
    texts = [b"%d" % number for number in range(3 * spans._FIRST_TABLE)]  # noqa: SLF001 - what must overflow
    text, places = laid_out(texts)
    found = spans.intern(text, places)
    assert found.codes.tolist() == list(range(len(texts)))
    assert found.texts.to_pylist() == texts
    text, places = laid_out([b"a", b"b", b"a"])
    assert spans.intern(text, places).codes.tolist() == [0, 1, 0]


def test_intern_addresses__reads_both_sides():
    """Codes of both columns point into one dictionary; what is no address has no text."""
    text, places = laid_out([b"10.0.0.1", b"fd00::1", b"fd00::1", b"nonsense"])
    codes, addresses, status = spans.intern_addresses(text, places.reshape(2, 2, 2))
    assert codes.tolist() == [[0, 1], [1, 2]]
    assert addresses.texts.to_pylist() == ["10.0.0.1", "fd00::1", None]
    assert (status != 0).tolist() == [False, False, True]
    assert codes.flags.c_contiguous
