"""Distinct connections in bounded memory."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from auditor.report.connections import Connections, distinct_pairs, hash_connections, hash_texts


def _column(values, dtype):
    return np.array(values, dtype=dtype)


@given(batches=st.lists(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), max_size=9), max_size=5))
def test_counts__are_of_distinct_pairs(batches):
    """A connection counts once in each group, however often and in whatever batch it is seen."""
    connections = Connections(limit=40)
    seen = set()
    for batch in batches:
        groups, numbers = [group for group, _ in batch], [number for _, number in batch]
        connections.add(_column(groups, np.int32), _column(numbers, np.uint64))
        seen.update(batch)
    expected = [sum(group == wanted for group, _ in seen) for wanted in range(5)]
    assert connections.counts(5).tolist() == expected


def test_counts__are_unknown_past_the_limit():
    """One connection more than can be remembered, and none is counted."""
    for n_connections, is_over in ((4, False), (5, True)):
        connections = Connections(limit=4)
        for number in [*range(n_connections), 0]:
            connections.add(_column([0], np.int32), _column([number], np.uint64))
        assert (connections.counts(1) is None) is is_over
        assert connections.is_over is is_over


def test_add__is_cheap_past_the_limit():
    """What comes past the limit is not kept."""
    connections = Connections(limit=1)
    for start in (0, 10):
        numbers = np.arange(start, start + 9, dtype=np.uint64)
        connections.add(np.zeros(9, dtype=np.int32), numbers)
    assert connections.is_over
    assert connections.counts(1) is None


def test_hash_connections__tells_directions_ports_and_protocols_apart():
    """Ends are not interchangeable, and every port and protocol counts."""
    one, two = hash_texts(pa.array(["10.0.0.1", "10.0.0.2"]))
    cases = [(one, two, 1), (two, one, 1), (one, one, 1), (one, two, 2), (one, two, 1 << 39)]
    sources, destinations, ports = (np.array(column, dtype=np.uint64) for column in zip(*cases, strict=True))
    assert len(set(hash_connections(sources, destinations, ports).tolist())) == len(cases)


@given(pairs=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), max_size=20))
def test_distinct_pairs__leaves_each_pair_once(pairs):
    """A connection is left once for each group it is in."""
    groups, numbers = [group for group, _ in pairs], [number for _, number in pairs]
    found = distinct_pairs(_column(groups, np.int32), _column(numbers, np.uint64))
    assert sorted(zip(*(column.tolist() for column in found), strict=True)) == sorted(set(pairs))


def test_hash_texts__is_the_same_in_every_run():
    """The hash depends on the text alone, wherever it stands in a column."""
    texts = ["10.0.0.1", "", "10.0.0.10", "é"]
    expected = [hash_texts(pa.array([text]))[0] for text in texts]
    assert hash_texts(pa.array(texts)).tolist() == expected
    assert hash_texts(pa.array(["x", *texts, "y"])[1:-1]).tolist() == expected
    assert hash_texts(pa.array([], pa.string())).tolist() == []
    assert [hex(number) for number in expected[:2]] == ["0x386d9aeecc109348", "0x0"]


@given(texts=st.lists(st.text(max_size=6), unique=True))
def test_hash_texts__tells_texts_apart(texts):
    """Texts that differ in a character, its place or their length have different hashes."""
    assert len(set(hash_texts(pa.array(texts, pa.string())).tolist())) == len(texts)
