"""Peer classes and subject classes, against the specification, slot by slot."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings

from auditor.compiler import build as building
from auditor.compiler import peers
from auditor.compiler.build import build
from auditor.compiler.endpoints import Groups, group_pods
from auditor.compiler.entries import EntryTable
from auditor.compiler.intervals import Intervals
from auditor.compiler.peer_keys import slot_keys
from auditor.compiler.peers import PeerTerms
from auditor.compiler.ports import PortSets
from auditor.compiler.slots import KINDS, map_slots
from auditor.compiler.subjects import divide_subjects, subjects_of
from auditor.errors import TableLimitError
from auditor.ir.evaluate import Owner, is_peer, isolating_policies
from auditor.ir.model import (
    EVERYTHING,
    Address,
    BlockPeer,
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
from tests.strategies import ORIGIN, inventories, policy_sets

FEW = settings(max_examples=max(1, settings.default.max_examples // 2))


class EachSlot(NamedTuple):
    """One slot."""

    kind: Kind
    endpoint: int
    interval: int
    ambiguous: bool


class Divided:
    """One direction of a world, divided into classes the way ``build`` does."""

    def __init__(self, inventory, policies, direction):
        self.rules = [
            rule for policy in policies.policies for rule in policy.rules if rule.direction is direction
        ]
        keys, group_of = group_pods(inventory)
        groups = Groups(keys, inventory.namespaces)
        blocks = [
            network
            for rule in self.rules
            for peer in rule.peers or ()
            if isinstance(peer, BlockPeer)
            for network in (peer.network, *peer.excepts)
        ]
        self.intervals = Intervals(blocks)
        terms = PeerTerms(self.rules, groups, self.intervals)
        self.slots = map_slots(inventory, self.intervals, terms.interval_classes)
        found = slot_keys(
            direction, self.slots, group_of, terms.looks, terms.interval_classes, inventory.node_ports
        )
        self.peers = terms.divide(found)
        self.table = EntryTable(direction, self.peers, PortSets())
        by_group = subjects_of(direction, policies, groups, terms.looks, self.table)
        self.subjects = divide_subjects(self.slots, group_of, by_group)
        self.first_address = [Address(4, first) for first in self.intervals.v4_starts] + [
            Address(6, first) for first in self.intervals.v6_starts
        ]

    def each_slot(self):
        """Return the slots, one at a time."""
        slots = self.slots
        columns = (slots.kind, slots.endpoint, slots.interval, slots.ambiguous)
        for kind, *rest in zip(*(column.tolist() for column in columns), strict=True):
            yield EachSlot(KINDS[kind], *rest)


@FEW
@given(inventories(), policy_sets())
def test_divide__puts_what_a_rule_matches_into_its_classes(inventory, policies):
    """A slot's class is a member of a rule if and only if the specification takes the slot for a peer of it."""
    for direction in Direction:
        world = Divided(inventory, policies, direction)
        for rule in world.rules:
            members = world.peers.members(rule.peers)
            assert members.tolist() == sorted(set(members.tolist()))
            for slot, number in zip(world.each_slot(), world.peers.class_of.tolist(), strict=True):
                judged = slot.kind not in (Kind.UNKNOWN, Kind.SERVICE)
                address = world.first_address[slot.interval]
                owner = Owner(slot.kind, inventory.endpoints[slot.endpoint] if slot.endpoint >= 0 else None)
                expected = judged and (
                    rule.peers is None or any(is_peer(inventory, peer, address, owner) for peer in rule.peers)
                )
                assert (number in members) is expected


@FEW
@given(inventories(), policy_sets())
def test_divide__keeps_apart_what_is_of_another_kind(inventory, policies):
    """All slots of a class are pods, or services, or unknown for one cause, or anything else without labels."""
    world = Divided(inventory, policies, Direction.EGRESS)
    for slot, number in zip(world.each_slot(), world.peers.class_of.tolist(), strict=True):
        kind = Kind.EXTERNAL if slot.kind is Kind.NODE and not inventory.node_ports else slot.kind
        key = world.peers.keys[number]
        assert (key.kind, key.ambiguous) == (kind, slot.ambiguous)
    assert len(world.peers) == len(set(world.peers.class_of.tolist()))


@FEW
@given(inventories(), policy_sets())
def test_divide_subjects__name_the_policies_that_isolate(inventory, policies):
    """Each pod is of the class whose policies isolate it; others are of a class without any."""
    opaque = {each.namespace for each in policies.opaque}
    for direction in Direction:
        world = Divided(inventory, policies, direction)
        for slot, number in zip(world.each_slot(), world.subjects.class_of.tolist(), strict=True):
            subject = world.subjects.subjects[number]
            assert (subject.kind, subject.ambiguous) == (slot.kind, slot.ambiguous)
            if slot.kind is not Kind.POD:
                assert (subject.isolating, subject.entries, subject.is_opaque) == ((), (), False)
                continue
            pod = inventory.endpoints[slot.endpoint]
            found = tuple(policies.policies[place] for place in subject.isolating)
            assert found == isolating_policies(policies, pod, direction)
            assert subject.is_opaque is bool(opaque & {None, pod.namespace})
            outcomes = [world.table.entries[entry].outcome for entry in subject.entries]
            assert outcomes == sorted(outcomes)


def policy(*blocks, subject=EVERYTHING, name="p"):
    """Return a policy with a rule for each block."""
    rules = tuple(
        Rule(Direction.INGRESS, place, (BlockPeer(block),), None, ORIGIN)
        for place, block in enumerate(blocks)
    )
    return Policy("NetworkPolicy", "a", name, subject, frozenset({Direction.INGRESS}), rules, ORIGIN)


def cluster(n):
    """Return pods labelled by number."""
    pods = [Endpoint(Kind.POD, "a", f"p{one}", {"n": str(one)}, (Address(4, one),)) for one in range(n)]
    return Inventory({"a": {}}, tuple(pods))


def test_divide__refuses_too_many_classes(monkeypatch):
    """The message says how many there are, the limit, and what to do."""
    monkeypatch.setattr(peers, "MAX_CLASSES", 2)
    with pytest.raises(TableLimitError) as caught:
        build(PolicySet((policy(Network(4, 16, 31), Network(4, 32, 63)),)), cluster(1))
    assert str(caught.value) == (
        "the policies tell apart `4` classes of peers, more than `2`; audit with fewer policies at a time"
    )


def test_build__refuses_too_many_classes_of_pods(monkeypatch):
    """The message says the limit, and what to do."""
    monkeypatch.setattr(building, "MAX_CLASSES", 2)
    chosen = [Selector((Requirement("n", Operator.IN, (str(one),)),)) for one in range(3)]
    policies = tuple(policy(subject=selector, name=f"p{place}") for place, selector in enumerate(chosen))
    with pytest.raises(TableLimitError) as caught:
        build(PolicySet(policies), cluster(3))
    assert str(caught.value) == (
        "the policies tell apart more than `2` classes of pods; audit with fewer policies at a time"
    )


def test_members__of_no_peers_are_all_that_rules_judge():
    """A rule without peers matches every class but services and the unknown, which no rule decides."""
    service = Endpoint(Kind.SERVICE, "a", "s", {}, (Address(4, 9),))
    world = cluster(1)
    inventory = Inventory(world.namespaces, (*world.endpoints, service), (Network(4, 64, 127),))
    divided = Divided(inventory, PolicySet((policy(Network(4, 16, 31)),)), Direction.INGRESS)
    everybody = divided.peers.members(None)
    kinds = [
        divided.peers.keys[number].kind for number in np.delete(np.arange(len(divided.peers)), everybody)
    ]
    assert sorted(kinds) == [Kind.SERVICE, Kind.UNKNOWN]
