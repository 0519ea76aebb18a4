"""Every default of the API."""

from __future__ import annotations

import pytest

from auditor.ir.model import (
    EVERYTHING,
    SCTP,
    TCP,
    UDP,
    BlockPeer,
    Direction,
    EndpointPeer,
    NamedPort,
    Network,
    Operator,
    PortRange,
    Requirement,
    Selector,
)
from auditor.policies.load import load_policies

IN, OUT = Direction.INGRESS, Direction.EGRESS
HEAD = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: web, namespace: shop}\n"
APP = Selector((Requirement("app", Operator.IN, ("web",)),))


def policy_of(spec, head=HEAD):
    """Return the meaning of a policy with this spec."""
    (policy,) = load_policies([("web.yaml", f"{head}spec: {spec}\n".encode())]).policies.policies
    return policy


def rule_of(rule, direction="ingress"):
    """Return the meaning of one rule."""
    (lowered,) = policy_of(f"{{{direction}: [{rule}]}}").rules
    return lowered


def peers_of(peers):
    """Return the meaning of a list of peers."""
    return rule_of(f"{{from: {peers}}}").peers


@pytest.mark.parametrize(
    ("spec", "directions"),
    [
        ("{}", {IN}),
        ("{policyTypes: []}", {IN}),
        ("{policyTypes: null}", {IN}),
        ("{egress: []}", {IN}),
        ("{egress: null}", {IN}),
        ("{egress: [{}]}", {IN, OUT}),
        ("{policyTypes: [], egress: [{}]}", {IN, OUT}),
        ("{ingress: [{}]}", {IN}),
        ("{policyTypes: [Ingress], egress: [{}]}", {IN}),
        ("{policyTypes: [Egress], ingress: [{}]}", {OUT}),
        ("{policyTypes: [Egress]}", {OUT}),
        ("{policyTypes: [Egress, Ingress]}", {IN, OUT}),
        ("{policyTypes: [Egress, Egress]}", {OUT}),
        ("null", {IN}),
    ],
)
def test_lower__decides_directions(spec, directions):
    """Absent policyTypes mean ingress, and egress only with an egress rule."""
    assert policy_of(spec).directions == directions


@pytest.mark.parametrize(
    ("spec", "rules"),
    [
        ("{}", []),
        ("{ingress: []}", []),
        ("{ingress: null}", []),
        ("{ingress: [{}, {}]}", [(IN, 0), (IN, 1)]),
        ("{egress: [{}], ingress: [{}]}", [(IN, 0), (OUT, 0)]),
        ("{policyTypes: [Egress], ingress: [{}], egress: [{}, {}]}", [(OUT, 0), (OUT, 1)]),
        ("{policyTypes: [Ingress], egress: [{}]}", []),
    ],
)
def test_lower__keeps_rules_of_listed_directions(spec, rules):
    """Rules keep their index, ingress first; those of a direction that is not listed are gone."""
    assert [(rule.direction, rule.index) for rule in policy_of(spec).rules] == rules


@pytest.mark.parametrize("rule", ["{}", "{from: []}", "{from: null}", "{ports: []}", "{ports: null}"])
def test_lower__reads_empty_rules_as_everything(rule):
    """Absent and empty lists of peers and ports are everybody and every port of every protocol."""
    lowered = rule_of(rule)
    assert (lowered.peers, lowered.ports) == (None, None)


@pytest.mark.parametrize("direction", ["to: []", "to: null"])
def test_lower__reads_empty_destinations_as_everything(direction):
    """The same holds for egress."""
    assert rule_of(f"{{{direction}}}", "egress").peers is None


@pytest.mark.parametrize(
    ("ports", "matches"),
    [
        ("[{}]", (PortRange(TCP, 0, 65535),)),
        ("[{protocol: null, port: null}]", (PortRange(TCP, 0, 65535),)),
        ("[{protocol: UDP}]", (PortRange(UDP, 0, 65535),)),
        ("[{port: 80}]", (PortRange(TCP, 80, 80),)),
        ("[{port: 80, endPort: null}]", (PortRange(TCP, 80, 80),)),
        ("[{port: 80, endPort: 80}]", (PortRange(TCP, 80, 80),)),
        ("[{port: 80, endPort: 90, protocol: SCTP}]", (PortRange(SCTP, 80, 90),)),
        ("[{port: http}]", (NamedPort(TCP, "http"),)),
        ("[{port: dns, protocol: UDP}, {port: 0x35}]", (NamedPort(UDP, "dns"), PortRange(TCP, 53, 53))),
    ],
)
def test_lower__reads_ports(ports, matches):
    """The protocol is TCP unless written, also where the port is absent; ranges are closed."""
    assert rule_of(f"{{ports: {ports}}}").ports == matches


@pytest.mark.parametrize(
    ("peer", "lowered"),
    [
        ("{podSelector: {}}", EndpointPeer("shop", EVERYTHING)),
        ("{podSelector: {matchLabels: }}", EndpointPeer("shop", EVERYTHING)),
        ("{podSelector: {matchExpressions: []}}", EndpointPeer("shop", EVERYTHING)),
        ("{podSelector: {matchLabels: {app: web}}}", EndpointPeer("shop", APP)),
        ("{namespaceSelector: {}}", EndpointPeer(EVERYTHING, EVERYTHING)),
        ("{namespaceSelector: {}, podSelector: null}", EndpointPeer(EVERYTHING, EVERYTHING)),
        ("{namespaceSelector: {matchLabels: {app: web}}}", EndpointPeer(APP, EVERYTHING)),
        ("{namespaceSelector: {}, podSelector: {matchLabels: {app: web}}}", EndpointPeer(EVERYTHING, APP)),
        ("{ipBlock: {cidr: 10.0.0.0/8}}", BlockPeer(Network(4, 10 << 24, (11 << 24) - 1))),
        ("{ipBlock: {cidr: 10.0.0.0/8, except: null}}", BlockPeer(Network(4, 10 << 24, (11 << 24) - 1))),
        (
            "{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.0/32]}}",
            BlockPeer(Network(4, 10 << 24, (11 << 24) - 1), (Network(4, 10 << 24, 10 << 24),)),
        ),
    ],
)
def test_lower__reads_peers(peer, lowered):
    """A pod selector alone stays in the policy's namespace; a namespace selector alone takes all pods."""
    assert peers_of(f"[{peer}]") == (lowered,)


def test_lower__keeps_two_peers_apart():
    """Two entries are two peers, not one with both conditions."""
    assert peers_of("[{podSelector: {}}, {namespaceSelector: {}}]") == (
        EndpointPeer("shop", EVERYTHING),
        EndpointPeer(EVERYTHING, EVERYTHING),
    )


@pytest.mark.parametrize(
    "spec", ["{}", "null", "{podSelector: }", "{podSelector: {}}", "{podSelector: {matchLabels: {}}}"]
)
def test_lower__reads_absent_subjects_as_every_pod(spec):
    """A policy without a pod selector is for every pod of its namespace."""
    assert policy_of(spec).subject == EVERYTHING


def test_lower__reads_selectors_in_canonical_order():
    """Order, repeats and the two ways to write equality make no difference."""
    first = policy_of(
        "{podSelector: {matchLabels: {b: c, a: x}, matchExpressions: [{key: a, operator: Exists}]}}"
    )
    second = policy_of(
        "{podSelector: {matchExpressions: [{key: a, operator: Exists}, {key: b, operator: In, "
        "values: [c, c]}, {key: a, operator: In, values: [x]}, {key: a, operator: Exists}]}}"
    )
    assert first.subject == second.subject
    assert first.subject.requirements == (
        Requirement("a", Operator.EXISTS),
        Requirement("a", Operator.IN, ("x",)),
        Requirement("b", Operator.IN, ("c",)),
    )


def test_lower__takes_default_as_namespace():
    """A bare file lands in the namespace ``default``, and so do its pod selectors."""
    head = HEAD.replace(", namespace: shop", "")
    policy = policy_of("{ingress: [{from: [{podSelector: {}}]}]}", head)
    assert policy.namespace == "default"
    assert policy.rules[0].peers == (EndpointPeer("default", EVERYTHING),)


def test_lower__says_where_a_rule_is_written():
    """Rules carry file, document, line and path."""
    policy = policy_of("\n  egress:\n  - {}\n  - ports: []\n")
    assert [str(rule.origin) for rule in policy.rules] == [
        "web.yaml[1]:6 $.spec.egress[0]",
        "web.yaml[1]:7 $.spec.egress[1]",
    ]
    assert str(policy.origin) == "web.yaml[1]:1 $"
