"""The addresses that each thread has read, kept from one block of text or JSON to the next."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np

from auditor.flows.schema import Addresses
from auditor.flows.spans import SEEDS
from auditor.strings import Strings
from kernels.known import AT, N_KNOWN, N_PROGRESS, TOGETHER, Keys, find_addresses
from kernels.memory import WIDTH
from kernels.parse import LONGEST
from kernels.record_addresses import fill_table
from kernels.record_layout import Dictionary

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LEAST_TABLE = 1 << 11
_FIRST_TABLE = 1 << 13
_GROWTH = 4
_FEWEST_LINES = 1 << 10
"""Of a block for which the addresses of the one before are kept; fewer are not worth looking all of them up."""


class Known(threading.local):
    """The dictionary of a thread.

    Addresses come again from block to block, and cost twenty times as much to read as to find. So the dictionary of one
    block is that of the next, and grows: batches have the front of its arrays, which stays as it is.
    """

    def __init__(self) -> None:
        self.dictionary: Dictionary | None = None
        self.n_known = 0
        self.size = _FIRST_TABLE
        self.keys = Keys(*(np.empty(TOGETHER, np.uint64) for _ in range(3)))

    def begun(self, n_lines: int) -> tuple[Dictionary, int]:
        """Return a dictionary and how many addresses are in it, a small part of what ``n_lines`` may bring.

        What is done for each address, here and where batches are judged, is thus never more than for each line.
        """
        known, n_known = self.dictionary, self.n_known
        self.dictionary = None  # until a block was read to its end
        if known is None or n_lines < max(_FEWEST_LINES, n_known // 4):
            return dictionary(min(self.size, max(_LEAST_TABLE, 16 << n_lines.bit_length()))), 0
        return known, n_known

    def kept(self, known: Dictionary, n: int) -> Addresses:
        """Keep a dictionary, and return its n addresses; one block of very many is soon forgotten."""
        self.dictionary, self.n_known = known, n
        is_large = n * _GROWTH * _GROWTH < len(known.table)
        self.size = _FIRST_TABLE if is_large else max(self.size, len(known.table))
        offsets = known.offsets[: n + 1]
        texts = Strings(offsets, known.letters[: offsets[-1]])
        return Addresses(known.high[:n], known.low[:n], texts, known)


KNOWN = Known()


def dictionary(size: int) -> Dictionary:
    """Return a dictionary without addresses, with a table of ``size`` entries."""
    most = size // 2
    return Dictionary(
        seeds=SEEDS,
        table=np.zeros(size, np.uint32),
        begins=np.empty((most, 2), np.uint64),
        hashes=np.empty(most, np.uint32),
        offsets=np.zeros(most + 1, np.int32),
        letters=np.empty(most * LONGEST + int(WIDTH), np.uint8),
        high=np.empty(most, np.uint64),
        low=np.empty(most, np.uint64),
    )


def enlarged(small: Dictionary, n: int) -> Dictionary:
    """Return a larger dictionary of the same n addresses."""
    large = dictionary(_GROWTH * len(small.table))
    for name in ("begins", "hashes", "high", "low"):
        getattr(large, name)[:n] = getattr(small, name)[:n]
    large.offsets[: n + 1] = small.offsets[: n + 1]
    large.letters[: small.offsets[n]] = small.letters[: small.offsets[n]]
    hashes = large.hashes[:n]
    hashes.flags.writeable = False
    fill_table(hashes, large.table)
    return large


def addresses_at(text: NDArray[np.uint8], spans: NDArray[np.int32]) -> tuple[NDArray[np.int32], Addresses]:
    """Read the addresses of both sides, each distinct one once in a long while.

    Parameters
    ----------
    text : ndarray of uint8, shape (N,)
        The text; ``kernels.memory.PADDING`` bytes stand behind its last address, and no byte of one is 0: what is
        escaped or broken in JSON is no matter of scanners.
    spans : ndarray of int32, shape (F, 2, 2)
        Where the source and the destination of each row begin and end.

    Returns
    -------
    codes : ndarray of int32, shape (2, F)
        Places among the addresses; ``NO_ADDRESS`` of what is none.
    addresses : Addresses
        All that this thread knows.
    """
    fields = np.ascontiguousarray(spans).reshape(-1, 2).view()
    fields.flags.writeable = False
    places = np.empty(len(fields), np.int32)
    known, n = KNOWN.begun(len(spans))
    progress = np.zeros(N_PROGRESS, np.int64)
    progress[N_KNOWN] = n
    while True:
        find_addresses(text, fields, known, KNOWN.keys, places, progress)
        n = int(progress[N_KNOWN])
        if progress[AT] == len(fields):
            break
        known = enlarged(known, n)
    return np.ascontiguousarray(places.reshape(-1, 2).T), KNOWN.kept(known, n)
