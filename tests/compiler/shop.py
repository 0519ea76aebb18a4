"""A small shop in which every kind of rule binds somebody, and all its flows."""

from __future__ import annotations

from dataclasses import replace

from auditor.ir.model import (
    EVERYTHING,
    TCP,
    UDP,
    BlockPeer,
    ContainerPort,
    Direction,
    Endpoint,
    EndpointPeer,
    Inventory,
    Kind,
    NamedPort,
    Operator,
    Policy,
    PolicySet,
    PortRange,
    Requirement,
    Rule,
    Selector,
)
from tests.strategies import ORIGIN, network
from tests.worlds import address, connection

HTTP = ContainerPort("http", TCP, 8080)


def chosen(**labels):
    """Return the selector that wants these labels."""
    return Selector(tuple(Requirement(key, Operator.IN, (value,)) for key, value in labels.items()))


def rule(direction, index, peers, ports=None):
    """Return a rule."""
    return Rule(direction, index, peers, ports, ORIGIN)


def policy(name, subject, *rules, directions=(Direction.INGRESS,), namespace="shop"):
    """Return a policy."""
    return Policy("NetworkPolicy", namespace, name, subject, frozenset(directions), tuple(rules), ORIGIN)


OFFICE = network(address("198.51.100.0"), 24)
ODD = network(address("10.0.0.64"), 26)
POLICIES = PolicySet(
    (
        policy("deny", EVERYTHING),
        policy(
            "db",
            chosen(app="db"),
            rule(
                Direction.INGRESS,
                0,
                (EndpointPeer("shop", chosen(app="web")),),
                (PortRange(TCP, 5432, 5432),),
            ),
            rule(Direction.INGRESS, 1, None, (NamedPort(TCP, "metrics"),)),
        ),
        policy(
            "out",
            chosen(app="web"),
            rule(
                Direction.EGRESS,
                0,
                (EndpointPeer(chosen(team="core"), EVERYTHING),),
                (NamedPort(TCP, "http"),),
            ),
            directions=(Direction.EGRESS,),
        ),
        policy(
            "web",
            chosen(app="web"),
            rule(Direction.INGRESS, 0, (BlockPeer(OFFICE),), (NamedPort(TCP, "http"),)),
            rule(Direction.INGRESS, 1, (BlockPeer(ODD),)),
        ),
    )
)


def pod(name, held, app, *, namespace="shop", ports=(HTTP,), **labels):
    """Return a pod that holds addresses."""
    return Endpoint(
        Kind.POD,
        namespace,
        name,
        {"app": app, **labels},
        tuple(address(text) for text in held.split()),
        "n1",
        app,
        tuple(ports),
    )


WEB = pod("web-1-a", "10.0.0.1 fd00::1", "web", hash="1")
DB = pod("db-0", "10.0.0.2", "db", ports=())
TOOL = pod("tool", "10.0.0.3", "tool", namespace="core")
NODE = Endpoint(Kind.NODE, None, "n1", {}, (address("192.0.2.1"),), "n1")
SERVICE = Endpoint(Kind.SERVICE, "shop", "db", {}, (address("172.20.0.1"),))
SHOP = Inventory(
    namespaces={"core": {"team": "core"}, "shop": {"team": "shop"}},
    endpoints=(TOOL, DB, WEB, NODE, SERVICE),
    pod_networks=(network(address("10.0.0.0"), 16), network(address("fd00::"), 64)),
    node_ports=frozenset({(TCP, 30080)}),
    listening=frozenset({(TCP, 8080)}),
)
ENDS = [f"10.0.0.{n}" for n in (1, 2, 3, 4, 5, 65, 200)] + ["10.1.0.1", "10.9.0.1", "198.51.100.7"]
ENDS += ["8.8.8.8", "192.0.2.1", "192.0.2.2", "172.20.0.1", "172.20.0.2"]
FLOWS = [
    connection(source, destination, protocol, port)
    for source in ENDS
    for destination in ENDS
    for protocol, port in ((TCP, 5432), (TCP, 8080), (TCP, 8081), (TCP, 30080), (UDP, 53))
]
FLOWS += [
    connection(one, other, TCP, 8080)
    for one in ("fd00::1", "fd00::2")
    for other in ("fd00::1", "fd00::2", "::1")
]


def with_pods(*pods, **changes):
    """Return the shop with these pods, and other changes."""
    return replace(SHOP, endpoints=(*pods, NODE, SERVICE), **changes)


def with_rest(*rest):
    """Return the shop with another node or service."""
    return replace(SHOP, endpoints=(TOOL, DB, WEB, *rest))
