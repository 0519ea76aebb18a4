"""Distinct connections behind the records of a summary: several records may speak of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from auditor.report.reading import numbered

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

MAX_CONNECTIONS = 4_000_000
"""Connections remembered, 12 bytes each; past it none is counted, since nobody could say which are new."""

_MIN_FRESH = 1 << 16
"""Connections that wait at least: where many are seen again and again, no more memory is taken than they need."""

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
"""Added before mixing, for zero mixes to zero (the increment of splitmix64)."""


class Connections:
    """Counts distinct (group, connection) pairs in bounded memory.

    Connections are told apart by 64-bit hashes: of four million, two fall together once in two million runs.

    Parameters
    ----------
    limit : int
        Pairs to remember.
    """

    def __init__(self, limit: int = MAX_CONNECTIONS) -> None:
        self._limit = limit
        self._pairs = np.empty(0, dtype=np.uint64)
        self._groups = np.empty(0, dtype=np.int32)
        self._fresh: list[tuple[NDArray[np.uint64], NDArray[np.int32]]] = []
        self._n_fresh = 0
        self.is_over = False

    def add(self, groups: NDArray[np.int32], connections: NDArray[np.uint64]) -> None:
        """Remember the connection of each row, with the group it belongs to.

        Parameters
        ----------
        groups : ndarray of int32, shape (F,)
            Number of the group, from 0.
        connections : ndarray of uint64, shape (F,)
            As ``hash_connections`` gives them.
        """
        if self.is_over or not len(groups):
            return
        self._fresh.append((_hash_pairs(groups, connections), groups))
        self._n_fresh += len(groups)
        if self._n_fresh > min(max(_MIN_FRESH, len(self._pairs)), self._limit // 4):
            self._settle()

    def counts(self, n_groups: int) -> NDArray[np.int64] | None:
        """Return how many connections each group has, or None if there were too many to remember."""
        if self._fresh:
            self._settle()
        return None if self.is_over else np.bincount(self._groups, minlength=n_groups)

    def _settle(self) -> None:
        pairs, groups = [self._pairs], [self._groups]
        for fresh_pairs, fresh_groups in self._fresh:
            pairs.append(fresh_pairs)
            groups.append(fresh_groups)
        every = np.concatenate(pairs)
        places = _first_places(every)
        self._pairs, self._groups = every[places], np.concatenate(groups)[places]
        self._fresh.clear()
        self._n_fresh = 0
        if len(self._pairs) > self._limit:
            self.is_over = True
            self._pairs, self._groups = self._pairs[:0], self._groups[:0]


def distinct_pairs(
    groups: NDArray[np.int32], connections: NDArray[np.uint64]
) -> tuple[NDArray[np.int32], NDArray[np.uint64]]:
    """Return the distinct pairs of a group and a hashed connection."""
    places = _first_places(_hash_pairs(groups, connections))
    return groups[places], connections[places]


def hash_texts(texts: pa.StringArray) -> NDArray[np.uint64]:
    """Return a hash of each text, of its bytes and their places, that is the same in every run."""
    _, offsets, content = texts.buffers()
    if content is None or not len(texts):
        return mixed(np.zeros(len(texts), dtype=np.uint64))
    ends = np.frombuffer(offsets, dtype=np.int32)[texts.offset : texts.offset + len(texts) + 1].astype(
        np.int64
    )
    letters = np.frombuffer(content, dtype=np.uint8)[ends[0] : ends[-1]].astype(np.uint64)
    ends -= ends[0]
    lengths = np.diff(ends)
    places = (np.arange(len(letters)) - np.repeat(ends[:-1], lengths)).astype(np.uint64)
    sums = np.zeros(len(letters) + 1, dtype=np.uint64)
    # Wraps around, so that differences of it are the sums of each text.
    np.cumsum(mixed((places << np.uint64(8) | letters) + _GOLDEN), out=sums[1:])
    return mixed(sums[ends[1:]] - sums[ends[:-1]])


def hash_connections(
    source: NDArray[np.uint64], destination: NDArray[np.uint64], ports: NDArray[np.uint64]
) -> NDArray[np.uint64]:
    """Return one hash of both addresses (hashed) and the ports and protocol (packed) of each row."""
    return mixed(mixed(mixed(source) + destination) + ports)


def mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Spread the bits of each value over all 64 (the finaliser of splitmix64; wraps around)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _hash_pairs(groups: NDArray[np.int32], connections: NDArray[np.uint64]) -> NDArray[np.uint64]:
    return mixed(connections ^ mixed(groups.astype(np.uint64)))


def _first_places(values: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return the first place of each distinct value, ascending."""
    return numbered(values)[0]
