"""Path programs: which values of a JSON document a scanner finds, as arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kernels.jit import device
from kernels.memory import ONE, load_64

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kernels.memory import Base

MAX_KEY_BYTES = 32
KEY_ROOM = 64
"""Bytes kept of each key: it, a quote, and zeros."""

TABLE_SIZE = 64
"""Entries of the hash table of one node."""

KIND_STRING = 1
KIND_NUMBER = 2
KIND_TRUE = 4
KIND_FALSE = 8
KIND_NULL = 16
KIND_OBJECT = 32
KIND_ARRAY = 64

# Where the facts of a key are, see ``Program``.
KINDS_SHIFT = 16
MARK_SHIFT = 24
CHILD_SHIFT = 32
WANTED_SHIFT = 48
KEY_SHIFT = 56

NODE_HEAD = 2
NODE_WORDS = NODE_HEAD + TABLE_SIZE
"""Words of a node: the multiplier of its hash, whether it is closed, and its hash table."""

_TABLE_SHIFT = np.uint64(26)
_LOW = np.uint64(0xFFFF_FFFF)
_BYTE = np.uint64(0xFF)
_TWO_BYTES = np.uint64(0xFFFF)
_SIXTEEN = np.uint64(16)
_TWENTY_FOUR = np.uint64(24)


class Program(NamedTuple):
    """Which values of a document are wanted: a tree of N nodes, one an object, with K keys in all; the root is first.

    Attributes
    ----------
    nodes : ndarray of uint64, shape (1 + N * NODE_WORDS,)
        The facts of every key that a node does not hold; then for each node: the multiplier of its hash, below 2**32;
        1 if a key that it does not hold makes the line odd, 0 if its value is skipped; the facts of each key at its
        place of the perfect hash (see ``key_place``).
        The facts of a key, a byte each from the lowest on: its length; the slot where its value is noted, one more than
        there are for what is not wanted; which ``KIND_*`` the value may have, added up, another makes the line odd;
        what is noted as its kind instead of its own, 0 for its own; in two bytes the place of the node of the object
        under it, 0 to skip it; whether its value is wanted, 1, or to be skipped, 0; its place among the letters.
    letters : ndarray of uint8, shape ((K + 1) * KEY_ROOM,)
        Each key, the quote that ends it, and zeros; zeros alone for none.
    """

    nodes: NDArray[np.uint64]
    letters: NDArray[np.uint8]


class Found(NamedTuple):
    """What is noted of L lines; kinds and places of lines not ``LINE_READ`` are of no use.

    Attributes
    ----------
    status : ndarray of uint8, shape (L,)
        ``LINE_*``.
    kinds : ndarray of uint8, shape (L, S + 1)
        The kind of each of S slots, 0 where the line has no such value; zeros when given. The last column is for what
        nobody wants, and of no use.
    spans : ndarray of uint64, shape (L, S + 1)
        Where the value begins (lower half) and ends (upper half), strings without their quotes.
    """

    status: NDArray[np.uint8]
    kinds: NDArray[np.uint8]
    spans: NDArray[np.uint64]


@device
def key_place(text: Base, at: np.uint64, close: np.uint64, multiplier: np.uint64) -> np.uint64:
    """Return the place of a key in the table of a node: a hash of its first two bytes, its last one and its length.

    ``at`` and ``close`` are the places of its quotes; the second one is part of a key of one byte.
    """
    folded = load_64(text, at + ONE) & _TWO_BYTES
    folded |= (load_64(text, close - ONE) & _BYTE) << _SIXTEEN
    folded |= ((close - at - ONE) & _BYTE) << _TWENTY_FOUR
    return ((folded * multiplier) & _LOW) >> _TABLE_SHIFT
