"""What pods come to: addresses, ports, hosts."""

from __future__ import annotations

import pytest

from auditor.ir.model import ContainerPort
from tests.inventory.clusters import endpoint, ips, load, pod, warnings


def test_lower_pod__has_both_addresses_of_a_dual_stack_pod():
    """All of ``podIPs`` are its addresses, mapped ones as IPv4, repeats once."""
    written = [{"ip": "10.1.0.1"}, {"ip": "fd00::1"}, {"ip": "::ffff:10.1.0.1"}]
    web = endpoint(load(pod(status={"podIPs": written})), "pod web")
    assert web.addresses == ips("10.1.0.1", "fd00::1")


def test_lower_pod__falls_back_to_the_single_address():
    """``podIP`` counts where ``podIPs`` is absent."""
    assert endpoint(load(pod(status={"podIPs": None})), "pod web").addresses == ips("10.1.0.1")


def test_lower_pod__on_the_host_network_is_its_node():
    """A pod on the host network is no endpoint: its addresses and its host's are the node's."""
    made = pod(
        "agent",
        ip="192.168.0.1",
        spec={"hostNetwork": True},
        status={"hostIP": "192.168.0.1", "hostIPs": [{"ip": "fd01::1"}]},
    )
    loaded = load(pod(), made)
    assert (loaded.n_pods, loaded.n_host_network) == (1, 1)
    assert endpoint(loaded, "node n1").addresses == ips("192.168.0.1", "fd01::1")
    assert [one.name for one in loaded.inventory.endpoints] == ["web", "n1"]


def test_lower_pod__has_all_its_addresses():
    """``podIP`` repeats the first of ``podIPs``; where it does not, or stands alone, none is lost."""
    for status, expected in (
        ({"podIP": "10.1.0.1", "podIPs": [{"ip": "10.1.0.1"}, {"ip": "fd00::1"}]}, ("10.1.0.1", "fd00::1")),
        ({"podIP": "10.1.0.1", "podIPs": [{"ip": "10.1.0.2"}]}, ("10.1.0.1", "10.1.0.2")),
        ({"podIP": "10.1.0.1", "podIPs": None}, ("10.1.0.1",)),
        ({"podIP": None, "podIPs": [{"ip": "10.1.0.2"}]}, ("10.1.0.2",)),
    ):
        assert endpoint(load(pod(status=status)), "pod web").addresses == ips(*expected)


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_lower_pod__finished_holds_no_address(phase):
    """A finished pod still shows the address that a running pod has by now; it is the running pod's."""
    ended = pod(
        "job",
        status={"phase": phase, "hostIP": "192.168.0.9"},
        spec={"containers": [{"ports": [{"containerPort": 9}]}]},
    )
    loaded = load(pod(), ended)
    assert (loaded.n_pods, loaded.n_finished, warnings(loaded)) == (1, 1, [])
    assert endpoint(loaded, "node n1").addresses == ()
    assert loaded.inventory.listening == frozenset()


@pytest.mark.parametrize(
    ("annotation", "deleted", "n_pods"), [("", True, 1), ("10.1.0.1", True, 2), ("", False, 2)]
)
@pytest.mark.parametrize("key", ["cni.projectcalico.org/podIP", "vpc.amazonaws.com/pod-ips"])
def test_lower_pod__holds_its_address_until_the_network_plugin_takes_it(key, annotation, deleted, n_pods):
    """A pod being deleted is a pod until an empty annotation says that its network is gone."""
    end = "2026-08-03T00:00:30Z" if deleted else None
    made = pod("old", ip="10.1.0.2", metadata={"deletionTimestamp": end, "annotations": {key: annotation}})
    assert load(pod(), made).n_pods == n_pods


def test_lower_pod__named_ports_are_its_own():
    """Named ports come from containers and sidecars, TCP by default; other init containers end before."""
    spec = {
        "containers": [
            {"ports": [{"name": "http", "containerPort": 8080}, {"containerPort": 9000, "protocol": "SCTP"}]},
            {"ports": [{"name": "dns", "containerPort": 53, "protocol": "UDP"}]},
            {"ports": [{"name": "dns", "containerPort": 5353, "protocol": ""}]},
        ],
        "initContainers": [
            {"restartPolicy": "Always", "ports": [{"name": "proxy", "containerPort": 15001}]},
            {"ports": [{"name": "init", "containerPort": 1}]},
        ],
    }
    loaded = load(pod(spec=spec))
    assert endpoint(loaded, "pod web").ports == (
        ContainerPort("http", 6, 8080),
        ContainerPort("dns", 17, 53),
        ContainerPort("dns", 6, 5353),
        ContainerPort("proxy", 6, 15001),
    )
    assert loaded.inventory.listening == {(6, 8080), (132, 9000), (17, 53), (6, 5353), (6, 15001)}


def test_lower_pod__one_name_for_two_numbers_is_the_first():
    """Two containers may use one name for one protocol, which the API lets through; the user is told."""
    containers = [{"ports": [{"name": "http", "containerPort": number}]} for number in (80, 81, 80)]
    loaded = load(pod(spec={"containers": containers}))
    assert endpoint(loaded, "pod web").ports == (ContainerPort("http", 6, 80),)
    assert warnings(loaded) == [
        "pod `shop/web` declares port `http` as `80` and as `81`; the first is taken - at f.json $.items[1]"
    ]


def test_lower_pod__host_ports_are_ports_of_nodes_that_stand_for_something_else():
    """A host port is translated to the pod like a node port, except where the pod is the host."""
    ports = [
        {
            "ports": [
                {"containerPort": 8080, "hostPort": 80},
                {"containerPort": 53, "protocol": "UDP", "hostPort": 0},
            ]
        }
    ]
    assert load(pod(spec={"containers": ports})).inventory.node_ports == {(6, 80)}
    on_host = pod(ip="192.168.0.1", spec={"containers": ports, "hostNetwork": True})
    assert load(on_host).inventory.node_ports == frozenset()


@pytest.mark.parametrize("status", [{"phase": "Running"}, {"phase": None}])
def test_lower_pod__without_an_address_is_doubtful(status):
    """A pod that should have an address and has none is reported and kept."""
    loaded = load(pod(ip=None, status=status))
    shown = status["phase"] or "unknown"
    assert warnings(loaded) == [f"pod `shop/web` has no address in phase `{shown}` - at f.json $.items[1]"]
    assert endpoint(loaded, "pod web").addresses == ()


@pytest.mark.parametrize(("ip", "expected"), [(None, ()), ("10.1.0.7", ("10.1.0.7",))])
def test_lower_pod__pending_may_have_an_address(ip, expected):
    """A pending pod has an address or not; both are usual."""
    loaded = load(pod(ip=ip, status={"phase": "Pending"}))
    assert (endpoint(loaded, "pod web").addresses, warnings(loaded)) == (ips(*expected), [])
