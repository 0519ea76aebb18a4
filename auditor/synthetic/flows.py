"""Seeded traffic for a synthetic cluster: connections judged by the oracle, and flows drawn from them.

Each pod talks to a few others; popular connections are drawn more often; half of the flows are replies. Which
connections the policies allow is asked of ``auditor.ir.evaluate``, so the share of violations is exact.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow.parquet as pq

from auditor.ir.model import (
    TCP,
    Address,
    BlockPeer,
    Connection,
    Direction,
    Endpoint,
    EndpointPeer,
    Inventory,
    NamedPort,
    PolicySet,
    PortRange,
    Verdict,
)
from auditor.synthetic.columns import vpc_columns
from auditor.synthetic.court import Court
from auditor.synthetic.reuse import with_former_owners

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from auditor.ir.model import Rule

MAX_WORKLOADS_A_RULE = 3
CLIENTS_A_WORKLOAD = 10
SERVERS_A_CLIENT = 3
ROW_GROUP = 1 << 20
TCP_SYN = 2
TCP_SYN_ACK = 18


class Traffic(NamedTuple):
    """How flows are drawn from a pool.

    Attributes
    ----------
    denied : float
        Share of flows whose connection the policies deny, 0 to 1.
    is_uniform : bool
        Whether every connection is drawn equally often; else popularity falls with 1 / rank.
    reused : float
        Share of flows of pods gone before the inventory, see ``reuse``; not in Hubble events, which name their pods.
    """

    denied: float = 0.01
    is_uniform: bool = False
    reused: float = 0.0


TRAFFIC = Traffic()


class Pool(NamedTuple):
    """Distinct connections, C of them, and the addresses they use, A of them.

    Attributes
    ----------
    high, low : ndarray of uint64, shape (A,)
        Halves of the 128-bit address, IPv4 as ``::ffff:a.b.c.d``.
    source, destination : ndarray of int32, shape (C,)
        Places in ``high`` and ``low``, in opening direction.
    protocol : ndarray of uint8, shape (C,)
        IANA number.
    port : ndarray of uint16, shape (C,)
        Destination port.
    is_denied : ndarray of bool, shape (C,)
        What the oracle says.
    """

    high: NDArray[np.uint64]
    low: NDArray[np.uint64]
    source: NDArray[np.int32]
    destination: NDArray[np.int32]
    protocol: NDArray[np.uint8]
    port: NDArray[np.uint16]
    is_denied: NDArray[np.bool_]


class Flows(NamedTuple):
    """Flows, F of them, as a log would record them: replies run from server to client.

    Attributes
    ----------
    high, low : ndarray of uint64, shape (A,)
        The addresses of the pool.
    src, dst : ndarray of int32, shape (F,)
        Places in ``high`` and ``low``.
    src_port, dst_port : ndarray of uint16, shape (F,)
        As recorded.
    protocol : ndarray of uint8, shape (F,)
        IANA number.
    tcp_flags : ndarray of uint8, shape (F,)
        2 from the client, 18 from the server, 0 in long connections and without TCP.
    is_reply, is_denied : ndarray of bool, shape (F,)
        The truth a log does not tell.
    """

    high: NDArray[np.uint64]
    low: NDArray[np.uint64]
    src: NDArray[np.int32]
    dst: NDArray[np.int32]
    src_port: NDArray[np.uint16]
    dst_port: NDArray[np.uint16]
    protocol: NDArray[np.uint8]
    tcp_flags: NDArray[np.uint8]
    is_reply: NDArray[np.bool_]
    is_denied: NDArray[np.bool_]


def synthetic_flows(inventory: Inventory, policies: PolicySet, n_flows: int, seed: int = 1) -> Flows:
    """Draw ``n_flows`` flows, 1 % of them violations, from a pool made for the cluster."""
    return draw_flows(connection_pool(inventory, policies, seed), n_flows, seed)


def connection_pool(
    inventory: Inventory, policies: PolicySet, seed: int = 1, most: int | None = None
) -> Pool:
    """Collect connections that the policies' rules speak about, and random ones, judged by the oracle.

    If there are more than ``most``, so many of them are drawn. Connections whose verdict is UNKNOWN are left out; a
    cluster too small to have any gives an empty pool.
    """
    rng = random.Random(seed)
    court = Court(inventory, policies)
    places: dict[Address, int] = {}
    rows: list[tuple[int, int, int, int, bool]] = []
    # Each is judged once, however often it was drawn.
    found = list(dict.fromkeys((*_spoken_of(court, rng), *_random(court, rng))))
    for connection in found if most is None or len(found) <= most else rng.sample(found, most):
        verdict = court.verdict(connection)
        if verdict is Verdict.UNKNOWN:
            continue
        source = places.setdefault(connection.source, len(places))
        destination = places.setdefault(connection.destination, len(places))
        rows.append((source, destination, connection.protocol, connection.port, verdict is Verdict.DENIED))
    columns = np.array(sorted(set(rows)), dtype=np.int64).reshape(-1, 5).T
    keys = [_key(address) for address in places]
    return Pool(
        high=np.array([key >> 64 for key in keys], dtype=np.uint64),
        low=np.array([key & (1 << 64) - 1 for key in keys], dtype=np.uint64),
        source=columns[0].astype(np.int32),
        destination=columns[1].astype(np.int32),
        protocol=columns[2].astype(np.uint8),
        port=columns[3].astype(np.uint16),
        is_denied=columns[4].astype(np.bool_),
    )


def draw_flows(
    pool: Pool, n_flows: int, seed: int = 1, denied: float = 0.01, *, is_uniform: bool = False
) -> Flows:
    """Draw flows from a pool, half of them replies.

    Parameters
    ----------
    pool : Pool
        Connections, allowed ones and, if ``denied`` is not 0, denied ones among them.
    n_flows : int
        How many.
    seed : int
        The same seed gives the same flows.
    denied : float
        Share of flows whose connection the policies deny.
    is_uniform : bool
        See ``Traffic``.
    """
    rng = np.random.default_rng(seed)
    allowed = np.flatnonzero(~pool.is_denied)
    chosen = rng.choice(allowed, n_flows) if is_uniform else _by_popularity(rng, allowed, n_flows)
    is_denied = rng.random(n_flows, dtype=np.float32) < denied
    chosen[is_denied] = rng.choice(np.flatnonzero(pool.is_denied), int(is_denied.sum()))
    is_reply = rng.random(n_flows, dtype=np.float32) < 0.5
    protocol = pool.protocol[chosen]
    client_port = rng.integers(32_768, 61_000, n_flows, dtype=np.uint16)
    server_port = pool.port[chosen]
    opens = (rng.random(n_flows, dtype=np.float32) < 0.85) & (protocol == TCP)
    flags = np.where(is_reply, TCP_SYN_ACK, TCP_SYN) + rng.integers(0, 2, n_flows)
    return Flows(
        high=pool.high,
        low=pool.low,
        src=np.where(is_reply, pool.destination[chosen], pool.source[chosen]),
        dst=np.where(is_reply, pool.source[chosen], pool.destination[chosen]),
        src_port=np.where(is_reply, server_port, client_port),
        dst_port=np.where(is_reply, client_port, server_port),
        protocol=protocol,
        tcp_flags=np.where(opens, flags, 0).astype(np.uint8),
        is_reply=is_reply,
        is_denied=is_denied,
    )


def write_vpc_parquet(
    path: Path,
    pool: Pool,
    n_flows: int,
    seed: int = 1,
    compression: str = "zstd",
    traffic: Traffic = TRAFFIC,
) -> None:
    """Write flows as AWS VPC Parquet: text addresses, row groups of 1 Mi rows, bounded memory.

    AWS compresses with ``gzip``; ``zstd`` is what those write who write such files again.
    """
    writer = None
    for place, first in enumerate(range(0, n_flows, ROW_GROUP)):
        count = min(ROW_GROUP, n_flows - first)
        drawn = draw_flows(pool, count, seed + place, traffic.denied, is_uniform=traffic.is_uniform)
        table = vpc_columns(with_former_owners(drawn, traffic.reused, seed + place), seed + place)
        writer = writer or pq.ParquetWriter(path, table.schema, compression=compression, store_schema=False)
        writer.write_table(table, row_group_size=ROW_GROUP)
    if writer is not None:
        writer.close()


def _spoken_of(court: Court, rng: random.Random) -> Iterator[Connection]:
    """Yield connections that some rule speaks about."""
    for policy, rule in court.policies.rules:
        subjects = court.chosen(EndpointPeer(policy.namespace, policy.subject))
        for pods in rng.sample(subjects, min(len(subjects), MAX_WORKLOADS_A_RULE)):
            yield from _of_rule(court, rule, pods, rng)


def _of_rule(court: Court, rule: Rule, subjects: list[Endpoint], rng: random.Random) -> Iterator[Connection]:
    for peer in rule.peers or ():
        if isinstance(peer, BlockPeer):
            inside = [_inside(peer, rng) for _ in range(CLIENTS_A_WORKLOAD)]
            yield from _across(court, rule, subjects, inside, rng)
        else:
            others = court.chosen(peer)
            for pods in rng.sample(others, min(len(others), MAX_WORKLOADS_A_RULE)):
                addresses = [pod.addresses[0] for pod in rng.sample(pods, min(len(pods), CLIENTS_A_WORKLOAD))]
                yield from _across(court, rule, subjects, addresses, rng)


def _across(
    court: Court, rule: Rule, subjects: list[Endpoint], others: list[Address], rng: random.Random
) -> Iterator[Connection]:
    for other in others:
        for pod in rng.sample(subjects, min(len(subjects), SERVERS_A_CLIENT)):
            inward = rule.direction is Direction.INGRESS
            ends = (other, pod.addresses[0]) if inward else (pod.addresses[0], other)
            yield Connection(*ends, *_port(rule, court.holder.get(ends[1])))


def _port(rule: Rule, server: Endpoint | None) -> tuple[int, int]:
    for match in rule.ports or ():
        if isinstance(match, PortRange):
            return match.protocol, match.first
        if isinstance(match, NamedPort):
            for port in server.ports if server else ():
                if (port.name, port.protocol) == (match.name, match.protocol):
                    return port.protocol, port.number
    return TCP, 8080


def _random(court: Court, rng: random.Random) -> Iterator[Connection]:
    """Yield connections between pods chosen blindly; most are denied where a default deny stands."""
    for _ in range(max(200, len(court.pods) // 5)):
        client, server = rng.choice(court.pods), rng.choice(court.pods)
        if client is not server and server.ports:
            port = rng.choice(server.ports)
            yield Connection(client.addresses[0], server.addresses[0], port.protocol, port.number)


def _inside(peer: BlockPeer, rng: random.Random) -> Address:
    """Return an outside address of the block; the court leaves out the ones that turn out unknown."""
    return Address(peer.network.version, rng.randint(peer.network.first, peer.network.last))


def _key(address: Address) -> int:
    return address.value if address.version == 6 else 0xFFFF << 32 | address.value


def _by_popularity(rng: np.random.Generator, places: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Draw from ``places`` with weights 1 / rank."""
    weights = np.cumsum(1 / np.arange(1, len(places) + 1))
    drawn: NDArray[np.int64] = np.searchsorted(weights, rng.random(count) * weights[-1])
    return rng.permutation(places)[drawn]
