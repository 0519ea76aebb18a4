"""Objects of ``auditor.ir`` as the Kubernetes documents that mean them."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from auditor.ir.model import (
    SCTP,
    TCP,
    UDP,
    Address,
    BlockPeer,
    Direction,
    Kind,
    NamedPort,
    Operator,
    Selector,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.ir.model import Endpoint, Inventory, Network, Peer, Policy, PortMatch, Rule

PROTOCOLS = {TCP: "TCP", UDP: "UDP", SCTP: "SCTP"}
NAME_LABEL = "kubernetes.io/metadata.name"
SIDES = {Direction.INGRESS: ("ingress", "from"), Direction.EGRESS: ("egress", "to")}


def policy_document(policy: Policy) -> dict[str, Any]:
    """Return the NetworkPolicy that means ``policy``."""
    spec: dict[str, Any] = {
        "podSelector": _selector(policy.subject),
        "policyTypes": [side.name.capitalize() for side in sorted(policy.directions)],
    }
    for direction in sorted(policy.directions):
        field, peers = SIDES[direction]
        rules = [rule for rule in policy.rules if rule.direction is direction]
        if rules:
            spec[field] = [_rule(rule, peers) for rule in rules]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": policy.name, "namespace": policy.namespace},
        "spec": spec,
    }


def inventory_document(inventory: Inventory) -> dict[str, Any]:
    """Return the ``v1.List`` that means ``inventory``; extra objects carry node ports and pod networks."""
    objects = [*_namespaces(inventory), *map(_object, inventory.endpoints), *_shared(inventory)]
    return {"apiVersion": "v1", "kind": "List", "items": objects}


def _rule(rule: Rule, peers: str) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if rule.peers is not None:
        made[peers] = [_peer(peer) for peer in rule.peers]
    if rule.ports is not None:
        made["ports"] = [_port(port) for port in rule.ports]
    return made


def _peer(peer: Peer) -> dict[str, Any]:
    if isinstance(peer, BlockPeer):
        block: dict[str, Any] = {"cidr": _cidr(peer.network)}
        if peer.excepts:
            block["except"] = [_cidr(hole) for hole in peer.excepts]
        return {"ipBlock": block}
    made = {"podSelector": _selector(peer.pods)}
    if isinstance(peer.namespaces, Selector):
        made["namespaceSelector"] = _selector(peer.namespaces)
    else:
        made["namespaceSelector"] = {"matchLabels": {NAME_LABEL: peer.namespaces}}
    return made


def _port(port: PortMatch) -> dict[str, Any]:
    protocol = PROTOCOLS[port.protocol]
    if isinstance(port, NamedPort):
        return {"protocol": protocol, "port": port.name}
    made: dict[str, Any] = {"protocol": protocol, "port": port.first}
    return made if port.last == port.first else made | {"endPort": port.last}


def _selector(selector: Selector) -> dict[str, Any]:
    expressions = []
    for requirement in selector.requirements:
        made: dict[str, Any] = {"key": requirement.key, "operator": str(requirement.operator)}
        if requirement.operator in {Operator.IN, Operator.NOT_IN}:
            made["values"] = list(requirement.values)
        expressions.append(made)
    return {"matchExpressions": expressions} if expressions else {}


def _namespaces(inventory: Inventory) -> Iterator[dict[str, Any]]:
    for name, labels in inventory.namespaces.items():
        yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": dict(labels)}}


def _object(endpoint: Endpoint) -> dict[str, Any]:
    texts = [_text(address) for address in endpoint.addresses]
    metadata: dict[str, Any] = {"name": endpoint.name, "labels": dict(endpoint.labels)}
    if endpoint.namespace is not None:
        metadata["namespace"] = endpoint.namespace
    if endpoint.kind is Kind.NODE:
        status: dict[str, Any] = {"addresses": [{"type": "InternalIP", "address": text} for text in texts]}
        return {"apiVersion": "v1", "kind": "Node", "metadata": metadata, "status": status}
    if endpoint.kind is Kind.SERVICE:
        spec: dict[str, Any] = {"type": "ClusterIP", "clusterIP": texts[0], "clusterIPs": texts}
        return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}
    metadata["ownerReferences"] = [{"kind": "StatefulSet", "name": endpoint.workload, "controller": True}]
    ports = [
        {"name": port.name, "containerPort": port.number, "protocol": PROTOCOLS[port.protocol]}
        for port in endpoint.ports
    ]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": {"nodeName": endpoint.node, "containers": [{"name": "main", "ports": ports}]},
        "status": {"phase": "Running", "podIP": texts[0], "podIPs": [{"ip": text} for text in texts]},
    }


def _shared(inventory: Inventory) -> Iterator[dict[str, Any]]:
    ports = [
        {"port": port, "nodePort": port, "protocol": PROTOCOLS[protocol]}
        for protocol, port in sorted(inventory.node_ports)
    ]
    first = next(iter(inventory.namespaces))
    metadata = {"name": "node-ports", "namespace": first}
    # Headless: it stands for no address of its own.
    yield {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata,
        "spec": {"type": "NodePort", "clusterIP": "None", "ports": ports},
    }
    for place, network in enumerate(inventory.pod_networks):
        yield {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": f"pod-network-{place}"},
            "spec": {"podCIDR": _cidr(network)},
        }


def _text(address: Address) -> str:
    kind = ipaddress.IPv4Address if address.version == 4 else ipaddress.IPv6Address
    return str(kind(address.value))


def _cidr(network: Network) -> str:
    length = (32 if network.version == 4 else 128) - (network.last - network.first).bit_length()
    return f"{_text(Address(network.version, network.first))}/{length}"
