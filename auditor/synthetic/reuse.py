"""Addresses that belonged to others: pods start and end while a log is written, and their addresses are used again.

An inventory is a snapshot, so what such pods did is judged as whoever holds the address in it, or as nobody's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from auditor.synthetic.flows import Flows

LIVES = 16
"""How often the pods behind reused addresses change in a block of flows."""
_V4 = 0xFFFF << 32
_POD_V4, _POD_V4_BITS = _V4 | 10 << 24 | 1 << 23, 23
_POD_V6, _POD_V6_BITS = 0xFD00_0010, 32
_FREE_V4, _FREE_V6 = 200, 1 << 28
"""Pods of generated clusters have host parts far below these."""


def with_former_owners(flows: Flows, share: float, seed: int) -> Flows:
    """Let a share of flows be those of pods that were gone when the inventory was taken.

    Half of them had an address that nobody holds any more, new for every life of a pod; half one that another pod holds
    by now, another one in every life.

    Parameters
    ----------
    flows : Flows
        F flows in the order of the log.
    share : float
        How many of them, 0 to 1; flows without a pod at either end stay as they are.
    seed : int
        The same seed gives the same flows.

    Returns
    -------
    Flows
        With further addresses behind the given ones. ``is_denied`` is still the truth of then, which a snapshot does
        not tell.
    """
    if not share:
        return flows
    rng = np.random.default_rng((seed, 0xF0E))
    n_flows, n_addresses = len(flows.src), len(flows.high)
    is_pod = is_of_pod(flows.high, flows.low)
    pods = np.flatnonzero(is_pod)
    if not len(pods):
        return flows
    life = np.arange(n_flows) * LIVES // max(1, n_flows)
    at_source = np.where(is_pod[flows.src] & is_pod[flows.dst], rng.random(n_flows) < 0.5, is_pod[flows.src])
    place = np.where(at_source, flows.src, flows.dst)
    chosen = (rng.random(n_flows) < share) & is_pod[place]
    is_gone = rng.random(n_flows) < 0.5
    # Now somebody else's: the pods moved on by another number in every life.
    rank = np.zeros(n_addresses, dtype=np.int64)
    rank[pods] = np.arange(len(pods))
    moves = 1 + np.arange(LIVES) * 7 % max(1, len(pods) - 1)
    passed_on = pods[(rank[place] + moves[life]) % len(pods)]
    # Now nobody's: a place for each address and life that occurs.
    gone = chosen & is_gone
    keys, codes = np.unique(place[gone].astype(np.int64) * LIVES + life[gone], return_inverse=True)
    high, low = _free(flows.high[keys // LIVES], flows.low[keys // LIVES], keys % LIVES, seed)
    replaced = np.where(chosen, passed_on, place)
    replaced[gone] = n_addresses + codes
    return flows._replace(
        high=np.concatenate([flows.high, high]),
        low=np.concatenate([flows.low, low]),
        src=np.where(at_source, replaced, flows.src).astype(np.int32),
        dst=np.where(at_source, flows.dst, replaced).astype(np.int32),
    )


def is_of_pod(high: NDArray[np.uint64], low: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Return which addresses lie in the networks that generated clusters give to pods."""
    v4 = (high == 0) & (low >> np.uint64(_POD_V4_BITS) == np.uint64(_POD_V4 >> _POD_V4_BITS))
    found: NDArray[np.bool_] = v4 | (high >> np.uint64(_POD_V6_BITS) == np.uint64(_POD_V6))
    return found


def _free(
    high: NDArray[np.uint64], low: NDArray[np.uint64], life: NDArray[np.int64], seed: int
) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Return addresses on the nodes of the given ones that no pod holds."""
    number = ((life + seed * LIVES) % (256 - _FREE_V4)).astype(np.uint64)
    v4 = low & ~np.uint64(0xFF) | np.uint64(_FREE_V4) + number
    v6 = low + np.uint64(_FREE_V6) + number
    return high, np.where(high == 0, v4, v6)
