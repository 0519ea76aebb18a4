"""Addresses that are pods' though no pod holds them now."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.inventory.networks import Union, doubt_of_networks
from auditor.ir.evaluate import owner_of
from auditor.ir.model import Address, Kind, Network
from tests.inventory.clusters import ips, load, named, pod

SPANS = st.builds(
    lambda version, first, size: Network(version, first, first + size),
    st.sampled_from((4, 6)),
    st.integers(0, 40),
    st.integers(0, 10),
)


def kinds(loaded, *texts):
    """Return whose these addresses are."""
    return [owner_of(loaded.inventory, address).kind for address in ips(*texts)]


@given(st.lists(SPANS, max_size=6), st.sampled_from((4, 6)), st.integers(0, 60))
def test_union__holds_what_any_of_its_networks_holds(networks, version, value):
    """Overlapping, nested and neighbouring networks, of both versions."""
    inside = any(
        network.version == version and network.first <= value <= network.last for network in networks
    )
    assert (Address(version, value) in Union(networks)) is inside


@given(
    st.lists(SPANS, max_size=3),
    st.lists(st.builds(Address, st.sampled_from((4, 6)), st.integers(0, 60)), max_size=6),
)
def test_holds_between__asks_for_the_lowest_and_the_highest(networks, addresses):
    """All between them are inside of one network of their version, or of some that overlap or touch."""
    union = Union(networks)
    spans = [
        range(min(values), max(values) + 1)
        for version in (4, 6)
        if (values := [value for of, value in addresses if of == version])
    ]
    versions = sorted({address.version for address in addresses})
    expected = all(
        Address(version, value) in union
        for version, values in zip(versions, spans, strict=True)
        for value in values
    )
    assert union.holds_between(addresses) is expected


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_load__a_finished_pod_owns_no_address(phase):
    """Its address is the next holder's; else unknown inside a pod network, and external elsewhere."""
    ended = pod("job", ip="10.1.0.9", status={"phase": phase})
    assert kinds(load(pod(), ended, networks=("10.1.0.0/24",)), "10.1.0.9") == [Kind.UNKNOWN]
    assert kinds(load(pod(), ended), "10.1.0.9") == [Kind.EXTERNAL]
    assert kinds(load(pod(), ended, pod("next", ip="10.1.0.9")), "10.1.0.9") == [Kind.POD]


def test_load__the_node_of_a_finished_pod_stays_a_node():
    """A pod on the host network leaves nothing behind, for the address never was its own."""
    ended = pod("job", ip="192.168.0.9", status={"phase": "Failed"}, spec={"hostNetwork": True})
    loaded = load(pod(status={"hostIP": "192.168.0.1"}), ended)
    assert kinds(loaded, "192.168.0.9", "192.168.0.1") == [Kind.EXTERNAL, Kind.NODE]


def test_doubt_of_networks__tells_of_pods_outside_of_every_network():
    """There, an address without a pod cannot be told from one of the outside."""
    node = named("Node", "n1", spec={"podCIDR": "10.1.0.0/24"})
    assert doubt_of_networks(load(pod(), node).inventory) is None
    assert doubt_of_networks(load(pod(), networks=("10.0.0.0/8",)).inventory) is None
    other = pod("b", ip="10.2.0.1")
    assert doubt_of_networks(load(pod(), other, node).inventory) == (
        "`1` of `2` pods have addresses outside of the pod networks that nodes and --pod-cidr name: an address near "
        "theirs that no pod holds counts as external, though it may have been a pod's; name the networks with "
        "--pod-cidr"
    )
    assert doubt_of_networks(load(pod()).inventory) is None, "said when the inventory is loaded"
    assert doubt_of_networks(load(pod(ip=None)).inventory) is None
