"""Traffic beside that of the pods: nodes among themselves, ICMP, SCTP and IPv6, which no policy speaks about."""

from __future__ import annotations

import numpy as np

from auditor.synthetic.flows import Flows, Pool, draw_flows

ICMP, TCP, UDP, ICMPV6, SCTP = 1, 6, 17, 58, 132
PORTLESS = (ICMP, ICMPV6)
N_NODES = 24
PORTS = ((ICMP, 0), (TCP, 10_250), (UDP, 8_472), (SCTP, 3_868))
PORTS_V6 = ((ICMPV6, 0), (TCP, 443), (UDP, 443))


def underlay_pool() -> Pool:
    """Return connections between nodes, over IPv4 and IPv6; none is denied, for no end is a pod."""
    v4 = [0xFFFF << 32 | 10 << 24 | node + 1 for node in range(N_NODES)]
    v6 = [0x2001_0DB8_0000_0010 << 64 | node + 1 for node in range(N_NODES)]
    keys = v4 + v6
    rows = [
        (first + node, first + (node * 7 + step) % N_NODES, protocol, port)
        for first, ports in ((0, PORTS), (N_NODES, PORTS_V6))
        for protocol, port in ports
        for node in range(N_NODES)
        for step in (1, 5)
        if (node * 7 + step) % N_NODES != node
    ]
    source, destination, protocols, numbers = np.array(rows, dtype=np.int64).T
    return Pool(
        high=np.array([key >> 64 for key in keys], dtype=np.uint64),
        low=np.array([key & (1 << 64) - 1 for key in keys], dtype=np.uint64),
        source=source.astype(np.int32),
        destination=destination.astype(np.int32),
        protocol=protocols.astype(np.uint8),
        port=numbers.astype(np.uint16),
        is_denied=np.zeros(len(rows), dtype=np.bool_),
    )


def mixed_flows(
    pool: Pool, n_flows: int, seed: int, share: float, denied: float = 0.01, *, is_uniform: bool = False
) -> Flows:
    """Draw flows of a pool with a share of underlay traffic between them.

    Parameters
    ----------
    pool : Pool
        See ``draw_flows``; one without a denied connection gives no violation.
    n_flows : int
        How many.
    seed : int
        The same seed gives the same flows.
    share : float
        Share of underlay traffic among all flows.
    denied : float
        Share of denied connections among the flows of the pool.
    is_uniform : bool
        See ``Traffic``.

    Returns
    -------
    Flows
        Addresses of the pool, then those of the underlay; ICMP has no ports and no TCP flags.
    """
    rng = np.random.default_rng((seed, 0x5EED))
    own = draw_flows(pool, n_flows, seed, denied if pool.is_denied.any() else 0.0, is_uniform=is_uniform)
    below = draw_flows(underlay_pool(), n_flows, seed + 1, 0.0)
    is_below = rng.random(n_flows, dtype=np.float32) < share
    n_addresses = np.int32(len(pool.high))
    has_ports = ~np.isin(below.protocol, PORTLESS)
    replaced = {
        "src": below.src + n_addresses,
        "dst": below.dst + n_addresses,
        "src_port": below.src_port * has_ports,
        "dst_port": below.dst_port * has_ports,
    }
    columns = {
        name: np.where(is_below, replaced.get(name, getattr(below, name)), getattr(own, name))
        for name in Flows._fields[2:]
    }
    high = np.concatenate([pool.high, below.high])
    low = np.concatenate([pool.low, below.low])
    return Flows(high, low, **columns)
