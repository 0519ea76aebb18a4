"""What the fingerprint depends on, and what not."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings

from auditor.compiler import fingerprint as hashing
from auditor.compiler.fingerprint import fingerprint
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
from tests.strategies import inventories, policy_sets, switches

HERE, THERE = Origin("here", 1, 2, "$"), Origin("there", 3, 4, "$.x")
RULE = Rule(Direction.INGRESS, 0, (EndpointPeer("a", EVERYTHING),), (PortRange(TCP, 1, 2),), HERE)
POLICY = Policy("NetworkPolicy", "a", "p", EVERYTHING, frozenset({Direction.INGRESS}), (RULE,), HERE)
POLICIES = PolicySet((POLICY,), (OpaquePolicy("Strange", None, "s", HERE),))
POD = Endpoint(
    Kind.POD, "a", "b", {"x": "1", "y": "2"}, (Address(4, 1),), "n", "w", (ContainerPort("http", TCP, 80),)
)
INVENTORY = Inventory(
    {"a": {"k": "v"}}, (POD,), (Network(4, 0, 7),), frozenset({(TCP, 9)}), frozenset({(TCP, 80)})
)
WEB = Selector((Requirement("app", Operator.IN, ("web",)),))


def with_rule(**changes):
    """Return the policies with another rule."""
    return replace(POLICIES, policies=(replace(POLICY, rules=(replace(RULE, **changes),)),))


def with_policy(**changes):
    """Return the policies with another policy."""
    return replace(POLICIES, policies=(replace(POLICY, **changes),))


def with_pod(**changes):
    """Return the inventory with another pod."""
    return replace(INVENTORY, endpoints=(replace(POD, **changes),))


@pytest.mark.parametrize(
    "policies",
    [
        with_rule(direction=Direction.EGRESS),
        with_rule(index=1),
        with_rule(peers=None),
        with_rule(peers=(EndpointPeer("b", EVERYTHING),)),
        with_rule(peers=(EndpointPeer(EVERYTHING, EVERYTHING),)),
        with_rule(peers=(BlockPeer(Network(4, 0, 1)),)),
        with_rule(ports=None),
        with_rule(ports=(PortRange(UDP, 1, 2),)),
        with_policy(namespace="b"),
        with_policy(name="q"),
        with_policy(subject=WEB),
        with_policy(directions=frozenset(Direction)),
        with_policy(rules=()),
        replace(POLICIES, policies=()),
        replace(POLICIES, opaque=()),
        replace(POLICIES, opaque=(OpaquePolicy("Strange", "a", "s", HERE),)),
    ],
)
def test_fingerprint__changes_with_policies(policies):
    """Whatever could change a verdict or the name of a rule changes it."""
    assert fingerprint(policies, INVENTORY, Switches()) != fingerprint(POLICIES, INVENTORY, Switches())


@pytest.mark.parametrize(
    "inventory",
    [
        with_pod(kind=Kind.NODE),
        with_pod(namespace="c"),
        with_pod(name="c"),
        with_pod(labels={"x": "1"}),
        with_pod(addresses=(Address(6, 1),)),
        with_pod(node=None),
        with_pod(workload="v"),
        with_pod(ports=()),
        replace(INVENTORY, namespaces={"a": {"k": "w"}}),
        replace(INVENTORY, endpoints=()),
        replace(INVENTORY, pod_networks=()),
        replace(INVENTORY, node_ports=frozenset()),
        replace(INVENTORY, listening=frozenset()),
    ],
)
def test_fingerprint__changes_with_the_inventory(inventory):
    """Whatever could change a verdict, an opener or a name changes it."""
    assert fingerprint(POLICIES, inventory, Switches()) != fingerprint(POLICIES, INVENTORY, Switches())


@pytest.mark.parametrize("chosen", [Switches(own_node="judge"), Switches(other_protocols="ignore")])
def test_fingerprint__changes_with_switches(chosen):
    """Each reading of the API is a part of it."""
    assert fingerprint(POLICIES, INVENTORY, chosen) != fingerprint(POLICIES, INVENTORY, Switches())


def test_fingerprint__changes_with_the_layout(monkeypatch):
    """Tables of another layout are others."""
    before = fingerprint(POLICIES, INVENTORY, Switches())
    monkeypatch.setattr(hashing, "LAYOUT_VERSION", -1)
    assert fingerprint(POLICIES, INVENTORY, Switches()) != before


def test_fingerprint__does_not_change_with_places():
    """Where a policy is written, when the snapshot was taken and the order of labels do not count."""
    moved = with_policy(origin=THERE, rules=(replace(RULE, origin=THERE),))
    moved = replace(moved, opaque=tuple(replace(each, origin=THERE) for each in moved.opaque))
    later = replace(with_pod(labels={"y": "2", "x": "1"}), as_of="2026-01-01T00:00:00Z")
    assert fingerprint(moved, later, Switches()) == fingerprint(POLICIES, INVENTORY, Switches())


@settings(max_examples=10)
@given(policy_sets(), inventories(), switches)
def test_fingerprint__is_64_hexadecimal_digits(policies, inventory, chosen):
    """And the same every time."""
    found = fingerprint(policies, inventory, chosen)
    assert re.fullmatch("[0-9a-f]{64}", found)
    assert fingerprint(policies, inventory, chosen) == found


def test_fingerprint__is_that_of_before():
    """Segments of one service bear it: it may change with ``LAYOUT_VERSION`` alone, not with how it is made."""
    rest = (Endpoint(Kind.NODE, None, "n'\u00e9", {}, (Address(4, 2), Address(6, 3)), "n"),) * 2
    inventory = replace(INVENTORY, endpoints=(POD, *rest))
    assert fingerprint(POLICIES, inventory, Switches()) == (
        "3955cb5df74c4463472cc5e3e6a8b05e399b4ffe635c95543d77ead2fa2a8c72"
    )
