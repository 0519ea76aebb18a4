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
        self._selecting: dict[int, tuple[Policy, ...]] = {}
        for policy in policies.policies:
            self.policies_of.setdefault(policy.namespace, []).append(policy)
        for pod in self.pods:
            workloads = self.workloads_of.setdefault(pod.namespace or "", {})
            workloads.setdefault(pod.workload or pod.name, []).append(pod)

    def verdict(self, connection: Connection) -> Verdict:
        """Judge against the policies that select one of the two ends only: no other one says anything of them."""
        held = [self.holder.get(address) for address in (connection.source, connection.destination)]
        endpoints = tuple({id(endpoint): endpoint for endpoint in held if endpoint is not None}.values())
        chosen = {id(policy): policy for endpoint in endpoints for policy in self.selecting(endpoint)}
        policies = PolicySet(tuple(chosen.values()), self.policies.opaque)
        namespaces = {endpoint.namespace for endpoint in endpoints if endpoint.namespace is not None}
        world = Inventory(
            namespaces={name: self.inventory.namespaces[name] for name in namespaces},
            endpoints=endpoints,
            pod_networks=self.inventory.pod_networks,
            node_ports=self.inventory.node_ports,
        )
        return evaluate(world, policies, connection).verdict

    def selecting(self, endpoint: Endpoint) -> tuple[Policy, ...]:
        """Return the policies that select an endpoint; none for what is no pod."""
        known = self._selecting.get(id(endpoint))
        if known is None:
            of_namespace = self.policies_of.get(endpoint.namespace or "", ())
            known = tuple(policy for policy in of_namespace if matches(policy.subject, endpoint.labels))
            self._selecting[id(endpoint)] = known
        return known

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
