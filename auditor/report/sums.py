"""What is added up for each group: counters, times, and marks of what is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

UNKNOWN_FIRST = np.iinfo(np.int64).max
UNKNOWN_LAST = np.iinfo(np.int64).min
"""Stand for times nobody gave: after every first one, before every last one."""

EGRESS, INGRESS, HAS_BYTES, HAS_PACKETS, IS_UNCOUNTED = 1, 2, 4, 8, 16
"""Marks: the sides that give the reason, the sums that are known, and whether a connection is not."""


class Sums(NamedTuple):
    """Counts of G groups, or of the rows that go into them.

    Attributes
    ----------
    flows : ndarray of int64, shape (G,)
        Sum of weights.
    bytes, packets : ndarray of int64, shape (G,)
        Sums of what is known, 0 where nothing is.
    first_seen, last_seen : ndarray of int64, shape (G,)
        Nanoseconds since 1970; ``UNKNOWN_FIRST`` and ``UNKNOWN_LAST`` where no row says.
    marks : ndarray of uint8, shape (G,)
        Bits of what holds for any row: ``EGRESS``, ``INGRESS``, ``HAS_BYTES``, ``HAS_PACKETS``, ``IS_UNCOUNTED``.
    """

    flows: NDArray[np.int64]
    bytes: NDArray[np.int64]
    packets: NDArray[np.int64]
    first_seen: NDArray[np.int64]
    last_seen: NDArray[np.int64]
    marks: NDArray[np.uint8]

    @classmethod
    def zero(cls, n_groups: int) -> Sums:
        """Return the sums of nothing."""
        flows, n_bytes, packets = (np.zeros(n_groups, dtype=np.int64) for _ in range(3))
        return cls(
            flows,
            n_bytes,
            packets,
            np.full(n_groups, UNKNOWN_FIRST, dtype=np.int64),
            np.full(n_groups, UNKNOWN_LAST, dtype=np.int64),
            np.zeros(n_groups, dtype=np.uint8),
        )

    @classmethod
    def joined(cls, parts: Sequence[Sums]) -> Sums:
        """Return the sums of the groups of all parts, one after the other."""
        columns: list[NDArray[Any]] = [np.concatenate(column) for column in zip(*parts, strict=True)]
        return cls(*columns)

    def chosen(self, places: NDArray[np.int64]) -> Sums:
        """Return the sums of some groups."""
        columns: list[NDArray[Any]] = [column[places] for column in self]
        return Sums(*columns)

    def add(self, numbers: NDArray[np.int32], more: Sums) -> None:
        """Add ``more``, row by row, to the groups of these numbers."""
        np.add.at(self.flows, numbers, more.flows)
        np.add.at(self.bytes, numbers, more.bytes)
        np.add.at(self.packets, numbers, more.packets)
        np.minimum.at(self.first_seen, numbers, more.first_seen)
        np.maximum.at(self.last_seen, numbers, more.last_seen)
        np.bitwise_or.at(self.marks, numbers, more.marks)

    def has(self, mark: int) -> NDArray[np.bool_]:
        """Return where a mark is set."""
        is_set: NDArray[np.bool_] = (self.marks & np.uint8(mark)) != 0
        return is_set
