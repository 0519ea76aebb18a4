"""Every form in which an inventory may be written gives the same inventory."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
import yaml

from auditor.errors import ConfigError
from auditor.inventory.load import load_inventory
from auditor.ir.model import Address, ContainerPort, Kind, Network
from tests.inventory.clusters import SHOP, load, load_text, named, pod, text_of, warnings

CORPORA = Path(__file__).parents[2].parent / "shared" / "corpora"
needs_corpora = pytest.mark.skipif(not CORPORA.exists(), reason="the corpora folder is absent")

OBJECTS = [
    SHOP,
    pod("web", metadata={"labels": {"app": "web"}}),
    pod("db", ip="10.1.0.2"),
    named("Node", "n1", status={"addresses": [{"type": "InternalIP", "address": "192.168.0.1"}]}),
    named("Service", "web", spec={"clusterIP": "10.96.0.1", "ports": [{"port": 80, "targetPort": 8080}]}),
    named("EndpointSlice", "web-1", ports=[{"port": 8080, "protocol": "TCP"}]),
    {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "p"}, "spec": 3},
]
EXPECTED = load_inventory([("f", text_of(*OBJECTS))])


def list_of(kind: str, api: str = "v1") -> dict:
    """Return a list of one kind, whose elements do not name it."""
    members = [
        {key: value for key, value in made.items() if key not in {"kind", "apiVersion"}}
        for made in OBJECTS
        if made["kind"] == kind
    ]
    return {"kind": f"{kind}List", "apiVersion": api, "metadata": {}, "items": members}


LISTS = [list_of(kind) for kind in ("Namespace", "Pod", "Node", "Service")]
LISTS += [list_of("EndpointSlice", "discovery.k8s.io/v1"), list_of("NetworkPolicy", "networking.k8s.io/v1")]
EVENTS = [{"type": "ADDED", "object": made} for made in OBJECTS]
LINES = [json.dumps(made) for made in OBJECTS]
FORMS = {
    "indented": json.dumps({"kind": "List", "items": OBJECTS}, indent=4),
    "no list kind": json.dumps({"items": OBJECTS}),
    "array": json.dumps(OBJECTS),
    "lists in a list": json.dumps({"kind": "List", "apiVersion": "v1", "items": LISTS}),
    "lists one after the other": "".join(json.dumps(one, indent=1) for one in LISTS),
    "lines": "\n".join(LINES) + "\n",
    "lines with carriage returns": "\r\n\r\n".join(LINES),
    "watch events": "\n".join(json.dumps(event) for event in EVENTS),
    "watch events, indented": "\n".join(
        json.dumps({"kind": "WatchEvent", **event}, indent=2) for event in EVENTS
    ),
    "yaml documents": yaml.safe_dump_all(OBJECTS),
    "yaml list": yaml.safe_dump({"apiVersion": "v1", "kind": "List", "items": OBJECTS}),
    "yaml lists": yaml.safe_dump_all(LISTS),
    "yaml watch events": yaml.safe_dump_all(EVENTS),
    "yaml with empty documents": "---\n---\n"
    + yaml.safe_dump_all(OBJECTS, explicit_start=True)
    + "---\n# end\n",
}


def test_load_inventory__reads_what_the_objects_say():
    """The objects of these tests come out as pods, nodes, services, namespaces and ports."""
    inventory = EXPECTED.inventory
    assert [(one.kind, one.namespace, one.name) for one in inventory.endpoints] == [
        (Kind.POD, "shop", "db"),
        (Kind.POD, "shop", "web"),
        (Kind.NODE, None, "n1"),
        (Kind.SERVICE, "shop", "web"),
    ]
    assert inventory.namespaces == {"shop": {"kubernetes.io/metadata.name": "shop"}}
    assert inventory.listening == {(6, 8080)}
    counts = (EXPECTED.n_pods, EXPECTED.n_nodes, EXPECTED.n_services, EXPECTED.n_namespaces, EXPECTED.n_other)
    assert counts == (2, 1, 1, 1, 1)
    assert (EXPECTED.n_host_network, EXPECTED.n_finished, EXPECTED.warnings) == (0, 0, ())


@pytest.mark.parametrize("form", FORMS)
def test_load_inventory__every_form_says_the_same(form):
    """Lists, documents, lines and events of the same objects are the same inventory."""
    assert load_text(FORMS[form]) == EXPECTED


@pytest.mark.parametrize("form", ["indented", "yaml documents"])
def test_load_inventory__looks_through_compression_and_byte_order_marks(form):
    """Gzip, also in several members, and marked UTF-8 or UTF-16 are read."""
    text = FORMS[form]
    content = text.encode()
    half = len(content) // 2
    for written in (
        gzip.compress(content),
        gzip.compress(content[:half]) + gzip.compress(content[half:]),
        b"\xef\xbb\xbf" + content,
        text.encode("utf-16"),
        gzip.compress(b"\xef\xbb\xbf\n" + content),
    ):
        assert load_text(written) == EXPECTED


def test_load_inventory__files_make_one_inventory():
    """Objects may be spread over files in any way and order."""
    files = [(f"{index}.json", line.encode()) for index, line in enumerate(LINES)]
    assert load_inventory(files) == EXPECTED
    assert load_inventory(files[::-1]) == EXPECTED


def test_load_inventory__text_beyond_ascii_is_read():
    """UTF-8 is checked in steps, and letters may lie across them."""
    padding = "é" * (2**20 + 1)
    made = pod(metadata={"labels": {"name": "süß"}, "managedFields": [padding]})
    loaded = load_text(b" " + json.dumps({"items": [SHOP, made]}, ensure_ascii=False).encode())
    assert loaded.inventory.endpoints[0].labels == {"name": "süß"}


def test_load_inventory__a_kind_of_the_same_name_elsewhere_is_another():
    """A Service of another API group has no cluster address, and is left alone."""
    other = {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Service",
        "metadata": {"name": "web"},
        "spec": 7,
    }
    loaded = load(pod(), other)
    assert (loaded.n_services, loaded.n_other) == (0, 1)


def test_load_inventory__null_is_absent():
    """Every field may be null, as in the API."""
    made = pod(
        metadata={"labels": None, "creationTimestamp": None}, spec={"hostNetwork": None, "containers": None}
    )
    made["status"] |= {"hostIP": None, "conditions": None}
    (web, node) = load(made).inventory.endpoints
    assert (web.name, web.labels, node.name) == ("web", {}, "n1")
    assert load_text('{"kind": "List", "items": null}').n_namespaces == 0


def test_load_inventory__adds_the_given_pod_networks():
    """Networks of the cluster and of the caller make one sorted list without repeats."""
    nodes = [
        named("Node", "n1", spec={"podCIDR": "10.1.0.0/24"}),
        named("Node", "n2", spec={"podCIDRs": ["fd00::/64"]}),
    ]
    loaded = load(pod(), *nodes, networks=("10.0.0.9/16", "10.1.0.0/24"))
    assert loaded.inventory.pod_networks == (
        Network(4, 0x0A000000, 0x0A00FFFF),
        Network(4, 0x0A010000, 0x0A0100FF),
        Network(6, 0xFD << 120, (0xFD << 120) + 2**64 - 1),
    )


def test_load_inventory__a_given_pod_network_must_be_one():
    """Text that is no network is a mistake of the configuration."""
    with pytest.raises(ConfigError) as caught:
        load_inventory([], pod_networks=["10.0.0.0/33"])
    assert str(caught.value) == "expected a pod network like `10.0.0.0/16`, got `10.0.0.0/33`"


def test_load_inventory__warns_when_there_are_no_pods():
    """Without pods nothing can be judged, which is usable but surely not meant."""
    sentence = "expected pods with addresses of their own, got none: no flow can be judged - at"
    assert warnings(load_text(LINES[0])) == [f"{sentence} f"]
    assert warnings(load_inventory([])) == [f"{sentence} no file"]


@needs_corpora
def test_load_inventory__reads_a_real_list_of_pods():
    """Ten pods of a managed cluster, half of them on the host network of one node."""
    file = CORPORA / "inventory" / "aks-pods.json"
    loaded = load_inventory([(file.name, file.read_bytes())])
    assert (loaded.n_pods, loaded.n_host_network, loaded.n_finished, loaded.n_nodes) == (5, 5, 0, 1)
    sentence = "namespace `kube-system` has pods but no Namespace object: its labels are not known"
    assert warnings(loaded) == [f"{sentence} - at aks-pods.json $.items[1].metadata.namespace"]
    workloads = [one.workload for one in loaded.inventory.endpoints if one.kind is Kind.POD]
    assert workloads == ["ama-logs", "ama-logs-rs", "coredns", "konnectivity-agent", "metrics-server"]
    coredns, node = loaded.inventory.endpoints[2], loaded.inventory.endpoints[5]
    assert coredns.ports == (
        ContainerPort("dns", 17, 53),
        ContainerPort("dns-tcp", 6, 53),
        ContainerPort("metrics", 6, 9153),
    )
    assert (node.addresses, coredns.node) == ((Address(4, 0x0AE00006),), node.name)
    assert loaded.inventory.as_of == "2023-08-03T16:12:12Z"


@needs_corpora
def test_load_inventory__reads_every_cluster_of_the_corpora_without_warnings():
    """Hand-made clusters of Namespaces, Pods and Nodes load clean."""
    files = sorted((CORPORA / "policies").glob("*/*/cluster.yaml"))
    assert files
    for file in files:
        loaded = load_inventory([(str(file), file.read_bytes())])
        assert loaded.warnings == ()
        assert loaded.n_pods
