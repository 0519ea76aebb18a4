"""The demonstration cluster: nodes, pods and services with addresses, laid out from the catalogue."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from auditor.demo.catalog import DUAL_STACK, N_NODES, WORKLOADS

if TYPE_CHECKING:
    from auditor.demo.catalog import Workload

N_ZONES = 3
NAME_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
"""What Kubernetes makes generated names of: no vowels, nothing that looks alike."""


@dataclass(frozen=True, slots=True)
class Node:
    """A node: its place, name and addresses."""

    place: int
    name: str
    address: str
    pod_cidrs: tuple[str, str]

    @property
    def interface(self) -> str:
        """Return the identifier of its network interface."""
        return f"eni-0{self.place:x}7f3a9c2e41b8d05"


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod; ``template`` is the hash of its ReplicaSet, the number of its Job, or empty."""

    workload: Workload
    name: str
    template: str
    labels: dict[str, str]
    addresses: tuple[str, ...]
    node: Node

    @property
    def is_finished(self) -> bool:
        """Return whether the pod ran to its end, so that its address may belong to another by now."""
        return self.workload.kind == "Job"


@dataclass(frozen=True, slots=True)
class Cluster:
    """Everything that holds an address.

    Attributes
    ----------
    nodes : tuple of Node
        By place.
    pods : tuple of Pod
        Finished ones and those on the host network among them.
    service_addresses : dict of str to str
        Cluster address by ``namespace/name`` of the workload, where it has ports and a number of pods.
    """

    nodes: tuple[Node, ...]
    pods: tuple[Pod, ...]
    service_addresses: dict[str, str]

    def reachable(self, key: str) -> tuple[Pod, ...]:
        """Return the running pods off the host network, of a workload or of a namespace (``namespace/*``)."""
        namespace, _, name = key.partition("/")
        return tuple(
            pod
            for pod in self.pods
            if pod.workload.namespace == namespace
            and name in {"*", pod.workload.name}
            and not pod.is_finished
            and not pod.workload.is_on_host
        )


def make_cluster(seed: int) -> Cluster:
    """Lay out the catalogue.

    Parameters
    ----------
    seed : int
        Decides generated names and which node a pod runs on.

    Returns
    -------
    Cluster
        The same for the same seed.
    """
    rng = random.Random(seed)
    nodes = tuple(_node(place) for place in range(N_NODES))
    used = [0] * N_NODES
    pods: list[Pod] = []
    for workload in WORKLOADS:
        template = _template(workload, rng)
        first = rng.randrange(N_NODES)
        for place in range(workload.n_pods or N_NODES):
            node = nodes[(first + place) % N_NODES]
            if workload.kind == "Job":
                # The address went to the pod that came after it on the same node.
                addresses = next(
                    pod.addresses for pod in pods if pod.node is node and not pod.workload.is_on_host
                )
            elif workload.is_on_host:
                addresses = (node.address,)
            else:
                used[node.place] += 1
                addresses = _addresses(node, used[node.place] + 9, workload)
            pods.append(
                Pod(
                    workload,
                    _pod_name(workload, template, place, rng),
                    template,
                    _labels(workload, template),
                    addresses,
                    node,
                )
            )
    listening = [workload for workload in WORKLOADS if workload.ports and workload.n_pods]
    services = {
        workload.key: f"10.96.{place // 200}.{place % 200 + 10}" for place, workload in enumerate(listening)
    }
    return Cluster(nodes, tuple(pods), services)


def _node(place: int) -> Node:
    return Node(
        place,
        f"ip-10-0-{place % N_ZONES}-{20 + place}.ec2.internal",
        f"10.0.{place % N_ZONES}.{20 + place}",
        (f"10.244.{place}.0/24", f"fd00:10:244:{place:x}::/64"),
    )


def _addresses(node: Node, host: int, workload: Workload) -> tuple[str, ...]:
    v4 = f"10.244.{node.place}.{host}"
    return (v4, f"fd00:10:244:{node.place:x}::{host:x}") if workload.namespace == DUAL_STACK else (v4,)


def _letters(rng: random.Random, count: int) -> str:
    return "".join(rng.choices(NAME_LETTERS, k=count))


def _template(workload: Workload, rng: random.Random) -> str:
    if workload.kind == "Deployment":
        return _letters(rng, 10)
    return "29460480" if workload.kind == "Job" else ""


def _pod_name(workload: Workload, template: str, place: int, rng: random.Random) -> str:
    if workload.kind == "StatefulSet":
        return f"{workload.name}-{place}"
    parts = (workload.name, template, _letters(rng, 5))
    return "-".join(part for part in parts if part)


def _labels(workload: Workload, template: str) -> dict[str, str]:
    labels = dict(workload.labels or {"app": workload.name})
    if workload.tier:
        labels["tier"] = workload.tier
    if workload.kind == "Deployment":
        labels["pod-template-hash"] = template
    if workload.kind == "Job":
        labels["job-name"] = f"{workload.name}-{template}"
    return labels
