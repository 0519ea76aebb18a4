"""Selectors over sets of labels, against one label set at a time."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.compiler import bitsets
from auditor.compiler.endpoints import Groups, LabelIndex
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


def pods_of(inventory):
    """Return the pods of an inventory, in its order."""
    return [endpoint for endpoint in inventory.endpoints if endpoint.kind is Kind.POD]


@FEW
@given(inventories())
def test_groups__hold_pods_that_nothing_tells_apart(inventory):
    """Pods share a group if and only if namespace, labels and named ports are equal."""
    pods = pods_of(inventory)
    groups = Groups(inventory, pods)
    looks = [(pod.namespace, dict(pod.labels), pod.ports) for pod in pods]
    for one, look in zip(groups.of_pod, looks, strict=True):
        assert (groups.namespaces[one], groups.ports[one]) == (look[0], look[2])
        for other, its in zip(groups.of_pod, looks, strict=True):
            assert (one == other) is (look == its)
    assert len(groups) == len(set(groups.of_pod))


@FEW
@given(inventories(), st.lists(endpoint_peers, min_size=1, max_size=4))
def test_groups__are_chosen_as_the_specification_chooses_pods(inventory, peers):
    """One peer at a time, and any of several."""
    pods = pods_of(inventory)
    groups = Groups(inventory, pods)

    def chosen(members):
        mask = bitsets.to_mask(members, len(groups)).tolist()
        return [mask[group] for group in groups.of_pod]

    expected = [[is_peer(inventory, peer, NOWHERE, Owner(Kind.POD, pod)) for pod in pods] for peer in peers]
    for peer, wanted in zip(peers, expected, strict=True):
        assert chosen(groups.select(peer.namespaces, peer.pods)) == wanted
        assert chosen(groups.select(peer.namespaces, peer.pods)) == wanted
    assert chosen(groups.chosen_by(peers)) == [any(each) for each in zip(*expected, strict=True)]


@FEW
@given(inventories())
def test_groups__of_an_unknown_namespace_are_none(inventory):
    """A policy may name a namespace that has no pods, or does not exist."""
    groups = Groups(inventory, pods_of(inventory))
    assert groups.select("nowhere", EVERYTHING) == 0
    assert groups.chosen_by([EndpointPeer("nowhere", EVERYTHING)]) == 0
    everywhere = bitsets.union(groups.select(name, EVERYTHING) for name in NAMESPACES)
    assert everywhere == bitsets.full(len(groups))
