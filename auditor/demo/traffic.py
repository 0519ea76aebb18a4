"""Connections of the demonstration: routes and gaps turned into pairs of addresses."""

from __future__ import annotations

import ipaddress
import random
from typing import TYPE_CHECKING, NamedTuple

from auditor.demo.gaps import GAPS
from auditor.demo.routes import ROUTES

if TYPE_CHECKING:
    from auditor.demo.cluster import Cluster, Node, Pod
    from auditor.demo.gaps import Gap
    from auditor.demo.routes import Route

MAX_OUTSIDE = 60
MAX_CLIENTS = 40
SERVERS_A_CLIENT = 3


class End(NamedTuple):
    """One end of a connection: its address, the node whose interface sees it, and the pod, if any."""

    address: str
    node: Node | None = None
    pod: Pod | None = None


class Link(NamedTuple):
    """A connection that may happen many times.

    Attributes
    ----------
    client, server : End
        In opening direction.
    protocol : str
        As in a route.
    port : int
        Destination port.
    weight : float
        Share of the rows of the VPC log, relative to the other links.
    gap : Gap or None
        The gap it shows; None for legal traffic.
    """

    client: End
    server: End
    protocol: str
    port: int
    weight: float
    gap: Gap | None


def legal_links(cluster: Cluster, seed: int) -> list[Link]:
    """Return the links of every route; their weights add up to 1."""
    rng = random.Random(seed)
    total = sum(route.weight for route in ROUTES)
    return [link for route in ROUTES for link in _links(cluster, route, None, route.weight / total, rng)]


def gap_links(cluster: Cluster, seed: int) -> list[Link]:
    """Return the links of every gap; the weights of a gap add up to its share of the VPC log."""
    rng = random.Random(seed)
    return [link for gap in GAPS for link in _links(cluster, gap, gap, gap.vpc, rng)]


def ends_of(cluster: Cluster, spelling: str, rng: random.Random) -> list[End]:
    """Return the ends that one side of a route or gap stands for.

    Parameters
    ----------
    cluster : Cluster
        Where its pods are.
    spelling : str
        As in a route.
    rng : random.Random
        Chooses addresses of an outside network.

    Returns
    -------
    list of End
        At least one; a pod with two addresses appears with each.
    """
    kind, _, rest = spelling.partition(":")
    if kind == "outside":
        return [End(address) for address in _addresses_in(rest, rng)]
    if kind == "address":
        holder = next(node for node in cluster.nodes if _is_inside(rest, node.pod_cidrs))
        return [End(rest, holder)]
    if kind == "service":
        return [End(cluster.service_addresses[rest])]
    if kind == "node":
        return [End(node.address, node) for node in cluster.nodes]
    return [End(address, pod.node, pod) for pod in cluster.reachable(spelling) for address in pod.addresses]


def _links(
    cluster: Cluster, route: Route | Gap, gap: Gap | None, share: float, rng: random.Random
) -> list[Link]:
    """Let each client talk to a few servers on other nodes: traffic inside a node crosses no interface."""
    clients = ends_of(cluster, route.client, rng)
    servers = ends_of(cluster, route.server, rng)
    pairs = []
    for client in rng.sample(clients, min(len(clients), MAX_CLIENTS)):
        near = [server for server in servers if _can_meet(client, server)]
        pairs += [(client, server) for server in rng.sample(near, min(len(near), SERVERS_A_CLIENT))]
    # Some talk much, most a little.
    weights = [rng.paretovariate(1.3) for _ in pairs]
    scale = share / sum(weights)
    return [
        Link(client, server, route.protocol, route.port, weight * scale, gap)
        for (client, server), weight in zip(pairs, weights, strict=True)
    ]


def _can_meet(client: End, server: End) -> bool:
    same_family = (":" in client.address) == (":" in server.address)
    return same_family and (client.node is None or client.node is not server.node)


def _addresses_in(cidr: str, rng: random.Random) -> list[str]:
    network = ipaddress.ip_network(cidr)
    size = network.num_addresses
    places = rng.sample(range(min(size, 4096)), min(size, MAX_OUTSIDE))
    return [str(network[place]) for place in sorted(places)]


def _is_inside(address: str, cidrs: tuple[str, ...]) -> bool:
    return any(ipaddress.ip_address(address) in ipaddress.ip_network(cidr) for cidr in cidrs)
