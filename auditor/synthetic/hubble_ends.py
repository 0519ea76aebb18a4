"""The two ends of a Hubble event as JSON: a pod with its labels, a node, or the world outside."""

from __future__ import annotations

import json
import random
from typing import Any

LABELS = (
    "app.kubernetes.io/component=server",
    "app.kubernetes.io/instance=release-7",
    "app.kubernetes.io/managed-by=Helm",
    "app.kubernetes.io/part-of=platform",
    "helm.sh/chart=service-4.12.1",
    "pod-template-hash=7bf8c9648f",
    "topology.kubernetes.io/region=us-east-1",
    "version=v2",
)
TIERS = ("frontend", "backend", "cache", "db")
KINDS = ("Deployment", "StatefulSet", "DaemonSet")


def end_json(place: int, text: str, *, is_local: bool, is_sorted: bool, is_masked: bool) -> bytes:
    """Return what stands under ``source`` or ``destination`` for an address.

    Parameters
    ----------
    place : int
        Of the address; the same place is the same pod in every event.
    text : str
        The address.
    is_local : bool
        Whether it has an endpoint on the reporting node, and so an ``ID``.
    is_sorted : bool
        Whether keys are in alphabetical order.
    is_masked : bool
        Whether a field mask left the names only.
    """
    if text.startswith("10.0.") or ":db8:" in text:
        fields: dict[str, Any] = {"identity": 6, "labels": ["reserved:remote-node"]}
    elif text.startswith(("10.", "fd")):
        fields = _pod(place, is_local=is_local)
    else:
        labels = [f"cidr:{text}/32", "reserved:world"] if place % 3 else ["reserved:world"]
        fields = {"identity": 16_777_217 + place, "labels": labels}
    if is_masked:
        fields = {name: fields[name] for name in ("namespace", "pod_name") if name in fields}
    return json.dumps(fields, separators=(",", ":"), sort_keys=is_sorted).encode()


def _pod(place: int, *, is_local: bool) -> dict[str, Any]:
    rng = random.Random(place)
    namespace, tier = f"ns-{place % 97:04d}", TIERS[place % len(TIERS)]
    workload = f"{tier}-{place // 10:05d}"
    own = rng.sample(LABELS, min(rng.randint(0, 7) for _ in range(4)))
    labels = [
        f"k8s:app={workload}",
        f"k8s:io.cilium.k8s.namespace.labels.kubernetes.io/metadata.name={namespace}",
        "k8s:io.cilium.k8s.policy.cluster=default",
        f"k8s:io.cilium.k8s.policy.serviceaccount={tier}",
        f"k8s:io.kubernetes.pod.namespace={namespace}",
        *(f"k8s:{label}" for label in own),
    ]
    identity = {"ID": place % 4_000 + 1} if is_local else {}
    return {
        **identity,
        "identity": 256 + place % 60_000,
        "cluster_name": "default",
        "namespace": namespace,
        "labels": sorted(labels)[:12],
        "pod_name": f"{workload}-7bf8c9648f-{place:05x}",
        "workloads": [{"name": workload, "kind": KINDS[place % 7 % len(KINDS)]}],
    }
