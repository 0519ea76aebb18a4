"""Rules in English."""

from __future__ import annotations

import pytest

from auditor.errors import Origin
from auditor.ir.model import (
    EVERYTHING,
    BlockPeer,
    Direction,
    EndpointPeer,
    NamedPort,
    Network,
    Operator,
    Policy,
    PortRange,
    Requirement,
    Rule,
    Selector,
)
from auditor.report.words import rule_in_words

ORIGIN = Origin("policies.yaml")
WEB = Selector((Requirement("app", Operator.IN, ("web",)),))
TEN = Network(4, 10 << 24, (11 << 24) - 1)
ONE = Network(4, 10 << 24 | 1, 10 << 24 | 1)


def _words(peers, ports, direction=Direction.INGRESS, subject=EVERYTHING):
    rule = Rule(direction, 0, peers, ports, ORIGIN)
    return rule_in_words(
        Policy("NetworkPolicy", "pay", "db", subject, frozenset({direction}), (rule,), ORIGIN), rule
    )


@pytest.mark.parametrize(
    ("peers", "words"),
    [
        (None, "anywhere"),
        ((), "nowhere"),
        ((EndpointPeer("pay", EVERYTHING),), "every pod in namespace `pay`"),
        ((EndpointPeer(EVERYTHING, WEB),), "pods where `app=web` in any namespace"),
        ((EndpointPeer(WEB, EVERYTHING),), "every pod in namespaces where `app=web`"),
        ((BlockPeer(TEN),), "10.0.0.0/8"),
        ((BlockPeer(TEN, (ONE, TEN)),), "10.0.0.0/8 except 10.0.0.1/32 and 10.0.0.0/8"),
        ((BlockPeer(Network(4, 0, (1 << 32) - 1)),), "0.0.0.0/0"),
        ((BlockPeer(Network(6, 0xFD << 120, (0xFE << 120) - 1)),), "fd00::/8"),
        (
            (EndpointPeer("a", EVERYTHING), EndpointPeer("b", EVERYTHING), BlockPeer(TEN)),
            "every pod in namespace `a`, every pod in namespace `b` or 10.0.0.0/8",
        ),
    ],
)
def test_rule_in_words__says_who(peers, words):
    """Every kind of peer has its words."""
    assert _words(peers, None) == (
        f"allows ingress to every pod in namespace `pay` from {words} on every port"
    )


@pytest.mark.parametrize(
    ("ports", "words"),
    [
        (None, "every port"),
        ((), "no port"),
        ((PortRange(6, 80, 80),), "TCP 80"),
        ((PortRange(17, 8000, 8999),), "UDP 8000-8999"),
        ((PortRange(132, 1, 65535),), "every SCTP port"),
        ((NamedPort(6, "http"), PortRange(17, 53, 53)), "TCP port `http` or UDP 53"),
    ],
)
def test_rule_in_words__says_on_which_ports(ports, words):
    """Every kind of port has its words."""
    assert _words(None, ports) == f"allows ingress to every pod in namespace `pay` from anywhere on {words}"


@pytest.mark.parametrize(
    ("operator", "values", "words"),
    [
        (Operator.IN, ("a",), "tier=a"),
        (Operator.IN, ("a", "b"), "tier in (a, b)"),
        (Operator.NOT_IN, ("a",), "tier not in (a)"),
        (Operator.EXISTS, (), "tier exists"),
        (Operator.DOES_NOT_EXIST, (), "tier absent"),
    ],
)
def test_rule_in_words__says_which_pods(operator, values, words):
    """Every operator has its words; an egress rule starts at its subject."""
    subject = Selector((*WEB.requirements, Requirement("tier", operator, values)))
    assert _words(None, None, Direction.EGRESS, subject) == (
        f"allows egress from pods where `app=web` and `{words}` in namespace `pay` to anywhere on every port"
    )
