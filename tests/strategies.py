"""One Hypothesis strategy a vocabulary word: small worlds in which everything collides with everything."""

from __future__ import annotations

from hypothesis import strategies as st

from auditor.errors import Origin
from auditor.ir.model import (
    EVERYTHING,
    SCTP,
    TCP,
    UDP,
    Address,
    BlockPeer,
    Connection,
    ContainerPort,
    Direction,
    Endpoint,
    EndpointPeer,
    Inventory,
    Kind,
    NamedPort,
    Network,
    OpaquePolicy,
    Operator,
    Policy,
    PolicySet,
    PortRange,
    Requirement,
    Rule,
    Selector,
    Switches,
)

ORIGIN = Origin("generated")
NAMESPACES = ("alpha", "beta", "gamma")
KEYS = ("app", "tier", "env")
VALUES = ("", "web", "db")
PORT_NAMES = ("http", "dns")
PORTS = (0, 1, 53, 80, 443, 8080, 8081, 65535)
PROTOCOLS = (TCP, UDP, SCTP)
V4_BASE = 0x0A000000
V6_BASE = 0xFD << 120
V4_LAST = (1 << 32) - 1
V6_LAST = (1 << 128) - 1

v4_addresses = st.one_of(
    st.integers(0, 15).map(lambda n: Address(4, V4_BASE + n)),
    st.sampled_from((Address(4, 0), Address(4, V4_LAST))),
)
v6_addresses = st.one_of(
    st.integers(0, 7).map(lambda n: Address(6, V6_BASE + n)),
    st.sampled_from((Address(6, 0), Address(6, V6_LAST), Address(6, V6_BASE + (1 << 64)))),
)
addresses = st.one_of(v4_addresses, v6_addresses)


def network(address: Address, prefix: int) -> Network:
    """Return the block of ``prefix`` bits that holds ``address``."""
    bits = 32 if address.version == 4 else 128
    size = 1 << (bits - prefix)
    first = address.value // size * size
    return Network(address.version, first, first + size - 1)


networks = st.one_of(
    st.builds(network, v4_addresses, st.sampled_from((0, 1, 8, 24, 28, 29, 30, 31, 32))),
    st.builds(network, v6_addresses, st.sampled_from((0, 8, 64, 126, 127, 128))),
)

label_sets = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(VALUES), max_size=3)
values = st.sets(st.sampled_from(VALUES), min_size=1).map(lambda found: tuple(sorted(found)))
requirements = st.one_of(
    st.builds(
        Requirement,
        st.sampled_from(KEYS),
        st.sampled_from((Operator.IN, Operator.IN, Operator.NOT_IN)),
        values,
    ),
    st.builds(
        Requirement, st.sampled_from(KEYS), st.sampled_from((Operator.EXISTS, Operator.DOES_NOT_EXIST))
    ),
)
selectors = st.lists(requirements, max_size=2).map(lambda found: Selector(tuple(found)))

endpoint_peers = st.builds(EndpointPeer, st.one_of(st.sampled_from(NAMESPACES), selectors), selectors)
block_peers = st.builds(BlockPeer, networks, st.lists(networks, max_size=2).map(tuple))
peers = st.one_of(endpoint_peers, block_peers)
port_ranges = st.builds(
    lambda protocol, a, b: PortRange(protocol, min(a, b), max(a, b)),
    st.sampled_from(PROTOCOLS),
    st.sampled_from(PORTS),
    st.sampled_from(PORTS),
)
named_ports = st.builds(NamedPort, st.sampled_from(PROTOCOLS), st.sampled_from(PORT_NAMES))


@st.composite
def rules(draw: st.DrawFn, direction: Direction, index: int) -> Rule:
    """Draw a rule."""
    return Rule(
        direction,
        index,
        draw(st.none() | st.lists(peers, min_size=1, max_size=3).map(tuple)),
        draw(st.none() | st.lists(st.one_of(port_ranges, named_ports), min_size=1, max_size=3).map(tuple)),
        ORIGIN,
    )


@st.composite
def policies(draw: st.DrawFn, number: int) -> Policy:
    """Draw a policy; it may list a direction without rules."""
    directions = draw(st.sets(st.sampled_from(list(Direction)), min_size=1))
    drawn = [
        draw(rules(direction, index))
        for direction in sorted(directions)
        for index in range(draw(st.integers(0, 3)))
    ]
    return Policy(
        "NetworkPolicy",
        draw(st.sampled_from(NAMESPACES)),
        f"policy-{number}",
        draw(st.one_of(st.just(EVERYTHING), selectors)),
        frozenset(directions),
        tuple(drawn),
        ORIGIN,
    )


@st.composite
def policy_sets(draw: st.DrawFn) -> PolicySet:
    """Draw up to five policies, now and then with one that nobody understands."""
    drawn = [draw(policies(number)) for number in range(draw(st.integers(0, 5)))]
    opaque: tuple[OpaquePolicy, ...] = ()
    if draw(st.integers(0, 9)) == 0:
        scope = draw(st.sampled_from((*NAMESPACES, None)))
        opaque = (OpaquePolicy("AdminNetworkPolicy", scope, "strange", ORIGIN),)
    return PolicySet(tuple(sorted(drawn, key=lambda p: (p.kind, p.namespace, p.name))), opaque)


container_ports = st.builds(
    ContainerPort, st.sampled_from(PORT_NAMES), st.sampled_from(PROTOCOLS), st.sampled_from(PORTS[1:])
)


@st.composite
def pods(draw: st.DrawFn, number: int) -> Endpoint:
    """Draw a pod, mostly with addresses of its own; else from a pool so small that two may hold the same."""
    own = [Address(4, V4_BASE + number), Address(6, V6_BASE + number)][: draw(st.integers(1, 2))]
    held = draw(st.sampled_from((own, own, own, draw(st.lists(addresses, max_size=2, unique=True)))))
    return Endpoint(
        Kind.POD,
        draw(st.sampled_from(NAMESPACES)),
        f"pod-{number}",
        draw(label_sets),
        tuple(held),
        draw(st.sampled_from((None, "node-0", "node-1"))),
        f"workload-{number % 2}",
        tuple(draw(st.lists(container_ports, max_size=2, unique_by=lambda port: port[:2]))),
    )


@st.composite
def inventories(draw: st.DrawFn) -> Inventory:
    """Draw a cluster of up to six pods, two nodes and a service."""
    endpoints = [draw(pods(number)) for number in range(draw(st.integers(1, 6)))]
    for number in range(draw(st.integers(0, 2))):
        own = (Address(4, V4_BASE + 8 + number),)
        held = draw(
            st.one_of(st.just(own), st.lists(addresses, min_size=1, max_size=2, unique=True).map(tuple))
        )
        endpoints.append(Endpoint(Kind.NODE, None, f"node-{number}", {}, held, f"node-{number}"))
    if draw(st.booleans()):
        held = (draw(st.one_of(st.just(Address(4, V4_BASE + 10)), addresses)),)
        endpoints.append(Endpoint(Kind.SERVICE, "alpha", "service", {}, held))
    return Inventory(
        namespaces={name: {"kubernetes.io/metadata.name": name, **draw(label_sets)} for name in NAMESPACES},
        endpoints=tuple(endpoints),
        pod_networks=draw(st.sampled_from(((), (network(Address(4, V4_BASE), 28),), (draw(networks),)))),
        node_ports=frozenset(
            draw(st.sets(st.tuples(st.sampled_from(PROTOCOLS), st.sampled_from(PORTS[1:])), max_size=2))
        ),
        listening=frozenset(
            draw(st.sets(st.tuples(st.sampled_from(PROTOCOLS), st.sampled_from(PORTS[1:])), max_size=3))
        ),
    )


ends = st.one_of(
    st.integers(0, 5).map(lambda n: Address(4, V4_BASE + n)),
    st.integers(0, 5).map(lambda n: Address(4, V4_BASE + n)),
    st.integers(0, 5).map(lambda n: Address(6, V6_BASE + n)),
    addresses,
)
connections = st.builds(
    Connection, ends, ends, st.sampled_from((*PROTOCOLS, 1, 58, 0, 255)), st.sampled_from((*PORTS, 54, 8079))
)
switches = st.builds(Switches, st.sampled_from(("allow", "judge")), st.sampled_from(("strict", "ignore")))
