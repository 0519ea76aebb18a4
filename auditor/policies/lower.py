"""A validated document to its meaning. Every default of the API is decided here and nowhere else.

Defaults: k8s.io/kubernetes ``pkg/apis/networking/v1/defaults.go``; meaning of absent and empty: comments in
k8s.io/api ``networking/v1/types.go``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.ir.model import (
    EVERYTHING,
    LAST_PORT,
    SCTP,
    TCP,
    UDP,
    BlockPeer,
    Direction,
    EndpointPeer,
    NamedPort,
    Operator,
    Policy,
    PortRange,
    Requirement,
    Rule,
    Selector,
)
from auditor.policies.kubernetes import KIND

if TYPE_CHECKING:
    from auditor.ir.model import Peer, PortMatch
    from auditor.policies.kubernetes import (
        LabelSelector,
        NetworkPolicy,
        NetworkPolicyPeer,
        NetworkPolicyPort,
        NetworkPolicyRule,
    )

DEFAULT_NAMESPACE = "default"
"""Where an object without a namespace lands when its file is applied as it is."""

_PROTOCOLS = {"TCP": TCP, "UDP": UDP, "SCTP": SCTP}
_DIRECTIONS = {"Ingress": Direction.INGRESS, "Egress": Direction.EGRESS}


def lower(policy: NetworkPolicy) -> Policy:
    """Return what ``policy`` means.

    Parameters
    ----------
    policy : NetworkPolicy
        A validated document.

    Returns
    -------
    Policy
        With every default applied, and without the rules of directions it does not list.
    """
    namespace = policy.namespace or DEFAULT_NAMESPACE
    directions = lower_directions(policy)
    rules = [
        _rule(rule, direction, index, namespace)
        for direction, written in ((Direction.INGRESS, policy.ingress), (Direction.EGRESS, policy.egress))
        # Rules of a direction that policyTypes leaves out have no effect.
        if direction in directions
        for index, rule in enumerate(written or ())
    ]
    return Policy(
        kind=KIND,
        namespace=namespace,
        name=policy.name,
        subject=_selector(policy.pod_selector),
        directions=directions,
        rules=tuple(rules),
        origin=policy.origin,
    )


def lower_directions(policy: NetworkPolicy) -> frozenset[Direction]:
    """Return the directions a policy isolates for.

    Without policyTypes, absent or empty, that is ingress, and egress if there is at least one egress rule:
    an empty ``egress`` list does not isolate.
    """
    if policy.policy_types:
        return frozenset(_DIRECTIONS[name] for name in policy.policy_types)
    return frozenset(Direction) if policy.egress else frozenset((Direction.INGRESS,))


def _rule(rule: NetworkPolicyRule, direction: Direction, index: int, namespace: str) -> Rule:
    """Lower one rule; an absent and an empty list both mean everybody, or every port of every protocol."""
    peers = tuple(_peer(peer, namespace) for peer in rule.peers) if rule.peers else None
    ports = tuple(_port(port) for port in rule.ports) if rule.ports else None
    return Rule(direction, index, peers, ports, rule.origin)


def _peer(peer: NetworkPolicyPeer, namespace: str) -> Peer:
    """Lower one peer; a pod selector without a namespace selector means the policy's own namespace."""
    if peer.ip_block is not None:
        holes = peer.ip_block.excepts or ()
        return BlockPeer(peer.ip_block.cidr.network, tuple(hole.network for hole in holes))
    namespaces = namespace if peer.namespace_selector is None else _selector(peer.namespace_selector)
    return EndpointPeer(namespaces, _selector(peer.pod_selector))


def _port(port: NetworkPolicyPort) -> PortMatch:
    """Lower one port entry; the protocol is TCP unless written, also where no port is."""
    protocol = _PROTOCOLS[port.protocol or "TCP"]
    match port.port:
        case None:
            return PortRange(protocol, 0, LAST_PORT)
        case int(first):
            return PortRange(protocol, first, first if port.end_port is None else port.end_port)
        case name:
            return NamedPort(protocol, name)


def _selector(selector: LabelSelector | None) -> Selector:
    """Lower a selector in canonical order; where it may be absent, absent is everything, as is empty."""
    if selector is None:
        return EVERYTHING
    requirements = {
        Requirement(key, Operator.IN, (value,)) for key, value in (selector.match_labels or {}).items()
    }
    for expression in selector.match_expressions or ():
        values = tuple(sorted(set(expression.values or ())))
        requirements.add(Requirement(expression.key, Operator(expression.operator), values))
    return Selector(tuple(sorted(requirements, key=_order)))


def _order(requirement: Requirement) -> tuple[str, str, tuple[str, ...]]:
    return (requirement.key, requirement.operator.value, requirement.values)
