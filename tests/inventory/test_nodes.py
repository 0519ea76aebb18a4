"""Which addresses are a node's."""

from __future__ import annotations

import pytest

from tests.inventory.clusters import endpoint, ips, load, named, pod, warnings


def node(name: str = "n1", *addresses: tuple[str, str], **parts: object) -> dict:
    """Return a node with addresses of (type, text)."""
    written = [{"type": kind, "address": text} for kind, text in addresses]
    return named("Node", name, status={"addresses": written}, **parts)


def test_add_node__has_its_addresses_and_labels():
    """Internal and external addresses count, names that are addresses too, other names not."""
    made = node(
        "n1",
        ("InternalIP", "192.168.0.1"),
        ("ExternalIP", "203.0.113.1"),
        ("InternalIP", "fd01::1"),
        ("Hostname", "n1"),
        ("Hostname", "192.168.0.2"),
        ("InternalDNS", "n1.internal"),
        metadata={"labels": {"zone": "a"}},
    )
    found = endpoint(load(pod(), made), "node n1")
    assert found.addresses == ips("192.168.0.1", "203.0.113.1", "fd01::1", "192.168.0.2")
    assert (found.labels, found.node, found.workload, found.namespace) == ({"zone": "a"}, "n1", None, None)


@pytest.mark.parametrize(
    "key",
    [
        "network.cilium.io/ipv4-cilium-host",
        "io.cilium.network.ipv4-cilium-host",
        "network.cilium.io/ipv6-cilium-host",
        "io.cilium.network.ipv6-cilium-host",
        "projectcalico.org/IPv4IPIPTunnelAddr",
        "projectcalico.org/IPv4VXLANTunnelAddr",
        "projectcalico.org/IPv6VXLANTunnelAddr",
        "projectcalico.org/IPv4WireguardInterfaceAddr",
        "projectcalico.org/IPv6WireguardInterfaceAddr",
    ],
)
def test_add_node__has_the_tunnel_addresses_of_network_plugins(key):
    """Health checks come from addresses that only an annotation tells; one that is none is left out aloud."""
    made = node(
        "n1", ("InternalIP", "192.168.0.1"), metadata={"annotations": {key: "10.1.0.100", "other": 3}}
    )
    assert endpoint(load(pod(), made), "node n1").addresses == ips("192.168.0.1", "10.1.0.100")
    made = node("n1", ("InternalIP", "192.168.0.1"), metadata={"annotations": {key: "here"}})
    loaded = load(pod(), made)
    sentence = "expected an IP address, got `here`; it is left out"
    assert warnings(loaded) == [f'{sentence} - at f.json $.items[2].metadata.annotations["{key}"]']


def test_warn_of_strangers__a_node_without_an_address_is_doubtful():
    """A node that no pod and no status gives an address is taken for the outside, and the user is told."""
    sentence = "node `n1` has no address: its flows count as external - at f.json $.items[2]"
    assert warnings(load(pod(), node("n1", ("Hostname", "n1")))) == [sentence]
    assert warnings(load(pod(status={"hostIP": "192.168.0.1"}), node("n1"))) == []


def test_add_host__pods_tell_addresses_of_their_nodes():
    """Host addresses of pods are their node's, whether a Node object exists or not."""
    loaded = load(
        pod(status={"hostIP": "192.168.0.1", "hostIPs": [{"ip": "192.168.0.1"}, {"ip": "fd01::1"}]}),
        pod("db", ip="10.1.0.2", spec={"nodeName": "n2"}, status={"hostIP": "192.168.0.2"}),
        node("n1", ("ExternalIP", "203.0.113.1")),
    )
    assert endpoint(loaded, "node n1").addresses == ips("203.0.113.1", "192.168.0.1", "fd01::1")
    assert endpoint(loaded, "node n2").addresses == ips("192.168.0.2")
    assert [endpoint(loaded, f"pod {name}").node for name in ("web", "db")] == ["n1", "n2"]


def test_add_host__a_node_is_found_by_address():
    """A pod that names no node but a host address runs on the node of that address."""
    unnamed = {"nodeName": None}
    loaded = load(
        pod(spec=unnamed, status={"hostIP": "192.168.0.1"}),
        pod("db", ip="10.1.0.2", spec=unnamed, status={"hostIP": "192.168.0.2"}),
        pod("lost", ip="10.1.0.3", spec=unnamed),
        node("n1", ("InternalIP", "192.168.0.1")),
    )
    assert [endpoint(loaded, f"pod {name}").node for name in ("web", "db", "lost")] == [
        "n1",
        "192.168.0.2",
        None,
    ]
    assert endpoint(loaded, "node 192.168.0.2").addresses == ips("192.168.0.2")
    assert loaded.n_nodes == 2
