"""Which workload a pod belongs to."""

from __future__ import annotations

import pytest

from tests.inventory.clusters import endpoint, load, pod

HASHED = {"pod-template-hash": "785fcf7bdd"}


def workload(
    name: str,
    kind: str | None,
    owner: str,
    labels: dict[str, str] | None = None,
    **owner_fields: object,
) -> str | None:
    """Return the workload of a pod with one owner."""
    owners = [{"kind": "Ignored", "name": "other", "controller": False}]
    owners += [] if kind is None else [{"kind": kind, "name": owner, "controller": True, **owner_fields}]
    loaded = load(pod(name, metadata={"labels": labels or {}, "ownerReferences": owners}))
    return endpoint(loaded, f"pod {name}").workload


@pytest.mark.parametrize(
    ("name", "kind", "owner", "labels", "expected"),
    [
        ("web-785fcf7bdd-x", "ReplicaSet", "web-785fcf7bdd", HASHED, "web"),
        ("web-785fcf7bdd-x", "ReplicaSet", "web-785fcf7bdd", None, "web"),
        ("web-x-y", "ReplicaSet", "web-x", {"rollouts-pod-template-hash": "x"}, "web"),
        ("web-frontend-x", "ReplicaSet", "web-frontend", None, "web-frontend"),
        ("web-x", "ReplicaSet", "web", HASHED, "web"),
        ("db-0", "StatefulSet", "db", None, "db"),
        ("agent-x", "DaemonSet", "agent", None, "agent"),
        ("backup-28543210-x", "Job", "backup-28543210", None, "backup"),
        ("backup-1712592600-x", "Job", "backup-1712592600", None, "backup"),
        ("migrate-2-x", "Job", "migrate-2", None, "migrate-2"),
        ("kube-proxy-n1", "Node", "n1", None, "kube-proxy"),
        ("alone", None, "", None, "alone"),
        ("ghost", "ReplicaSet", "", None, "ghost"),
        ("custom-1", "Widget", "custom", None, "custom"),
    ],
)
def test_workload_of__follows_the_names_of_controllers(name, kind, owner, labels, expected):
    """Hashes of Deployments and times of CronJobs are cut off, other owners are named as they are."""
    assert workload(name, kind, owner, labels) == expected


@pytest.mark.parametrize("controller", [False, None])
def test_workload_of__other_owners_do_not_count(controller):
    """An owner that does not control the pod does not name its workload."""
    assert workload("web", "ReplicaSet", "other", controller=controller) == "web"
