"""Path programs: which values of a JSON document a scanner finds, as arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kernels.jit import device

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_KEY_BYTES = 32
TABLE_SIZE = 32
"""Entries of the hash table of one node."""

_TABLE_SHIFT = np.uint64(27)
_LOW = np.uint64(0xFFFF_FFFF)
_SHIFT_32 = np.uint64(32)


class Program(NamedTuple):
    """Which values of a document are wanted: a tree of N nodes, one an object, with K keys in all; node 0 is the root.

    Attributes
    ----------
    table : ndarray of int16, shape (N * TABLE_SIZE,)
        Key at each place of the perfect hash of each node (see ``key_place``), -1 for none.
    multiplier : ndarray of uint64, shape (N,)
        Of the hash of each node, below 2**32.
    lengths : ndarray of uint64, shape (N,)
        Bit i says whether a key of the node has i bytes: most keys that nobody wants are told by that alone.
    is_closed : ndarray of uint8, shape (N,)
        Whether a key without an entry makes the line odd; else its value is skipped.
    words : ndarray of uint64, shape (K, 4)
        Bytes of each key, zeros behind it.
    facts : ndarray of uint64, shape (K,)
        What is to be known of each key, a byte each from the lowest on: its length; the slot where its value is noted;
        which ``KIND_*`` the value may have, added up, another makes the line odd; what is noted as its kind instead of
        its own, 0 for its own; the node of the object under it, plus 1, 0 to skip it.
    """

    table: NDArray[np.int16]
    multiplier: NDArray[np.uint64]
    lengths: NDArray[np.uint64]
    is_closed: NDArray[np.uint8]
    words: NDArray[np.uint64]
    facts: NDArray[np.uint64]


@device
def key_place(word: np.uint64, length: np.uint64, multiplier: np.uint64) -> np.uint64:
    """Return the place of a key in the table of a node: a hash of its first 8 bytes and its length."""
    folded = ((word ^ (word >> _SHIFT_32)) & _LOW) ^ length
    return ((folded * multiplier) & _LOW) >> _TABLE_SHIFT
