"""The demonstration cluster as what ``kubectl get ... -A -o json`` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from auditor.demo.catalog import NAMESPACES, WORKLOADS

if TYPE_CHECKING:
    from auditor.demo.catalog import Workload
    from auditor.demo.cluster import Cluster, Node, Pod

CREATED = "2026-01-05T09:00:00Z"
STARTED = "2026-01-05T09:00:05Z"
SEEN = "2026-01-05T13:00:00Z"
MANAGED_EVERY = 3
"""Every third object carries managed fields, as after ``--show-managed-fields``."""


def inventory_document(cluster: Cluster) -> dict[str, Any]:
    """Return a ``v1.List`` of namespaces, nodes, pods, services and endpoint slices.

    Parameters
    ----------
    cluster : Cluster
        What it describes.

    Returns
    -------
    dict
        Ready for JSON; order and content depend on the cluster alone.
    """
    objects = [
        *(_namespace(name, labels) for name, labels in NAMESPACES.items()),
        *(_node(node) for node in cluster.nodes),
        *(_pod(pod) for pod in cluster.pods),
        *(_service(workload, cluster) for workload in WORKLOADS if workload.key in cluster.service_addresses),
        *(_slice(workload, cluster) for workload in WORKLOADS if workload.key in cluster.service_addresses),
    ]
    for place, made in enumerate(objects):
        made["metadata"]["uid"] = f"6b1f0c2e-0000-4000-8000-{place:012x}"
        made["metadata"]["resourceVersion"] = str(41_000 + place)
        if place % MANAGED_EVERY == 0:
            made["metadata"]["managedFields"] = _managed_fields()
    return {"apiVersion": "v1", "items": objects, "kind": "List", "metadata": {"resourceVersion": ""}}


def _namespace(name: str, labels: dict[str, str]) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": name,
            "creationTimestamp": CREATED,
            "labels": {"kubernetes.io/metadata.name": name, **labels},
        },
        "spec": {"finalizers": ["kubernetes"]},
        "status": {"phase": "Active"},
    }


def _node(node: Node) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": node.name,
            "creationTimestamp": CREATED,
            "labels": {"kubernetes.io/hostname": node.name, "kubernetes.io/os": "linux"},
        },
        "spec": {"podCIDR": node.pod_cidrs[0], "podCIDRs": list(node.pod_cidrs)},
        "status": {
            "addresses": [
                {"type": "InternalIP", "address": node.address},
                {"type": "Hostname", "address": node.name},
            ],
            "conditions": [
                {
                    "type": "Ready",
                    "status": "True",
                    "lastHeartbeatTime": SEEN,
                    "lastTransitionTime": CREATED,
                    "reason": "KubeletReady",
                }
            ],
        },
    }


def _pod(pod: Pod) -> dict[str, Any]:
    workload = pod.workload
    metadata: dict[str, Any] = {
        "name": pod.name,
        "namespace": workload.namespace,
        "creationTimestamp": CREATED,
        "labels": pod.labels,
        "ownerReferences": [_owner(pod)],
    }
    if workload.kind != "StatefulSet":
        metadata["generateName"] = pod.name[: pod.name.rindex("-") + 1]
    spec: dict[str, Any] = {
        "nodeName": pod.node.name,
        "restartPolicy": "Never" if pod.is_finished else "Always",
        "containers": [
            {"name": workload.name, "image": f"registry.example/{workload.key}:1.0", **_ports(workload)}
        ],
    }
    if workload.is_on_host:
        spec["hostNetwork"] = True
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": spec,
        "status": {
            "phase": "Succeeded" if pod.is_finished else "Running",
            "conditions": [
                {
                    "type": "Ready",
                    "status": "False" if pod.is_finished else "True",
                    "lastTransitionTime": STARTED,
                }
            ],
            "containerStatuses": [{"name": workload.name, "state": _state(pod)}],
            "hostIP": pod.node.address,
            "podIP": pod.addresses[0],
            "podIPs": [{"ip": address} for address in pod.addresses],
            "startTime": STARTED,
        },
    }


def _owner(pod: Pod) -> dict[str, Any]:
    workload = pod.workload
    kind, name = workload.kind, workload.name
    if kind in {"Deployment", "Job"}:
        kind, name = ("ReplicaSet" if kind == "Deployment" else "Job"), f"{name}-{pod.template}"
    api_version = "batch/v1" if kind == "Job" else "apps/v1"
    return {
        "apiVersion": api_version,
        "kind": kind,
        "name": name,
        "controller": True,
        "blockOwnerDeletion": True,
        "uid": "9d0c",
    }


def _ports(workload: Workload) -> dict[str, Any]:
    if not workload.ports:
        return {}
    host = ("hostPort",) if workload.is_on_host else ()
    return {
        "ports": [
            {
                "name": port.name,
                "containerPort": port.number,
                "protocol": port.protocol,
                **dict.fromkeys(host, port.number),
            }
            for port in workload.ports
        ]
    }


def _state(pod: Pod) -> dict[str, Any]:
    if not pod.is_finished:
        return {"running": {"startedAt": STARTED}}
    end = "2026-01-05T09:12:40Z"
    return {"terminated": {"exitCode": 0, "reason": "Completed", "startedAt": STARTED, "finishedAt": end}}


def _service(workload: Workload, cluster: Cluster) -> dict[str, Any]:
    address = cluster.service_addresses[workload.key]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": workload.name, "namespace": workload.namespace, "creationTimestamp": CREATED},
        "spec": {
            "type": "ClusterIP",
            "clusterIP": address,
            "clusterIPs": [address],
            "selector": workload.labels or {"app": workload.name},
            "ports": [
                {"name": port.name, "port": port.number, "targetPort": port.name, "protocol": port.protocol}
                for port in workload.ports
            ],
        },
        "status": {"loadBalancer": {}},
    }


def _slice(workload: Workload, cluster: Cluster) -> dict[str, Any]:
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": f"{workload.name}-{len(workload.key):05d}",
            "namespace": workload.namespace,
            "creationTimestamp": CREATED,
            "labels": {"kubernetes.io/service-name": workload.name},
        },
        "addressType": "IPv4",
        "endpoints": [
            {
                "addresses": [pod.addresses[0]],
                "conditions": {"ready": True},
                "nodeName": pod.node.name,
                "targetRef": {"kind": "Pod", "namespace": workload.namespace, "name": pod.name},
            }
            for pod in cluster.reachable(workload.key)
        ],
        "ports": [
            {"name": port.name, "port": port.number, "protocol": port.protocol} for port in workload.ports
        ],
    }


def _managed_fields() -> list[dict[str, Any]]:
    keys = ("f:metadata", "f:spec", "f:status")
    return [
        {
            "apiVersion": "v1",
            "fieldsType": "FieldsV1",
            "fieldsV1": {key: {".": {}, "f:labels": {".": {}, "f:app": {}}} for key in keys},
            "manager": writer,
            "operation": "Update",
            "time": CREATED,
        }
        for writer in ("kube-controller-manager", "kubelet")
    ]
