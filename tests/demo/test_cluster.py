"""The demonstration cluster is what it claims to be."""

from __future__ import annotations

from collections import Counter

from auditor.demo.catalog import NAMESPACES, WORKLOADS
from auditor.demo.cluster import make_cluster
from auditor.demo.manifests import inventory_document
from auditor.ir.model import Kind
from tests.demo.world import SEED, cluster, inventory


def test_make_cluster__has_about_300_pods_on_10_nodes_in_12_namespaces():
    """The size that its README names."""
    assert 290 <= len(cluster().pods) <= 310
    assert len({pod.node.name for pod in cluster().pods}) == 10
    assert {pod.workload.namespace for pod in cluster().pods} == set(NAMESPACES)
    assert len(NAMESPACES) == 12


def test_make_cluster__repeats_itself():
    """The same seed gives the same cluster, another seed another."""
    assert make_cluster(SEED) == cluster()
    assert make_cluster(SEED + 1) != cluster()


def test_make_cluster__gives_no_address_to_two_running_pods():
    """Only finished pods share an address, and only with a pod that runs."""
    held = Counter(
        address
        for pod in cluster().pods
        if not pod.workload.is_on_host and not pod.is_finished
        for address in pod.addresses
    )
    assert max(held.values()) == 1
    finished = [pod for pod in cluster().pods if pod.is_finished]
    assert len(finished) == 4
    assert all(pod.addresses[0] in held for pod in finished)


def test_inventory_document__loads_without_a_warning():
    """The auditor reads it like any cluster, and sees every kind of pod."""
    loaded = inventory()
    assert loaded.warnings == ()
    assert (loaded.n_host_network, loaded.n_finished, loaded.n_nodes, loaded.n_namespaces) == (30, 4, 10, 12)
    assert loaded.n_pods == len(cluster().pods) - 34
    assert loaded.inventory.as_of == "2026-01-05T13:00:00Z"


def test_inventory_document__names_the_workload_of_every_pod():
    """Pods of a Deployment belong to it, not to its ReplicaSet."""
    found = {
        (endpoint.namespace, endpoint.workload)
        for endpoint in inventory().inventory.endpoints
        if endpoint.kind is Kind.POD
    }
    own = (workload for workload in WORKLOADS if not workload.is_on_host and workload.kind != "Job")
    assert found == {(workload.namespace, workload.name) for workload in own}


def test_inventory_document__carries_managed_fields_on_some_objects():
    """A third of the objects look like those of an old kubectl."""
    objects = inventory_document(cluster())["items"]
    carrying = sum("managedFields" in each["metadata"] for each in objects)
    assert 0.3 < carrying / len(objects) < 0.4
