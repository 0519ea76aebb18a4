"""The trie of rule sequences, against keeping every sequence."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.trie import EMPTY, Trie, descend, rehash
from tests.kernels.engines import both

N_PEERS = 12
steps = st.lists(
    st.tuples(st.integers(0, 5), st.sets(st.integers(0, N_PEERS - 1)).map(sorted), st.booleans()),
    max_size=10,
)


def empty(n_nodes, n_keys, n_roots=1):
    """Return a trie of roots only."""
    return Trie(
        parents=np.zeros(n_nodes, dtype=np.int32),
        entries=np.full(n_nodes, -1, dtype=np.int32),
        is_full=np.zeros(n_nodes, dtype=np.uint8),
        keys=np.full(n_keys, EMPTY, dtype=np.uint64),
        children=np.zeros(n_keys, dtype=np.int32),
        n_nodes=np.array([n_roots], dtype=np.int64),
    )


def sequence(trie, node):
    """Return the entries that lead to a node."""
    found = []
    while trie.entries[node] >= 0:
        found.append(int(trie.entries[node]))
        node = trie.parents[node]
    return tuple(reversed(found)), int(node)


@pytest.mark.parametrize("kernel", both(descend))
@given(drawn=steps, rows=st.integers(1, 2))
def test_descend__leads_each_member_along_its_entries(kernel, drawn, rows):
    """A member's node stands for the entries that matched it, up to the first that ends; equal ones share a node."""
    trie = empty(256, 512, n_roots=2)
    nodes = np.tile(np.arange(2, dtype=np.int32), N_PEERS // 2)
    expected = [((), number % 2) for number in range(N_PEERS)]
    ended = set()
    entries = list(enumerate(drawn)) * rows
    for number, (_, members, ends) in entries:
        for member in members:
            if expected[member] not in ended:
                expected[member] = ((*expected[member][0], number), expected[member][1])
                if ends:
                    ended.add(expected[member])
        kernel(trie, nodes, np.array(members, dtype=np.int32), np.int32(number), np.uint8(ends))
    assert [sequence(trie, node) for node in nodes] == expected
    assert len(set(nodes.tolist())) == len(set(expected))
    n_nodes = int(trie.n_nodes[0])
    assert len({sequence(trie, node) for node in range(n_nodes)}) == n_nodes
    assert int((trie.keys != EMPTY).sum()) == n_nodes - 2


@pytest.mark.parametrize("kernel", both(rehash))
def test_rehash__keeps_every_child(kernel):
    """A larger table finds what the smaller one held, where keys collide too."""
    old = empty(600, 1024)
    nodes = np.zeros(1, dtype=np.int32)
    for entry in range(500):
        nodes[0] = entry // 7
        descend(old, nodes, np.array([0], dtype=np.int32), np.int32(entry), np.uint8(0))
    new = empty(1200, 4096)
    kernel(old, new)
    held = {int(key): int(child) for key, child in zip(old.keys, old.children, strict=True) if key != EMPTY}
    assert len(held) == 500
    assert held == {
        int(key): int(child) for key, child in zip(new.keys, new.children, strict=True) if key != EMPTY
    }
    new.n_nodes[0] = old.n_nodes[0]
    for key, child in held.items():
        nodes[0] = key >> 32
        descend(new, nodes, np.array([0], dtype=np.int32), np.int32(key & 0xFFFF_FFFF), np.uint8(0))
        assert nodes[0] == child
    assert new.n_nodes[0] == old.n_nodes[0]
