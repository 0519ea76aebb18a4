"""Which rules match each peer class: a trie of rule sequences, one node a distinct sequence, built rule by rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kernels.jit import device, kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

EMPTY = np.uint64(0xFFFFFFFFFFFFFFFF)
"""Key of a free place; no node and entry make it."""

_LOW = np.uint64(0xFFFF_FFFF)
_HALF = np.uint64(32)
_NODE_FACTOR = np.uint64(0x9E37_79B1)
_ENTRY_FACTOR = np.uint64(0x85EB_CA6B)
_DROPPED = np.uint64(20)


class Trie(NamedTuple):
    """Nodes, and a hash table from (node, entry) to child.

    Attributes
    ----------
    parents, entries : ndarray of int32, shape (N,)
        Parent of each node, and the entry that leads from it.
    is_full : ndarray of uint8, shape (N,)
        1 where nothing further can matter: later entries stay at the node.
    keys : ndarray of uint64, shape (H,)
        ``node << 32 | entry``, or ``EMPTY``; H is a power of two, at least half of it free.
    children : ndarray of int32, shape (H,)
        Child at each key.
    n_nodes : ndarray of int64, shape (1,)
        Nodes in use.
    """

    parents: NDArray[np.int32]
    entries: NDArray[np.int32]
    is_full: NDArray[np.uint8]
    keys: NDArray[np.uint64]
    children: NDArray[np.int32]
    n_nodes: NDArray[np.int64]


@device
def _place(keys: NDArray[np.uint64], key: np.uint64) -> np.uint64:
    """Return the place of ``key``, or the free one where it belongs (multiplicative hash, linear probing)."""
    mask = np.uint64(len(keys) - 1)
    # Factors of 32 bits: no product overflows, which plain Python would warn of.
    mixed = ((key >> _HALF) * _NODE_FACTOR) ^ ((key & _LOW) * _ENTRY_FACTOR)
    place = (mixed >> _DROPPED) & mask
    while keys[place] != EMPTY and keys[place] != key:
        place = (place + np.uint64(1)) & mask
    return place


@kernel
def descend(
    trie: Trie, nodes: NDArray[np.int32], members: NDArray[np.int32], entry: np.int32, ends: np.uint8
) -> None:
    """Move the node of each member to its child by ``entry``, making children that are new.

    Parameters
    ----------
    trie : Trie
        Must have room for one new node and one new key a member.
    nodes : ndarray of int32, shape (P,)
        Node of each peer class; changed.
    members : ndarray of int32
        Peer classes that the entry matches.
    entry : int32
        What matched.
    ends : uint8
        1 if nothing after this entry can matter for its members.
    """
    for i in range(len(members)):
        member = members[i]
        node = nodes[member]
        if trie.is_full[node] != np.uint8(0):
            continue
        key = (np.uint64(node) << np.uint64(32)) | np.uint64(entry)
        place = _place(trie.keys, key)
        if trie.keys[place] == EMPTY:
            child = trie.n_nodes[0]
            trie.n_nodes[0] = child + 1
            trie.keys[place] = key
            trie.children[place] = np.int32(child)
            trie.parents[child] = node
            trie.entries[child] = entry
            trie.is_full[child] = ends
        nodes[member] = trie.children[place]


@kernel
def rehash(old: Trie, new: Trie) -> None:
    """Copy the hash table of ``old`` into the free one of ``new``."""
    for i in range(len(old.keys)):
        key = old.keys[i]
        if key != EMPTY:
            place = _place(new.keys, key)
            new.keys[place] = key
            new.children[place] = old.children[i]
