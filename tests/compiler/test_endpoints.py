"""Selectors over sets of labels, against one label set at a time."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.compiler import bitsets
from auditor.compiler.endpoints import Groups, LabelIndex, group_pods
from auditor.ir.evaluate import Owner, is_peer
from auditor.ir.model import EVERYTHING, Address, EndpointPeer, Kind
from auditor.ir.selectors import matches
from tests.strategies import NAMESPACES, endpoint_peers, inventories, label_sets, selectors

FEW = settings(max_examples=max(1, settings.default.max_examples // 2))
NOWHERE = Address(4, 0)


@given(st.lists(label_sets, max_size=10), st.lists(selectors, min_size=1, max_size=5))
def test_label_index__selects_as_the_specification_does(sets, chosen):
    """For every selector and label set, and again when asked twice."""
    index = LabelIndex(sets)
    for selector in chosen * 2:
        found = bitsets.to_mask(index.select(selector), len(sets)).tolist()
        assert found == [matches(selector, labels) for labels in sets]


@given(st.lists(label_sets, max_size=10))
def test_label_index__everything_is_everything(sets):
    """The empty selector chooses all."""
    assert LabelIndex(sets).select(EVERYTHING) == bitsets.full(len(sets))


def grouped(inventory):
    """Return the groups of an inventory, and its pods each with the group it is in."""
    keys, group_of = group_pods(inventory)
    pods = [
        (endpoint, group)
        for endpoint, group in zip(inventory.endpoints, group_of.tolist(), strict=True)
        if endpoint.kind is Kind.POD
    ]
    return Groups(keys, inventory.namespaces), pods


@given(inventories())
def test_group_pods__puts_together_what_nothing_tells_apart(inventory):
    """Pods share a group if and only if namespace, labels and named ports are equal; nothing else is in one."""
    keys, group_of = group_pods(inventory)
    _, pods = grouped(inventory)
    looks = [(pod.namespace, dict(pod.labels), pod.ports) for pod, _ in pods]
    for (_, one), look in zip(pods, looks, strict=True):
        assert (keys[one].namespace, dict(keys[one].labels), keys[one].ports) == look
        for (_, other), its in zip(pods, looks, strict=True):
            assert (one == other) is (look == its)
    assert {group for _, group in pods} == set(range(len(keys)))
    is_pod = [endpoint.kind is Kind.POD for endpoint in inventory.endpoints]
    assert (group_of >= 0).tolist() == is_pod


@FEW
@given(inventories(), st.lists(endpoint_peers, min_size=1, max_size=4))
def test_groups__are_chosen_as_the_specification_chooses_pods(inventory, peers):
    """One peer at a time, and any of several."""
    groups, pods = grouped(inventory)

    def chosen(members):
        mask = bitsets.to_mask(members, len(groups)).tolist()
        return [mask[group] for _, group in pods]

    expected = [
        [is_peer(inventory, peer, NOWHERE, Owner(Kind.POD, pod)) for pod, _ in pods] for peer in peers
    ]
    for peer, wanted in zip(peers, expected, strict=True):
        assert chosen(groups.select(peer.namespaces, peer.pods)) == wanted
        assert chosen(groups.select(peer.namespaces, peer.pods)) == wanted
    assert chosen(groups.chosen_by(peers)) == [any(each) for each in zip(*expected, strict=True)]


@FEW
@given(inventories())
def test_groups__of_an_unknown_namespace_are_none(inventory):
    """A policy may name a namespace that has no pods, or does not exist."""
    groups, _ = grouped(inventory)
    assert groups.select("nowhere", EVERYTHING) == 0
    assert groups.chosen_by([EndpointPeer("nowhere", EVERYTHING)]) == 0
    everywhere = bitsets.union(groups.select(name, EVERYTHING) for name in NAMESPACES)
    assert everywhere == bitsets.full(len(groups))
