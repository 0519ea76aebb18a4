"""Addresses that are pods' though no pod holds them now."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.inventory.networks import Union, doubt_of_networks, with_freed
from auditor.ir.evaluate import owner_of
from auditor.ir.model import Address, Kind, Network
from tests.inventory.clusters import SHOP, ips, load, load_text, named, pod

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


def test_with_freed__adds_what_no_network_holds():
    """An address inside a network is unknown without it."""
    whole = Network(4, 0, 9)
    assert with_freed({whole}, ips("0.0.0.5", "0.0.0.10", "::5")) == (
        whole,
        Network(4, 10, 10),
        Network(6, 5, 5),
    )


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_load__an_address_a_finished_pod_left_is_not_external(phase):
    """It was a pod's when the log was written, perhaps: unknown until another pod holds it."""
    ended = pod("job", ip="10.1.0.9", status={"phase": phase})
    assert kinds(load(pod(), ended), "10.1.0.9", "10.1.0.8") == [Kind.UNKNOWN, Kind.EXTERNAL]
    assert kinds(load(pod(), ended, pod("next", ip="10.1.0.9")), "10.1.0.9") == [Kind.POD]


def test_load__the_node_of_a_finished_pod_stays_a_node():
    """A pod on the host network leaves nothing behind, for the address never was its own."""
    ended = pod("job", ip="192.168.0.9", status={"phase": "Failed"}, spec={"hostNetwork": True})
    loaded = load(pod(status={"hostIP": "192.168.0.1"}), ended)
    assert kinds(loaded, "192.168.0.9", "192.168.0.1") == [Kind.EXTERNAL, Kind.NODE]


@pytest.mark.parametrize(
    "told",
    [
        [("ADDED", pod("a", ip="10.1.0.9")), ("DELETED", pod("a", ip="10.1.0.9"))],
        [("DELETED", pod("a", ip="10.1.0.9"))],
        [("ADDED", pod("a", ip="10.1.0.9")), ("MODIFIED", pod("a", ip="10.1.0.3"))],
    ],
)
def test_load__an_address_that_events_took_away_is_not_external(told):
    """Deleted pods and pods that moved leave their addresses to nobody."""
    events = [{"type": kind, "object": made} for kind, made in told]
    loaded = load_text("\n".join(json.dumps(each) for each in (SHOP, pod(), *events)))
    assert kinds(loaded, "10.1.0.9", "10.1.0.8") == [Kind.UNKNOWN, Kind.EXTERNAL]


def test_load__an_older_snapshot_leaves_its_address():
    """Of two snapshots of one pod the newer holds; the address of the older is nobody's."""
    old, new = (
        pod("a", ip=ip, metadata={"uid": "u", "resourceVersion": version})
        for ip, version in (("10.1.0.9", "1"), ("10.1.0.3", "2"))
    )
    assert kinds(load(pod(), old, new), "10.1.0.9", "10.1.0.3") == [Kind.UNKNOWN, Kind.POD]


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
