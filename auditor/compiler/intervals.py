"""Addresses that no CIDR block can tell apart: the elementary intervals between all block ends."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

import numpy as np

from auditor.compiler import bitsets

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from auditor.ir.model import Address, BlockPeer, Network

V4_SPACE = 1 << 32
V6_SPACE = 1 << 128


class Intervals:
    """The address spaces of both versions, cut at every end of every network.

    Intervals are numbered from the lowest IPv4 address up, then from the lowest IPv6 address up; together they cover
    both spaces without overlap.

    Parameters
    ----------
    networks : iterable of Network
        Where to cut.

    Attributes
    ----------
    v4_starts, v6_starts : list of int
        First address of each interval, ascending; the first is 0.
    """

    def __init__(self, networks: Iterable[Network]) -> None:
        cuts: dict[int, set[int]] = {4: {0}, 6: {0}}
        for network in networks:
            cuts[network.version].update((network.first, network.last + 1))
        self.v4_starts = sorted(cuts[4] - {V4_SPACE})
        self.v6_starts = sorted(cuts[6] - {V6_SPACE})

    def __len__(self) -> int:
        """Return how many intervals there are."""
        return len(self.v4_starts) + len(self.v6_starts)

    def interval_of(self, address: Address) -> int:
        """Return the interval that holds ``address``."""
        return self._place(address.version, address.value)

    def cut(self, networks: Iterable[Network]) -> Intervals:
        """Return the same address spaces cut at every end of these networks, too."""
        finer = Intervals(networks)
        finer.v4_starts = sorted({*self.v4_starts, *finer.v4_starts})
        finer.v6_starts = sorted({*self.v6_starts, *finer.v6_starts})
        return finer

    def holding(self, finer: Intervals) -> NDArray[np.int32]:
        """Return the interval that holds each interval of ``finer``, which is cut wherever this is."""
        v4 = np.searchsorted(self.v4_starts, finer.v4_starts, side="right") - 1
        v6 = [self._place(6, start) for start in finer.v6_starts]
        return np.append(v4, v6).astype(np.int32)

    def inside(self, network: Network) -> int:
        """Return the set of intervals that make up ``network``, which must have been a cut."""
        return bitsets.run(
            self._place(network.version, network.first), self._place(network.version, network.last)
        )

    def matched_by(self, peers: Iterable[BlockPeer]) -> int:
        """Return the set of intervals that any of ``peers`` matches: its network without its exceptions."""
        return bitsets.union(
            self.inside(peer.network) & ~bitsets.union(self.inside(hole) for hole in peer.excepts)
            for peer in peers
        )

    def _place(self, version: int, value: int) -> int:
        if version == 4:  # noqa: PLR2004  the IP version
            return bisect_right(self.v4_starts, value) - 1
        return len(self.v4_starts) + bisect_right(self.v6_starts, value) - 1
