"""A rule of a policy in one English sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.ir.address_text import network_text
from auditor.ir.model import (
    LAST_PORT,
    BlockPeer,
    Direction,
    NamedPort,
    Operator,
)
from auditor.report.schema import DIRECTION_NAMES, PROTOCOL_NAMES

if TYPE_CHECKING:
    from auditor.ir.model import Peer, Policy, PortMatch, Requirement, Rule, Selector


def rule_in_words(policy: Policy, rule: Rule) -> str:
    """Return what ``rule`` allows.

    For example: allows ingress to every pod in namespace `web` from 10.0.0.0/8 on TCP 80.

    Parameters
    ----------
    policy : Policy
        Whose subject the rule speaks about.
    rule : Rule
        One of its rules.
    """
    subject = _pods(policy.subject, policy.namespace)
    peers = _peers(rule.peers)
    is_ingress = rule.direction is Direction.INGRESS
    ends = f"to {subject} from {peers}" if is_ingress else f"from {subject} to {peers}"
    return f"allows {DIRECTION_NAMES[rule.direction]} {ends} on {_ports(rule.ports)}"


def _peers(peers: tuple[Peer, ...] | None) -> str:
    if peers is None:
        return "anywhere"
    return _either([_peer(peer) for peer in peers]) if peers else "nowhere"


def _peer(peer: Peer) -> str:
    if isinstance(peer, BlockPeer):
        holes = " and ".join(map(network_text, peer.excepts))
        return network_text(peer.network) + (f" except {holes}" if holes else "")
    return _pods(peer.pods, peer.namespaces)


def _pods(pods: Selector, namespaces: str | Selector) -> str:
    chosen = f"pods where {_selector(pods)}" if pods.requirements else "every pod"
    if isinstance(namespaces, str):
        return f"{chosen} in namespace `{namespaces}`"
    if not namespaces.requirements:
        return f"{chosen} in any namespace"
    return f"{chosen} in namespaces where {_selector(namespaces)}"


def _selector(selector: Selector) -> str:
    return " and ".join([f"`{_requirement(requirement)}`" for requirement in selector.requirements])


def _requirement(requirement: Requirement) -> str:
    key, values = requirement.key, ", ".join(requirement.values)
    match requirement.operator:
        case Operator.IN:
            return f"{key}={values}" if len(requirement.values) == 1 else f"{key} in ({values})"
        case Operator.NOT_IN:
            return f"{key} not in ({values})"
        case Operator.EXISTS:
            return f"{key} exists"
        case Operator.DOES_NOT_EXIST:
            return f"{key} absent"


def _ports(ports: tuple[PortMatch, ...] | None) -> str:
    if ports is None:
        return "every port"
    return _either([_port(port) for port in ports]) if ports else "no port"


def _port(port: PortMatch) -> str:
    protocol = PROTOCOL_NAMES[port.protocol]
    if isinstance(port, NamedPort):
        return f"{protocol} port `{port.name}`"
    if port.first <= 1 and port.last == LAST_PORT:
        return f"every {protocol} port"
    return f"{protocol} {port.first}" if port.first == port.last else f"{protocol} {port.first}-{port.last}"


def _either(alternatives: list[str]) -> str:
    *others, last = alternatives
    return f"{', '.join(others)} or {last}" if others else last
