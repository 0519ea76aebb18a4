"""What the scanner of records is told, what it works in and what it gives: arrays in named bundles."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PACKET_SOURCE = 0
PACKET_DESTINATION = 1
SOURCE = 2
DESTINATION = 3
LOG_STATUS = 4
ACTION = 5
PROTOCOL = 6
SOURCE_PORT = 7
DESTINATION_PORT = 8
TCP_FLAGS = 9
VERSION = 10
START = 11
END = 12
N_BYTES = 13
N_PACKETS = 14
N_SLOTS = 15

AT = 0
LINE = 1
N_RECORDS = 2
N_ODD = 3
N_EMPTY = 4
N_LOST = 5
N_ADDRESSES = 6
N_COUNTS = 7

ROWS = 256
"""Lines that are read together, for what is noted of them to stay in the cache."""


class Rules(NamedTuple):
    """What the records of a text look like.

    Attributes
    ----------
    columns : ndarray of int64, shape (N_SLOTS,)
        The column that fills each slot, -1 for none; ``PROTOCOL``, ``DESTINATION_PORT`` and an address of either side
        are filled. ``VERSION`` is if records must have one.
    bounds : ndarray of int64, shape (N_SLOTS, 2)
        The least and the greatest number of each slot; a least of ``MISSING`` lets a ``-`` pass.
    limits : ndarray of int64, shape (2,)
        Bytes of the longest line; how many columns there are.
    hints : ndarray of uint8, shape (256,)
        ``codes.HINT_*`` for TCP flags.
    """

    columns: NDArray[np.int64]
    bounds: NDArray[np.int64]
    limits: NDArray[np.int64]
    hints: NDArray[np.uint8]


class Scratch(NamedTuple):
    """What is noted of some lines; M is ``ROWS`` and 64 more.

    Attributes
    ----------
    ends : ndarray of uint32, shape (E,)
        Where fields end, see ``text_index.index_fields``.
    lines : ndarray of uint32, shape (M, 2)
        The lines, from there.
    firsts : ndarray of uint32, shape (M,)
        For each line that is read the place among ``ends`` behind which it begins.
    words : ndarray of uint64, shape (M,)
        The digits of the numbers of a column, or the first bytes of addresses.
    seconds, keys : ndarray of uint64, shape (M,)
        Bytes 9 to 16 of addresses; their hash in the lower half and their length in the upper one.
    values : ndarray of int64, shape (START, M)
        The numbers of each slot.
    is_wrong : ndarray of uint8, shape (M,)
        1 for a line that turned out to be unusual.
    """

    ends: NDArray[np.uint32]
    lines: NDArray[np.uint32]
    firsts: NDArray[np.uint32]
    words: NDArray[np.uint64]
    seconds: NDArray[np.uint64]
    keys: NDArray[np.uint64]
    values: NDArray[np.int64]
    is_wrong: NDArray[np.uint8]


class Dictionary(NamedTuple):
    """Distinct addresses, A of them at most, each as it is written.

    Attributes
    ----------
    seeds : ndarray of uint64, shape (N_SEEDS,)
        Of the hash, below 2**32; what is read does not depend on them.
    table : ndarray of uint32, shape (2 * A,)
        Hash table, all 0 at first; A a power of two. An entry is one more than the place of an address: what is
        compared lies dense, for it is wanted from the cache at random, for every line.
    begins : ndarray of uint64, shape (A, 2)
        The first 16 bytes of each address, 0 behind its end.
    hashes : ndarray of uint32, shape (A,)
        The hash of each.
    offsets : ndarray of int32, shape (A + 1,)
        Where the text of each begins among the letters, and where that of the last one ends.
    letters : ndarray of uint8, shape (A * LONGEST + 64,)
        The texts one behind the other.
    high, low : ndarray of uint64, shape (A,)
        The halves of each address.
    """

    seeds: NDArray[np.uint64]
    table: NDArray[np.uint32]
    begins: NDArray[np.uint64]
    hashes: NDArray[np.uint32]
    offsets: NDArray[np.int32]
    letters: NDArray[np.uint8]
    high: NDArray[np.uint64]
    low: NDArray[np.uint64]


class Records(NamedTuple):
    """The records among L lines, at the beginning of each array.

    Attributes
    ----------
    lines : ndarray of int64, shape (L,)
        Number of the line of each record.
    addresses : ndarray of int32, shape (2, L)
        Places of its source and its destination address in the dictionary: those of the packet, where it has none
        those of the interface.
    protocol, hint, observed : ndarray of uint8, shape (L,)
        IANA number, ``codes.HINT_*`` and ``codes.OBSERVED_*``.
    ports : ndarray of uint16, shape (2, L)
        Source and destination port, 0 where the text has no such column.
    evidence : ndarray of int64, shape (4, L)
        Start and end in seconds since 1970, bytes, packets; ``MISSING`` where not known, anything where the text has
        no such column.
    odd : ndarray of int64, shape (L, 3)
        For each line that is set aside its number, where it begins and where it ends; in any order.
    """

    lines: NDArray[np.int64]
    addresses: NDArray[np.int32]
    protocol: NDArray[np.uint8]
    hint: NDArray[np.uint8]
    observed: NDArray[np.uint8]
    ports: NDArray[np.uint16]
    evidence: NDArray[np.int64]
    odd: NDArray[np.int64]
