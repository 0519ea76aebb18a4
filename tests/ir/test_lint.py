"""What has no effect on a cluster."""

from __future__ import annotations

import pytest

from auditor.errors import Origin
from auditor.ir.lint import lint
from auditor.ir.model import (
    EVERYTHING,
    SCTP,
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
    Policy,
    PolicySet,
    PortRange,
    Requirement,
    Rule,
    Selector,
)

IN, OUT = Direction.INGRESS, Direction.EGRESS
NOBODY = Selector((Requirement("app", Operator.IN, ("nobody",)),))
WEB = Selector((Requirement("app", Operator.IN, ("web",)),))
TEN = Network(4, 10 << 24, (11 << 24) - 1)


def pod(namespace, name, address, *ports):
    """Return a pod labelled with its name."""
    holds = (Address(4, 10 << 24 | address),)
    return Endpoint(Kind.POD, namespace, name, {"app": name}, holds, ports=ports)


CLUSTER = Inventory(
    namespaces={"shop": {"team": "a"}, "empty": {"team": "b"}},
    endpoints=(
        pod("shop", "db", 1, ContainerPort("sql", TCP, 5432)),
        pod("shop", "web", 2, ContainerPort("http", TCP, 80), ContainerPort("dns", UDP, 53)),
        Endpoint(Kind.NODE, None, "n1", {}, (Address(4, 12 << 24),)),
    ),
)


def policy(*rules, namespace="shop", subject=WEB):
    """Return a policy for the web pod."""
    return Policy(
        "NetworkPolicy", namespace, "web", subject, frozenset(Direction), rules, Origin("f", 1, 1, "$")
    )


def rule(direction=IN, peers=None, ports=None, index=0):
    """Return one rule."""
    path = f"$.spec.{direction.name.lower()}[{index}]"
    return Rule(direction, index, peers, ports, Origin("f", 1, 5, path))


def found(*policies, inventory=CLUSTER):
    """Return what is said about policies."""
    return [str(problem) for problem in lint(PolicySet(policies), inventory)]


def test_lint__keeps_quiet_about_policies_that_work():
    """Policies whose parts all have an effect have no warnings."""
    peers = (EndpointPeer("shop", WEB), EndpointPeer(EVERYTHING, EVERYTHING), BlockPeer(Network(4, 1, 2)))
    ports = (NamedPort(TCP, "http"), NamedPort(UDP, "dns"), PortRange(TCP, 1, 2))
    assert found(policy(rule(peers=peers, ports=ports), rule(OUT, peers))) == []


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (policy(namespace="gone"), "namespace `gone` is not in the inventory - at f[1]:1 $"),
        (policy(subject=NOBODY), "policy `shop/web` selects no pod - at f[1]:1 $"),
        (policy(namespace="empty"), "policy `empty/web` selects no pod - at f[1]:1 $"),
        (
            policy(rule(peers=(EndpointPeer("shop", NOBODY),))),
            "peer selects no pod - at f[1]:5 $.spec.ingress[0].from[0]",
        ),
        (
            policy(rule(OUT, (EndpointPeer("shop", WEB), EndpointPeer("gone", WEB)))),
            "peer selects no pod - at f[1]:5 $.spec.egress[0].to[1]",
        ),
        (
            policy(rule(peers=(EndpointPeer(NOBODY, EVERYTHING),))),
            "peer selects no namespace - at f[1]:5 $.spec.ingress[0].from[0]",
        ),
        (
            policy(rule(peers=(BlockPeer(TEN),))),
            (
                "ipBlock covers addresses of `2` pods; some plugins match only addresses outside of "
                "the cluster "
                "- at f[1]:5 $.spec.ingress[0].from[0]"
            ),
        ),
        (
            policy(rule(peers=(BlockPeer(TEN, (Network(4, 10 << 24 | 1, 10 << 24 | 1),)),))),
            (
                "ipBlock covers addresses of `1` pod; some plugins match only addresses outside of "
                "the cluster "
                "- at f[1]:5 $.spec.ingress[0].from[0]"
            ),
        ),
        (
            policy(rule(ports=(PortRange(TCP, 1, 1), NamedPort(TCP, "sql")))),
            (
                "no pod that the policy selects declares port `sql` for TCP - at f[1]:5 "
                "$.spec.ingress[0].ports[1]"
            ),
        ),
        (
            policy(rule(ports=(NamedPort(TCP, "dns"),))),
            (
                "no pod that the policy selects declares port `dns` for TCP - at f[1]:5 "
                "$.spec.ingress[0].ports[0]"
            ),
        ),
        (
            policy(rule(OUT, (EndpointPeer("shop", WEB),), (NamedPort(TCP, "sql"),))),
            "no pod that the rule reaches declares port `sql` for TCP - at f[1]:5 $.spec.egress[0].ports[0]",
        ),
        (
            policy(rule(OUT, None, (NamedPort(TCP, "sql"), NamedPort(SCTP, "sql")))),
            "no pod that the rule reaches declares port `sql` for SCTP - at f[1]:5 $.spec.egress[0].ports[1]",
        ),
        (
            policy(rule(OUT), rule(index=0), rule(index=1)),
            "rule repeats `ingress[0]` of the same policy - at f[1]:5 $.spec.ingress[1]",
        ),
    ],
)
def test_lint__says_what_has_no_effect(made, message):
    """Each sort of part without an effect has its sentence and its place."""
    assert found(made) == [message]


def test_lint__takes_blocks_of_everything_for_anybody():
    """Blocks of every address of a version are not reported for the pods they cover."""
    worlds = (BlockPeer(Network(4, 0, (1 << 32) - 1)), BlockPeer(Network(6, 0, (1 << 128) - 1)))
    assert found(policy(rule(peers=worlds))) == []


def test_lint__looks_for_named_ports_behind_blocks():
    """Pods covered by a block are destinations too."""
    block = BlockPeer(Network(4, 10 << 24, 10 << 24 | 1))
    (message,) = found(policy(rule(OUT, (block,), (NamedPort(TCP, "sql"),))))
    assert message.startswith("ipBlock covers addresses of `1` pod;")


def test_lint__does_without_an_inventory():
    """Without a cluster only what policies show by themselves is found."""
    made = policy(rule(peers=(EndpointPeer("gone", NOBODY),)), namespace="gone")
    assert found(made, inventory=None) == []
    assert len(found(policy(rule(), rule(index=1)), inventory=None)) == 1
