"""What services and endpoint slices come to."""

from __future__ import annotations

import pytest

from tests.inventory.clusters import endpoint, ips, load, named, pod, warnings


def service(spec: dict, *ingress: dict) -> dict:
    """Return a service with what its load balancer gave."""
    return named("Service", "web", spec=spec, status={"loadBalancer": {"ingress": list(ingress)}})


def test_lower_service__has_every_address_that_stands_for_it():
    """Cluster, external and load-balancer addresses count, once each; host names do not."""
    spec = {
        "type": "LoadBalancer",
        "clusterIP": "10.96.0.1",
        "clusterIPs": ["10.96.0.1", "fd02::1"],
        "externalIPs": ["203.0.113.5"],
        "loadBalancerIP": "203.0.113.6",
    }
    loaded = load(pod(), service(spec, {"ip": "203.0.113.7"}, {"hostname": "lb.example.com"}))
    web = endpoint(loaded, "service web")
    assert web.addresses == ips("10.96.0.1", "fd02::1", "203.0.113.5", "203.0.113.7", "203.0.113.6")
    assert (web.namespace, web.node, web.workload, web.ports) == ("shop", None, None, ())


@pytest.mark.parametrize(
    "spec",
    [
        {"clusterIP": "None", "clusterIPs": ["None"]},
        {"clusterIP": ""},
        {},
        {
            "type": "ExternalName",
            "externalName": "example.com",
            "clusterIP": "10.96.0.9",
            "ports": [{"port": 9}],
        },
    ],
)
def test_lower_service__may_have_no_address(spec):
    """A headless service, a manifest and an external name stand for no address."""
    loaded = load(pod(), service(spec))
    assert endpoint(loaded, "service web").addresses == ()
    assert (loaded.inventory.listening, warnings(loaded)) == (frozenset(), [])


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("NodePort", {(6, 30080), (17, 30053)}),
        ("LoadBalancer", {(6, 30080), (17, 30053)}),
        ("ClusterIP", set()),
        (None, set()),
    ],
)
def test_lower_service__node_ports_are_those_of_types_that_have_them(kind, expected):
    """Node ports of NodePort and LoadBalancer services count, TCP by default; 0 is none."""
    ports = [
        {"port": 80, "nodePort": 30080},
        {"port": 53, "protocol": "UDP", "nodePort": 30053},
        {"port": 1, "nodePort": 0},
    ]
    loaded = load(pod(), service({"type": kind, "ports": ports}))
    assert loaded.inventory.node_ports == expected


@pytest.mark.parametrize(
    ("spec", "ingress"),
    [
        ({"externalIPs": ["192.168.0.1"]}, []),
        ({"type": "LoadBalancer"}, [{"ip": "192.168.0.1"}]),
    ],
)
def test_lower__an_address_of_a_node_stands_for_a_service_on_its_ports(spec, ingress):
    """What goes to a node on a port of a service with the node's address is translated: no node answers there."""
    node = named("Node", "n1", status={"addresses": [{"type": "InternalIP", "address": "192.168.0.1"}]})
    ports = [{"port": 443}, {"port": 53, "protocol": "UDP"}, {"port": 0}]
    made = service({**spec, "ports": ports}, *ingress)
    assert load(pod(), node, made).inventory.node_ports == {(6, 443), (17, 53)}
    assert load(pod(), made).inventory.node_ports == frozenset()


def test_lower_service__targets_by_number_are_listening():
    """The target is a number, or by default the port itself; a name is known from pods that declare it."""
    ports = [
        {"port": 80, "targetPort": 8080},
        {"port": 81},
        {"port": 82, "targetPort": 0},
        {"port": 53, "targetPort": 5353, "protocol": "UDP"},
        {"port": 83, "targetPort": "http"},
    ]
    loaded = load(pod(), service({"ports": ports}))
    assert loaded.inventory.listening == {(6, 8080), (6, 81), (6, 82), (17, 5353)}


def test_lower_service__a_wished_address_that_is_none_is_left_out():
    """``loadBalancerIP`` is free text of an old API."""
    loaded = load(pod(), service({"loadBalancerIP": "my-address"}))
    assert warnings(loaded) == [
        "expected an IP address, got `my-address`; it is left out - at f.json $.items[2].spec.loadBalancerIP"
    ]


def test_slice_ports__are_listening():
    """Ports of endpoint slices count, TCP by default; an absent port is every port and tells nothing."""
    made = named(
        "EndpointSlice", "web-1", ports=[{"port": 6443}, {"port": 53, "protocol": "UDP"}, {"port": None}]
    )
    assert load(pod(), made).inventory.listening == {(6, 6443), (17, 53)}
