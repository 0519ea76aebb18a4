"""Clusters of other shapes: many CIDR blocks, many label values, many IPv6 pods, on top of the common one."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from auditor.ir.model import (
    EVERYTHING,
    TCP,
    Address,
    BlockPeer,
    Direction,
    EndpointPeer,
    Inventory,
    Kind,
    Operator,
    PolicySet,
    PortRange,
    Requirement,
    Rule,
    Selector,
)
from auditor.synthetic.cluster import ORIGIN, network, synthetic_cluster

if TYPE_CHECKING:
    from collections.abc import Callable

    from auditor.ir.model import Endpoint, Peer, Policy

LABEL = "shard"
VALUES_A_SELECTOR = 5


@dataclass(frozen=True, slots=True)
class Shape:
    """What a cluster is like.

    Attributes
    ----------
    n_policies, n_pods : int
        How many.
    n_cidrs : int
        Further ingress rules from a CIDR block each, all different, some with an exception.
    n_label_values : int
        Values of a further label, dealt out to the pods; as many further ingress rules choose by it.
    v6_share : float
        Share of the pods whose first address is of IPv6, 0 to 1.
    seed : int
        The same seed gives the same cluster.
    """

    n_policies: int = 1_000
    n_pods: int = 10_000
    n_cidrs: int = 0
    n_label_values: int = 0
    v6_share: float = 0.0
    seed: int = 1


def shaped_cluster(shape: Shape) -> tuple[Inventory, PolicySet]:
    """Make a cluster of a shape, see ``synthetic_cluster``."""
    inventory, policies = synthetic_cluster(shape.n_policies, shape.n_pods, shape.seed)
    rng = random.Random(shape.seed)
    if shape.v6_share:
        inventory = _with_v6(inventory, shape.v6_share)
    if shape.n_label_values:
        inventory = _with_labels(inventory, shape.n_label_values, rng)
        policies = _with_rules(
            policies, shape.n_label_values, lambda place: _by_label(place, shape.n_label_values, rng)
        )
    if shape.n_cidrs:
        policies = _with_rules(policies, shape.n_cidrs, lambda place: _block(place, rng))
    return inventory, policies


def _with_v6(inventory: Inventory, share: float) -> Inventory:
    """Give every pod an address of IPv6, and a share of them that one first."""
    made: list[Endpoint] = []
    n_pods = 0
    for endpoint in inventory.endpoints:
        if endpoint.kind is not Kind.POD:
            made.append(endpoint)
            continue
        n_pods += 1
        v4 = next(address for address in endpoint.addresses if address.version == 4)
        v6 = next(
            (address for address in endpoint.addresses if address.version == 6),
            Address(6, (0xFD00_0010 << 96) + (1 << 80) + (v4.value & 0xFFFFFF)),
        )
        is_first = int(n_pods * share) > int((n_pods - 1) * share)
        made.append(replace(endpoint, addresses=(v6, v4) if is_first else (v4, v6)))
    return replace(inventory, endpoints=tuple(made))


def _with_labels(inventory: Inventory, n_values: int, rng: random.Random) -> Inventory:
    made = [
        replace(endpoint, labels={**endpoint.labels, LABEL: f"s{rng.randrange(n_values)}"})
        if endpoint.kind is Kind.POD
        else endpoint
        for endpoint in inventory.endpoints
    ]
    return replace(inventory, endpoints=tuple(made))


def _with_rules(policies: PolicySet, count: int, peer: Callable[[int], Peer]) -> PolicySet:
    """Add ingress rules, dealt out to the policies that have some."""
    fitting = [
        place for place, policy in enumerate(policies.policies) if Direction.INGRESS in policy.directions
    ]
    if not fitting:
        return policies
    made = list(policies.policies)
    wanted: dict[int, list[Peer]] = {}
    for number in range(count):
        wanted.setdefault(fitting[number % len(fitting)], []).append(peer(number))
    for place, peers in wanted.items():
        made[place] = _with_ingress(made[place], peers)
    return PolicySet(tuple(made), policies.opaque)


def _with_ingress(policy: Policy, peers: list[Peer]) -> Policy:
    ingress = [rule for rule in policy.rules if rule.direction is Direction.INGRESS]
    others = [rule for rule in policy.rules if rule.direction is not Direction.INGRESS]
    port = PortRange(TCP, 8443, 8443)
    added = [
        Rule(Direction.INGRESS, index, (peer,), (port,), ORIGIN)
        for index, peer in enumerate(peers, len(ingress))
    ]
    return replace(policy, rules=(*ingress, *added, *others))


def _by_label(place: int, n_values: int, rng: random.Random) -> EndpointPeer:
    values = {f"s{place}", *(f"s{rng.randrange(n_values)}" for _ in range(VALUES_A_SELECTOR - 1))}
    return EndpointPeer(EVERYTHING, Selector((Requirement(LABEL, Operator.IN, tuple(sorted(values))),)))


def _block(place: int, rng: random.Random) -> BlockPeer:
    """Return the block of a number: /16 to /28, outside the cluster, a quarter of them with a hole."""
    length = rng.choice((16, 20, 22, 24, 24, 26, 28))
    first = (place * 2_654_435_761 & 0xFFFFFFFF) >> 8
    # 11.0.0.0 to 126.255.255.255: public addresses that no cluster here gives to a pod.
    text = f"{11 + first % 116}.{first >> 8 & 255}.{first >> 16 & 255}.{rng.randrange(16) << 4}/{length}"
    block = network_of(text)
    if place % 4 or length > 24:
        return BlockPeer(network(block))
    address = block.split("/")[0]
    return BlockPeer(network(block), (network(f"{address}/28"),))


def network_of(text: str) -> str:
    """Return a block with the bits behind its prefix cleared."""
    address, length = text.split("/")
    value = 0
    for part in address.split("."):
        value = value << 8 | int(part)
    value &= ~((1 << 32 - int(length)) - 1)
    return ".".join(str(value >> shift & 255) for shift in (24, 16, 8, 0)) + f"/{length}"
