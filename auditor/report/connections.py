"""Distinct connections behind the records of a summary: several records may speak of one."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

MAX_CONNECTIONS = 4_000_000
"""Connections remembered, 12 bytes each; past it none is counted, since nobody could say which are new."""


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
        self._fresh.append(_distinct(mixed(connections ^ mixed(groups.astype(np.uint64))), groups))
        self._n_fresh += len(self._fresh[-1][0])
        if self._n_fresh > self._limit // 4:
            self._settle()

    def counts(self, n_groups: int) -> NDArray[np.int64] | None:
        """Return how many connections each group has, or None if there were too many to remember."""
        self._settle()
        return None if self.is_over else np.bincount(self._groups, minlength=n_groups)

    def _settle(self) -> None:
        pairs, groups = [self._pairs], [self._groups]
        for fresh_pairs, fresh_groups in self._fresh:
            pairs.append(fresh_pairs)
            groups.append(fresh_groups)
        self._pairs, self._groups = _distinct(np.concatenate(pairs), np.concatenate(groups))
        self._fresh.clear()
        self._n_fresh = 0
        if len(self._pairs) > self._limit:
            self.is_over = True
            self._pairs, self._groups = self._pairs[:0], self._groups[:0]


def hash_texts(texts: Iterable[str]) -> NDArray[np.uint64]:
    """Return a hash of each text that is the same in every run."""
    digests = [blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest() for text in texts]
    return np.frombuffer(b"".join(digests), dtype="<u8").astype(np.uint64)


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


def _distinct(
    pairs: NDArray[np.uint64], groups: NDArray[np.int32]
) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
    distinct, first = np.unique(pairs, return_index=True)
    return distinct, groups[first]
