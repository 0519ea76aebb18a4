"""The oracle with a short way to the policies and pods that matter for one connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.ir.evaluate import evaluate
from auditor.ir.model import Inventory, Kind, PolicySet
from auditor.ir.selectors import matches

if TYPE_CHECKING:
    from auditor.ir.model import Connection, Endpoint, EndpointPeer, Policy, Verdict


class Court:
    """Judges many connections of one cluster.

    Parameters
    ----------
    inventory : Inventory
        The cluster; every address held once.
    policies : PolicySet
        Its policies.
    """

    def __init__(self, inventory: Inventory, policies: PolicySet) -> None:
        self.inventory = inventory
        self.policies = policies
        self.pods = [endpoint for endpoint in inventory.endpoints if endpoint.kind is Kind.POD]
        self.holder = {
            address: endpoint for endpoint in inventory.endpoints for address in endpoint.addresses
        }
        self.policies_of: dict[str, list[Policy]] = {}
        self.workloads_of: dict[str, dict[str, list[Endpoint]]] = {}
        for policy in policies.policies:
            self.policies_of.setdefault(policy.namespace, []).append(policy)
        for pod in self.pods:
            workloads = self.workloads_of.setdefault(pod.namespace or "", {})
            workloads.setdefault(pod.workload or pod.name, []).append(pod)

    def verdict(self, connection: Connection) -> Verdict:
        """Judge against the policies of the two namespaces only: no other policy selects the two ends."""
        held = [self.holder.get(address) for address in (connection.source, connection.destination)]
        endpoints = tuple({id(endpoint): endpoint for endpoint in held if endpoint is not None}.values())
        namespaces = {endpoint.namespace for endpoint in endpoints if endpoint.namespace is not None}
        policies = PolicySet(
            tuple(policy for name in sorted(namespaces) for policy in self.policies_of.get(name, ())),
            self.policies.opaque,
        )
        world = Inventory(
            namespaces={name: self.inventory.namespaces[name] for name in namespaces},
            endpoints=endpoints,
            pod_networks=self.inventory.pod_networks,
            node_ports=self.inventory.node_ports,
        )
        return evaluate(world, policies, connection).verdict

    def chosen(self, peer: EndpointPeer) -> list[list[Endpoint]]:
        """Return the workloads that a peer matches, by the labels of their first pod."""
        if isinstance(peer.namespaces, str):
            namespaces = [peer.namespaces]
        else:
            labels = self.inventory.namespaces
            namespaces = [name for name in self.workloads_of if matches(peer.namespaces, labels[name])]
        return [
            pods
            for name in namespaces
            for pods in self.workloads_of.get(name, {}).values()
            if matches(peer.pods, pods[0].labels)
        ]
