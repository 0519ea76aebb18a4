"""A small cluster, and short ways to write policies for it."""

from __future__ import annotations

from auditor.errors import Origin
from auditor.ir.model import (
    EVERYTHING,
    TCP,
    UDP,
    ContainerPort,
    Direction,
    Endpoint,
    Inventory,
    Kind,
    Network,
    Operator,
    Policy,
    PolicySet,
    Requirement,
    Rule,
    Selector,
)
from tests.worlds import address, connection

IN, OUT = Direction.INGRESS, Direction.EGRESS
WEB, DB, JOB, NODE, OTHER_NODE = "10.0.0.1", "10.0.0.2", "10.0.1.1", "192.168.0.1", "192.168.0.2"
OUTSIDE, NOBODY, SHARED, SERVICE, DB6 = "203.0.113.7", "10.0.0.99", "10.0.0.50", "10.96.0.1", "fd00::2"


def network(text):
    """Return a block."""
    base, _, prefix = text.partition("/")
    first = address(base)
    return Network(
        first.version, first.value, first.value + (1 << (32 if first.version == 4 else 128) - int(prefix)) - 1
    )


def pod(namespace, name, *held, node="n1", ports=(), **labels):
    """Return a pod."""
    return Endpoint(
        Kind.POD, namespace, name, labels, tuple(address(text) for text in held), node, name, tuple(ports)
    )


def node(name, *held):
    """Return a node."""
    return Endpoint(Kind.NODE, None, name, {}, tuple(address(text) for text in held), name)


def service(name, *held):
    """Return a service."""
    return Endpoint(Kind.SERVICE, "shop", name, {}, tuple(address(text) for text in held))


PORTS = (ContainerPort("sql", TCP, 5432), ContainerPort("dns", UDP, 53))
CLUSTER = Inventory(
    namespaces={"shop": {"team": "a", "kubernetes.io/metadata.name": "shop"}, "bank": {"team": "b"}},
    endpoints=(
        pod("bank", "job", JOB, node="n2", app="job"),
        pod("bank", "one", SHARED),
        pod("shop", "db", DB, DB6, app="db", ports=PORTS),
        pod("shop", "two", SHARED),
        pod("shop", "web", WEB, app="web"),
        node("n1", NODE),
        node("n2", OTHER_NODE),
        service("svc", SERVICE, OTHER_NODE),
    ),
    pod_networks=(network("10.0.0.0/24"),),
    node_ports=frozenset({(TCP, 30080)}),
)


def term(key, operator="In", *values):
    """Return one requirement."""
    return Requirement(key, Operator(operator), values)


def select(*requirements, **labels):
    """Return a selector of requirements and equalities."""
    return Selector((*(term(key, "In", value) for key, value in labels.items()), *requirements))


def rule(direction=IN, index=0, peers=None, ports=None):
    """Return one rule, written at a line that says which it is."""
    path = f"$.spec.{direction.name.lower()}[{index}]"
    return Rule(direction, index, peers, ports, Origin("f.yaml", 1, 10 + index, path))


def policy(*rules, name="db", namespace="shop", subject=EVERYTHING, directions=(IN,)):
    """Return one policy."""
    origin = Origin("f.yaml", 1, 1, "$")
    return Policy("NetworkPolicy", namespace, name, subject, frozenset(directions), rules, origin)


def policies(*given, opaque=()):
    """Return a set of policies."""
    return PolicySet(tuple(sorted(given, key=lambda each: (each.namespace, each.name))), tuple(opaque))


def flow(source, destination, port=80, protocol=TCP):
    """Return a connection."""
    return connection(source, destination, protocol, port)
