"""Seeded synthetic clusters of any size, as objects of ``auditor.ir``.

The shape is that of a large production cluster: a namespace for about 100 pods, a workload for about 10, a
default deny in most namespaces, app-to-app allows on top of it. No file is read or written here.
"""

from __future__ import annotations

import ipaddress
import random
from dataclasses import dataclass
from itertools import accumulate

from auditor.errors import Origin
from auditor.ir.model import (
    EVERYTHING,
    TCP,
    UDP,
    Address,
    BlockPeer,
    ContainerPort,
    Direction,
    Endpoint,
    EndpointPeer,
    Inventory,
    Kind,
    NamedPort,
    Network,
    Operator,
    Peer,
    Policy,
    PolicySet,
    PortMatch,
    PortRange,
    Requirement,
    Rule,
    Selector,
)

ORIGIN = Origin("synthetic")
PODS_A_NAMESPACE = 100
PODS_A_WORKLOAD = 10
PODS_A_NODE = 30
TEAMS = ("payments", "search", "catalog", "identity", "logistics", "platform", "mobile", "ads")
TIERS = ("frontend", "backend", "backend", "cache", "db")
PORT_NAMES = {"frontend": "http", "backend": "grpc", "cache": "cache", "db": "sql"}
PALETTE = (80, 443, 8080, 8443, 9090, 3000, 5000, 5432, 3306, 6379, 9200, 27017, *range(10_000, 10_360))
"""Ports that workloads listen on: few common ones, then a long tail."""
PORT_WEIGHTS = tuple(accumulate(1 / rank for rank in range(1, len(PALETTE) + 1)))
"""Skewed towards the common ports, as in real clusters."""
METRICS_PORT = ContainerPort("metrics", TCP, 9102)
DNS_PORTS = (PortRange(UDP, 53, 53), PortRange(TCP, 53, 53))


@dataclass(slots=True)
class _Workload:
    """Identical pods, and whom they call."""

    namespace: str
    name: str
    labels: dict[str, str]
    port: ContainerPort
    servers: list[_Workload]
    clients: list[_Workload]


def synthetic_cluster(n_policies: int, n_pods: int, seed: int = 1) -> tuple[Inventory, PolicySet]:
    """Make a cluster and its policies.

    Parameters
    ----------
    n_policies : int
        How many policies, at least 1.
    n_pods : int
        How many pods, at least 1 and at most 1 000 000.
    seed : int
        The same seed gives the same cluster.

    Returns
    -------
    inventory : Inventory
        The pods (the last 5 % of the namespaces dual-stack), their nodes, and a service a workload.
    policies : PolicySet
        Exactly ``n_policies`` of them.
    """
    rng = random.Random(seed)
    namespaces = _namespaces(max(2, n_pods // PODS_A_NAMESPACE), rng)
    workloads = _workloads(max(2, n_pods // PODS_A_WORKLOAD), tuple(namespaces), rng)
    _connect(workloads, rng)
    return _inventory(namespaces, workloads, n_pods), _policies(tuple(namespaces), workloads, n_policies, rng)


def network(cidr: str) -> Network:
    """Return a CIDR block as a closed range."""
    block = ipaddress.ip_network(cidr)
    return Network(block.version, int(block.network_address), int(block.broadcast_address))


def selector(**labels: str) -> Selector:
    """Return the selector that wants these labels, as ``matchLabels`` does."""
    return Selector(tuple(Requirement(key, Operator.IN, (value,)) for key, value in sorted(labels.items())))


def _namespaces(count: int, rng: random.Random) -> dict[str, dict[str, str]]:
    names = [f"ns-{place:04d}" for place in range(count)]
    return {
        name: {
            "kubernetes.io/metadata.name": name,
            "team": TEAMS[place % len(TEAMS)],
            "env": rng.choice(("prod", "prod", "staging")),
        }
        for place, name in enumerate(names)
    }


def _workloads(count: int, namespaces: tuple[str, ...], rng: random.Random) -> list[_Workload]:
    made = []
    for place in range(count):
        namespace = namespaces[place % len(namespaces)]
        tier = TIERS[(place // len(namespaces)) % len(TIERS)]
        number = rng.choices(PALETTE, cum_weights=PORT_WEIGHTS)[0]
        name = f"{tier}-{place:05d}"
        labels = {
            "app": name,
            "tier": tier,
            "version": rng.choice(("v1", "v1", "v2", "v3")),
            "team": rng.choice(TEAMS),
            "pod-template-hash": f"{rng.getrandbits(36):09x}",
        }
        made.append(_Workload(namespace, name, labels, ContainerPort(PORT_NAMES[tier], TCP, number), [], []))
    return made


def _connect(workloads: list[_Workload], rng: random.Random) -> None:
    """Choose whom each workload calls: mostly neighbours of its own namespace."""
    by_namespace: dict[str, list[_Workload]] = {}
    for workload in workloads:
        by_namespace.setdefault(workload.namespace, []).append(workload)
    for client in workloads:
        for _ in range(rng.randint(1, 4)):
            near = rng.random() < 0.7
            server = rng.choice(by_namespace[client.namespace] if near else workloads)
            if server is not client and server not in client.servers:
                client.servers.append(server)
                server.clients.append(client)


def _inventory(namespaces: dict[str, dict[str, str]], workloads: list[_Workload], n_pods: int) -> Inventory:
    n_nodes = max(1, n_pods // PODS_A_NODE)
    dual_stack = set(tuple(namespaces)[-max(1, len(namespaces) // 20) :])
    pods = []
    for place in range(n_pods):
        workload = workloads[place % len(workloads)]
        round_, node = divmod(place, n_nodes)
        addresses = [Address(4, (10 << 24 | 1 << 23) + (node << 8) + round_ + 2)]
        if workload.namespace in dual_stack:
            addresses.append(Address(6, (0xFD00_0010 << 96) + (node << 64) + round_ + 2))
        pods.append(
            Endpoint(
                kind=Kind.POD,
                namespace=workload.namespace,
                name=f"{workload.name}-{place:06d}",
                labels=workload.labels,
                addresses=tuple(addresses),
                node=f"node-{node:05d}",
                workload=workload.name,
                ports=(workload.port, METRICS_PORT),
            )
        )
    pods.sort(key=lambda pod: (pod.namespace or "", pod.name))
    nodes = [_node(place) for place in range(n_nodes)]
    services = sorted(
        (_service(place, workload) for place, workload in enumerate(workloads)),
        key=lambda service: (service.namespace or "", service.name),
    )
    listening = {(workload.port.protocol, workload.port.number) for workload in workloads}
    return Inventory(
        namespaces=namespaces,
        endpoints=(*pods, *nodes, *services),
        pod_networks=(network("10.128.0.0/9"), network("fd00:10::/32")),
        node_ports=frozenset({(TCP, 30_080), (TCP, 30_443)}),
        listening=frozenset(listening | {(METRICS_PORT.protocol, METRICS_PORT.number), (UDP, 53), (TCP, 53)}),
        as_of="2026-01-05T12:00:00Z",
    )


def _node(place: int) -> Endpoint:
    name = f"node-{place:05d}"
    return Endpoint(Kind.NODE, None, name, {}, (Address(4, (10 << 24) + (place + 1)),), node=name)


def _service(place: int, workload: _Workload) -> Endpoint:
    address = Address(4, (172 << 24 | 20 << 16) + place + 1)
    return Endpoint(Kind.SERVICE, workload.namespace, workload.name, {}, (address,))


def _policies(
    namespaces: tuple[str, ...], workloads: list[_Workload], n_policies: int, rng: random.Random
) -> PolicySet:
    """Fill the budget: an eighth at most for default denies, DNS and monitoring, then one a workload."""
    closed = namespaces[: max(1, n_policies // 8)]
    # A third of the closed namespaces restricts egress too; only those need DNS and egress rules.
    confined = frozenset(closed[::3])
    made = [_default_deny(namespace, confined=namespace in confined) for namespace in closed]
    made += [_dns(namespace) for namespace in closed if namespace in confined]
    made += [_monitoring(namespace, namespaces[-1]) for namespace in closed[::2]]
    round_ = 0
    while len(made) < n_policies:
        made += [_workload_policy(workload, confined, round_, rng) for workload in workloads]
        round_ += 1
    return PolicySet(
        tuple(sorted(made[:n_policies], key=lambda policy: (policy.kind, policy.namespace, policy.name)))
    )


def _policy(
    namespace: str, name: str, subject: Selector, ingress: list[Rule] | None, egress: list[Rule] | None
) -> Policy:
    directions = {Direction.INGRESS} if ingress is not None else set()
    if egress is not None:
        directions.add(Direction.EGRESS)
    rules = (*(ingress or ()), *(egress or ()))
    return Policy("NetworkPolicy", namespace, name, subject, frozenset(directions), rules, ORIGIN)


def _default_deny(namespace: str, *, confined: bool) -> Policy:
    return _policy(namespace, "default-deny", EVERYTHING, [], [] if confined else None)


def _dns(namespace: str) -> Policy:
    peer = EndpointPeer(EVERYTHING, selector(tier="backend"))
    rule = Rule(Direction.EGRESS, 0, (peer, BlockPeer(network("172.20.0.0/16"))), DNS_PORTS, ORIGIN)
    return _policy(namespace, "allow-dns", EVERYTHING, None, [rule])


def _monitoring(namespace: str, from_namespace: str) -> Policy:
    rule = Rule(
        Direction.INGRESS,
        0,
        (EndpointPeer(from_namespace, EVERYTHING),),
        (NamedPort(TCP, "metrics"),),
        ORIGIN,
    )
    return _policy(namespace, "allow-metrics", EVERYTHING, [rule], None)


def _workload_policy(
    workload: _Workload, confined: frozenset[str], round_: int, rng: random.Random
) -> Policy:
    """Let the clients of a workload in, and, where egress is restricted, let it out to its servers."""
    wanted = (
        {"app": workload.name} if round_ == 0 else {"app": workload.name, "version": f"v{1 + round_ % 3}"}
    )
    ingress = [
        Rule(Direction.INGRESS, index, (_peer(client, workload, rng),), (_port(workload, rng),), ORIGIN)
        for index, client in enumerate(workload.clients)
    ]
    if workload.labels["tier"] == "frontend":
        ingress.append(
            Rule(Direction.INGRESS, len(ingress), (_outside(rng),), (_port(workload, rng),), ORIGIN)
        )
    egress = None
    if workload.namespace in confined:
        egress = [
            Rule(Direction.EGRESS, index, (_peer(server, workload, rng),), (_port(server, rng),), ORIGIN)
            for index, server in enumerate(workload.servers)
        ]
        if rng.random() < 0.2:
            egress.append(
                Rule(Direction.EGRESS, len(egress), (_outside(rng),), (PortRange(TCP, 443, 443),), ORIGIN)
            )
    name = f"allow-{workload.name}" if round_ == 0 else f"allow-{workload.name}-{round_}"
    return _policy(workload.namespace, name, selector(**wanted), ingress, egress)


def _peer(other: _Workload, own: _Workload, rng: random.Random) -> Peer:
    if other.namespace == own.namespace:
        return EndpointPeer(own.namespace, selector(app=other.name))
    by_name = Selector((Requirement("kubernetes.io/metadata.name", Operator.IN, (other.namespace,)),))
    if rng.random() < 0.2:
        return EndpointPeer(by_name, EVERYTHING)
    return EndpointPeer(by_name, selector(app=other.name))


def _port(server: _Workload, rng: random.Random) -> PortMatch:
    drawn = rng.random()
    if drawn < 0.25:
        return NamedPort(server.port.protocol, server.port.name)
    if drawn < 0.35:
        return PortRange(server.port.protocol, server.port.number, min(server.port.number + 20, 65_535))
    return PortRange(server.port.protocol, server.port.number, server.port.number)


def _outside(rng: random.Random) -> BlockPeer:
    if rng.random() < 0.3:
        return BlockPeer(network("0.0.0.0/0"), (network("10.0.0.0/8"), network("203.0.113.128/25")))
    block = f"198.{18 + rng.randrange(2)}.{rng.randrange(256)}.0/24"
    return BlockPeer(network(block), (network(block.replace(".0/24", ".240/28")),))
