"""Listings of real clusters."""

from __future__ import annotations

import json

import pytest

from auditor.inventory.load import load_inventory
from auditor.ir.model import SCTP, TCP, UDP, ContainerPort, Kind
from tests.corpora.cases import ABSENT, CORPORA
from tests.worlds import address, as_text

if not CORPORA.exists():
    pytest.skip(ABSENT, allow_module_level=True)

FILES = sorted((CORPORA / "inventory").rglob("*.json"))
NODE = "aks-newpool-21676506-vmss000000"
PODS = {
    "ama-logs-24r5w": ("10.244.1.2", "ama-logs", ()),
    "ama-logs-rs-6446bfdc5d-ww4wj": (
        "10.244.1.5",
        "ama-logs-rs",
        (ContainerPort("in-rs-tcp", TCP, 25227),),
    ),
    "coredns-785fcf7bdd-64ltz": (
        "10.244.1.4",
        "coredns",
        (
            ContainerPort("dns", UDP, 53),
            ContainerPort("dns-tcp", TCP, 53),
            ContainerPort("metrics", TCP, 9153),
        ),
    ),
    "konnectivity-agent-7787bbbfb8-qz7r8": ("10.244.1.3", "konnectivity-agent", ()),
    "metrics-server-7757d565cf-m85vj": (
        "10.244.1.7",
        "metrics-server",
        (ContainerPort("ms-https", TCP, 4443),),
    ),
}
LISTENING = {(TCP, 53), (TCP, 4443), (TCP, 9153), (TCP, 25225), (TCP, 25227), (TCP, 29603), (TCP, 29613)}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_load_inventory__accounts_for_every_pod(path):
    """Each pod listed is an endpoint, on the host network, or finished; addresses of endpoints are those written."""
    content = json.loads(path.read_bytes())
    pods = [item for item in content["items"] if item.get("kind", "Pod") == "Pod"]
    loaded = load_inventory([(path.name, path.read_bytes())])
    assert loaded.n_pods + loaded.n_host_network + loaded.n_finished == len(pods)
    written = {
        (pod["metadata"]["namespace"], pod["metadata"]["name"]): {
            address(entry["ip"]) for entry in pod["status"].get("podIPs", ())
        }
        for pod in pods
    }
    for endpoint in loaded.inventory.endpoints:
        if endpoint.kind is Kind.POD:
            assert set(endpoint.addresses) == written[endpoint.namespace, endpoint.name]
        assert endpoint.namespace is None or endpoint.namespace in loaded.inventory.namespaces
    for protocol, port in loaded.inventory.listening | loaded.inventory.node_ports:
        assert protocol in (TCP, UDP, SCTP)
        assert 1 <= port <= 65535


def test_load_inventory__reads_the_aks_listing():
    """Half of the ten pods are on the host network: their address is the node's, their ports listen all the same."""
    path = CORPORA / "inventory" / "aks-pods.json"
    loaded = load_inventory([(path.name, path.read_bytes())])
    found = loaded.inventory
    assert (loaded.n_pods, loaded.n_host_network, loaded.n_finished, loaded.n_nodes) == (5, 5, 0, 1)
    *pods, node = found.endpoints
    assert {
        pod.name: (as_text(pod.addresses[0]), pod.workload, pod.ports) for pod in pods if pod.node == NODE
    } == PODS
    assert (node.kind, node.name, [as_text(each) for each in node.addresses]) == (
        Kind.NODE,
        NODE,
        ["10.224.0.6"],
    )
    assert found.listening == LISTENING | {(UDP, 53), (UDP, 25224)}
    assert found.namespaces == {"kube-system": {"kubernetes.io/metadata.name": "kube-system"}}
    (warning,) = loaded.warnings
    assert str(warning) == (
        "namespace `kube-system` has pods but no Namespace object: its labels are not known "
        "- at aks-pods.json $.items[1].metadata.namespace"
    )
