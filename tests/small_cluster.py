"""The smallest cluster with something to find: a shop of two pods, one policy, seven flows."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  policyTypes: [Ingress]
  ingress:
  - from:
    - podSelector: {matchLabels: {app: web}}
    ports:
    - {port: 5432}
"""


def pod(name, address, node="n1", **labels):
    """Return a pod as the API server prints it."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "shop", "labels": {"app": name, **labels}},
        "spec": {"nodeName": node, "containers": [{"name": "c", "ports": [{"containerPort": 5432}]}]},
        "status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]},
    }


OBJECTS = [
    {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": {}}},
    {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": "n1"},
        "spec": {"podCIDR": "10.0.0.0/24", "podCIDRs": ["10.0.0.0/24"]},
        "status": {"addresses": [{"type": "InternalIP", "address": "192.0.2.1"}]},
    },
    pod("web", "10.0.0.1"),
    pod("db", "10.0.0.2"),
]
INVENTORY = json.dumps({"apiVersion": "v1", "kind": "List", "items": OBJECTS})

HEADER = (
    "version srcport dstport protocol packets bytes start end action log-status pkt-srcaddr pkt-dstaddr\n"
)


def flow(source, destination, port, protocol=6, action="ACCEPT", src_port=40000):
    """Return a line of a VPC flow log."""
    counters = "10 840 1700000000 1700000060"
    return f"5 {src_port} {port} {protocol} {counters} {action} OK {source} {destination}\n"


ALLOWED = flow("10.0.0.1", "10.0.0.2", 5432)
VIOLATION = flow("198.51.100.9", "10.0.0.2", 5432)
FLOWS = "".join(
    [
        HEADER,
        ALLOWED,  # the rule allows it
        flow("10.0.0.1", "10.0.0.2", 6379),  # the port is not the rule's: VIOLATION
        VIOLATION,  # from outside: VIOLATION
        flow("198.51.100.9", "10.0.0.2", 22, action="REJECT"),  # denied and stopped: BLOCKED
        flow("198.51.100.9", "10.0.0.1", 443),  # the web pod is not isolated: allowed
        flow("10.0.0.99", "10.0.0.2", 5432),  # an address of the pod network that no pod holds: UNDECIDED
        flow("192.0.2.1", "10.0.0.2", 9999),  # the pod's own node: allowed
    ]
)
SOUND = ("--policies", "policies.yaml", "--inventory", "cluster.json")
AUDIT = ("audit", *SOUND, "--flows", "flows.log", "--out", "report", "-q")


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    """Write the cluster and its flows into a folder of their own, and go there."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("AUDITOR_")]:
        monkeypatch.delenv(name)
    Path("policies.yaml").write_text(POLICY, encoding="utf-8")
    Path("cluster.json").write_text(INVENTORY, encoding="utf-8")
    Path("flows.log").write_text(FLOWS, encoding="utf-8")
    return tmp_path
