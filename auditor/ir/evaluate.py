"""One connection against all policies, in plain Python: the specification, and the oracle of every test.

Read beside the API text (kubernetes.io "Network Policies" and k8s.io/api networking/v1 ``types.go``). It is written to
be checked by eye, not to be fast, and shares no code with the compiled tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from auditor.ir.model import (
    PORT_PROTOCOLS,
    VERDICT_OF,
    BlockPeer,
    Direction,
    Kind,
    NamedPort,
    Reason,
    Switches,
    Verdict,
)
from auditor.ir.selectors import matches

if TYPE_CHECKING:
    from auditor.ir.model import (
        Address,
        Connection,
        Endpoint,
        EndpointPeer,
        Inventory,
        Network,
        OpaquePolicy,
        Peer,
        Policy,
        PolicySet,
        PortMatch,
        Rule,
    )


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose address it is.

    ``endpoint`` is None for EXTERNAL and UNKNOWN; ``ambiguous`` says that UNKNOWN comes from two owners.
    """

    kind: Kind
    endpoint: Endpoint | None = None
    ambiguous: bool = False


@dataclass(frozen=True, slots=True)
class Side:
    """What one side says: its reason, and the ``rule_id`` if a rule decided."""

    reason: Reason
    rule_id: int | None = None

    @property
    def verdict(self) -> Verdict:
        """The verdict the reason stands for."""
        return VERDICT_OF[self.reason]


@dataclass(frozen=True, slots=True)
class Judgement:
    """Egress at the source and ingress at the destination."""

    egress: Side
    ingress: Side

    @property
    def verdict(self) -> Verdict:
        """DENIED if either side denies, else UNKNOWN if either is unknown, else ALLOWED: both sides must allow."""
        sides = {self.egress.verdict, self.ingress.verdict}
        if Verdict.DENIED in sides:
            return Verdict.DENIED
        return Verdict.UNKNOWN if Verdict.UNKNOWN in sides else Verdict.ALLOWED


def evaluate(
    inventory: Inventory, policies: PolicySet, connection: Connection, switches: Switches | None = None
) -> Judgement:
    """Judge one new connection.

    Parameters
    ----------
    inventory : Inventory
        Who holds which address.
    policies : PolicySet
        What is allowed.
    connection : Connection
        In opening direction, addresses and port as the pods see them (after service translation).
    switches : Switches, optional
        Readings of the API; the defaults if None.

    Returns
    -------
    Judgement
        Both sides with their reasons.
    """
    switches = switches or Switches()
    source = owner_of(inventory, connection.source)
    destination = owner_of(inventory, connection.destination)
    same_pod = source.kind is Kind.POD and source.endpoint is destination.endpoint

    def side(direction: Direction, subject: Owner, peer: Owner) -> Side:
        node_port = destination.kind is Kind.NODE and connection[2:] in inventory.node_ports
        if subject.kind is not Kind.POD:
            at_node_port = node_port and direction is Direction.INGRESS
            return Side(Reason.SERVICE_ADDRESS if at_node_port else _reason_without_pod(subject))
        if same_pod:
            return Side(Reason.SAME_POD)
        if direction is Direction.INGRESS and switches.own_node == "allow" and _is_own_node(subject, peer):
            return Side(Reason.OWN_NODE)
        pod = subject.endpoint
        assert pod is not None
        if opaque_policies(policies, pod):
            return Side(Reason.UNSUPPORTED_POLICY)
        isolating = isolating_policies(policies, pod, direction)
        if not isolating:
            return Side(Reason.NOT_ISOLATED)
        if switches.other_protocols == "ignore" and connection.protocol not in PORT_PROTOCOLS:
            return Side(Reason.PROTOCOL_NOT_JUDGED)
        if node_port and direction is Direction.EGRESS:
            return Side(Reason.SERVICE_ADDRESS)
        if peer.kind in (Kind.SERVICE, Kind.UNKNOWN):
            return Side(_reason_without_pod(peer))
        address = connection.source if direction is Direction.INGRESS else connection.destination
        for rule_id, (policy, rule) in enumerate(policies.rules):
            if (
                policy in isolating
                and rule.direction is direction
                and _is_peer(inventory, rule, address, peer)
                and _is_port(rule, connection, destination)
            ):
                return Side(Reason.ALLOWED_BY_RULE, rule_id)
        return Side(Reason.NO_RULE_MATCHED)

    return Judgement(
        egress=side(Direction.EGRESS, source, destination),
        ingress=side(Direction.INGRESS, destination, source),
    )


def owner_of(inventory: Inventory, address: Address) -> Owner:
    """Return who holds ``address``.

    Two holders make it ambiguous, save that a service standing on a node's address (an external or load-balancer
    address) is the node. Without a holder it is unknown inside the pod networks, external elsewhere.
    """
    holders = [endpoint for endpoint in inventory.endpoints if address in endpoint.addresses]
    if any(holder.kind is Kind.NODE for holder in holders):
        holders = [holder for holder in holders if holder.kind is not Kind.SERVICE]
    if len(holders) == 1:
        return Owner(holders[0].kind, holders[0])
    if holders:
        return Owner(Kind.UNKNOWN, ambiguous=True)
    inside = any(contains(network, address) for network in inventory.pod_networks)
    return Owner(Kind.UNKNOWN if inside else Kind.EXTERNAL)


def isolating_policies(policies: PolicySet, pod: Endpoint, direction: Direction) -> tuple[Policy, ...]:
    """Return the policies of the pod's namespace that select it and list ``direction``."""
    return tuple(
        policy
        for policy in policies.policies
        if policy.namespace == pod.namespace
        and direction in policy.directions
        and matches(policy.subject, pod.labels)
    )


def opaque_policies(policies: PolicySet, pod: Endpoint) -> tuple[OpaquePolicy, ...]:
    """Return the policies nobody understands that could touch ``pod``."""
    return tuple(opaque for opaque in policies.opaque if opaque.namespace in (None, pod.namespace))


def contains(network: Network, address: Address) -> bool:
    """Return whether ``address`` lies in ``network``; never across IP versions."""
    return network.version == address.version and network.first <= address.value <= network.last


def is_peer(inventory: Inventory, peer: Peer, address: Address, owner: Owner) -> bool:
    """Return whether one peer of a rule matches ``address``, held by ``owner``."""
    if isinstance(peer, BlockPeer):
        return contains(peer.network, address) and not any(contains(hole, address) for hole in peer.excepts)
    return owner.kind is Kind.POD and _is_chosen(inventory, peer, owner.endpoint)


def is_port(port: PortMatch, connection: Connection, destination: Owner) -> bool:
    """Return whether one port entry of a rule matches the destination port of ``connection``."""
    if port.protocol != connection.protocol:
        return False
    if isinstance(port, NamedPort):
        declared = destination.endpoint.ports if destination.kind is Kind.POD and destination.endpoint else ()
        return (port.name, port.protocol, connection.port) in declared
    return port.first <= connection.port <= port.last


def _is_chosen(inventory: Inventory, peer: EndpointPeer, pod: Endpoint | None) -> bool:
    assert pod is not None
    assert pod.namespace is not None
    if isinstance(peer.namespaces, str):
        in_namespace = peer.namespaces == pod.namespace
    else:
        in_namespace = matches(peer.namespaces, inventory.namespaces[pod.namespace])
    return in_namespace and matches(peer.pods, pod.labels)


def _is_peer(inventory: Inventory, rule: Rule, address: Address, owner: Owner) -> bool:
    return rule.peers is None or any(is_peer(inventory, peer, address, owner) for peer in rule.peers)


def _is_port(rule: Rule, connection: Connection, destination: Owner) -> bool:
    return rule.ports is None or any(is_port(port, connection, destination) for port in rule.ports)


def _is_own_node(subject: Owner, peer: Owner) -> bool:
    pod, node = subject.endpoint, peer.endpoint
    return peer.kind is Kind.NODE and pod is not None and node is not None and pod.node == node.name


def _reason_without_pod(owner: Owner) -> Reason:
    if owner.kind is Kind.SERVICE:
        return Reason.SERVICE_ADDRESS
    if owner.kind is Kind.UNKNOWN:
        return Reason.AMBIGUOUS_ADDRESS if owner.ambiguous else Reason.UNKNOWN_ADDRESS
    return Reason.NOT_A_POD
