"""Why one connection has its verdict: the deciding rule, or what each rule that did not match lacked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from auditor.ir.address_text import address_text, network_text
from auditor.ir.evaluate import (
    Side,
    contains,
    evaluate,
    is_peer,
    is_port,
    isolating_policies,
    opaque_policies,
    owner_of,
)
from auditor.ir.model import BlockPeer, Direction, Kind, NamedPort, Operator, Reason
from auditor.ir.selectors import meets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from auditor.errors import Origin
    from auditor.ir.evaluate import Judgement, Owner
    from auditor.ir.model import (
        Address,
        Connection,
        EndpointPeer,
        Inventory,
        Peer,
        Policy,
        PolicySet,
        Requirement,
        Rule,
        Selector,
        Switches,
    )

PROTOCOL_NAMES = {1: "ICMP", 6: "TCP", 17: "UDP", 58: "ICMPv6", 132: "SCTP"}


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A rule that did not match.

    Attributes
    ----------
    rule : str
        ``kind/namespace/name:direction[index]``.
    origin : Origin
        Where it is written.
    peer_matches, port_matches : bool
        Which half did match.
    lacks : tuple of str
        What was missing, a sentence each.
    """

    rule: str
    origin: Origin
    peer_matches: bool
    port_matches: bool
    lacks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SideExplanation:
    """One side of a connection.

    Attributes
    ----------
    direction : Direction
        Which side.
    side : Side
        Verdict and reason.
    isolating : tuple of str
        Policies that isolate the subject, ``kind/namespace/name``; if the reason is ``unsupported-policy``, those that
        nobody understands.
    rule : str or None
        The deciding rule.
    origin : Origin or None
        Where the deciding rule is written.
    near_misses : tuple of NearMiss
        The rules that did not match, nearest first, where no rule matched.
    """

    direction: Direction
    side: Side
    isolating: tuple[str, ...]
    rule: str | None
    origin: Origin | None
    near_misses: tuple[NearMiss, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a connection has its verdict.

    Attributes
    ----------
    connection : Connection
        What was asked.
    source, destination : str
        Who holds the addresses, in words.
    judgement : Judgement
        The verdict, and both sides.
    egress, ingress : SideExplanation
        The sides in detail.
    """

    connection: Connection
    source: str
    destination: str
    judgement: Judgement
    egress: SideExplanation
    ingress: SideExplanation


def explain(
    inventory: Inventory, policies: PolicySet, connection: Connection, switches: Switches
) -> Explanation:
    """Explain the verdict on one connection; arguments are those of ``evaluate``."""
    judgement = evaluate(inventory, policies, connection, switches)
    source = owner_of(inventory, connection.source)
    destination = owner_of(inventory, connection.destination)
    explainer = _Explainer(inventory, policies, connection, destination)
    return Explanation(
        connection,
        owner_text(source, connection.source),
        owner_text(destination, connection.destination),
        judgement,
        explainer.side(Direction.EGRESS, judgement.egress, source, destination, connection.destination),
        explainer.side(Direction.INGRESS, judgement.ingress, destination, source, connection.source),
    )


def owner_text(owner: Owner, address: Address) -> str:
    """Return who holds an address, in words."""
    text = address_text(address)
    endpoint = owner.endpoint
    if endpoint is None:
        words = {
            Kind.EXTERNAL: "outside the cluster",
            Kind.UNKNOWN: "held by two" if owner.ambiguous else "inside the pod networks, no pod known",
        }
        return f"{text} ({words[owner.kind]})"
    place = endpoint.name if endpoint.namespace is None else f"{endpoint.namespace}/{endpoint.name}"
    return f"{owner.kind.value} {place} ({text})"


def rule_text(policy: Policy, rule: Rule) -> str:
    """Return ``kind/namespace/name:direction[index]``."""
    return f"{policy.kind}/{policy.namespace}/{policy.name}:{rule.direction.name.lower()}[{rule.index}]"


class _Explainer:
    """Looks at the rules of one connection."""

    def __init__(
        self, inventory: Inventory, policies: PolicySet, connection: Connection, destination: Owner
    ) -> None:
        self._inventory = inventory
        self._policies = policies
        self._connection = connection
        self._destination = destination

    def side(
        self, direction: Direction, side: Side, subject: Owner, peer: Owner, address: Address
    ) -> SideExplanation:
        if subject.kind is not Kind.POD or subject.endpoint is None:
            return SideExplanation(direction, side, (), None, None, ())
        pod = subject.endpoint
        policies = isolating_policies(self._policies, pod, direction)
        names = tuple(f"{policy.kind}/{policy.namespace}/{policy.name}" for policy in policies)
        if side.reason is Reason.UNSUPPORTED_POLICY:
            opaque = opaque_policies(self._policies, pod)
            names = tuple("/".join(filter(None, (each.kind, each.namespace, each.name))) for each in opaque)
        if side.rule_id is not None:
            policy, rule = self._policies.rules[side.rule_id]
            return SideExplanation(direction, side, names, rule_text(policy, rule), rule.origin, ())
        misses: list[NearMiss] = []
        if side.reason is Reason.NO_RULE_MATCHED:
            rules = [
                (policy, rule) for policy in policies for rule in policy.rules if rule.direction is direction
            ]
            misses = [self._miss(policy, rule, address, peer) for policy, rule in rules]
            misses.sort(key=lambda miss: -(miss.peer_matches + miss.port_matches))
        return SideExplanation(direction, side, names, None, None, tuple(misses))

    def _miss(self, policy: Policy, rule: Rule, address: Address, owner: Owner) -> NearMiss:
        peer_matches = rule.peers is None or any(
            is_peer(self._inventory, peer, address, owner) for peer in rule.peers
        )
        port_matches = rule.ports is None or any(
            is_port(port, self._connection, self._destination) for port in rule.ports
        )
        lacks = [] if peer_matches else [self._peer_lack(peer, address, owner) for peer in rule.peers or ()]
        if not port_matches:
            lacks.append(self._port_lack(rule))
        return NearMiss(rule_text(policy, rule), rule.origin, peer_matches, port_matches, tuple(lacks))

    def _port_lack(self, rule: Rule) -> str:
        _, _, protocol, port = self._connection
        allowed = []
        for entry in rule.ports or ():
            name = PROTOCOL_NAMES.get(entry.protocol, str(entry.protocol))
            if isinstance(entry, NamedPort):
                allowed.append(f"`{entry.name}/{name}` as the destination declares it")
            elif (entry.first, entry.last) == (0, 65535):
                allowed.append(f"any {name} port")
            else:
                ports = str(entry.first) if entry.first == entry.last else f"{entry.first}-{entry.last}"
                allowed.append(f"`{ports}/{name}`")
        return f"port `{port}/{PROTOCOL_NAMES.get(protocol, str(protocol))}` is not {' or '.join(allowed)}"

    def _peer_lack(self, peer: Peer, address: Address, owner: Owner) -> str:
        if isinstance(peer, BlockPeer):
            if not contains(peer.network, address):
                return f"`{address_text(address)}` is outside `{network_text(peer.network)}`"
            hole = next(hole for hole in peer.excepts if contains(hole, address))
            return f"`{address_text(address)}` lies in the exception `{network_text(hole)}`"
        if owner.kind is not Kind.POD or owner.endpoint is None:
            return "selectors match pods only, and this address is no pod's"
        return self._label_lack(peer, owner)

    def _label_lack(self, peer: EndpointPeer, owner: Owner) -> str:
        pod = owner.endpoint
        assert pod is not None
        assert pod.namespace is not None
        if isinstance(peer.namespaces, str):
            if peer.namespaces != pod.namespace:
                return f"namespace is `{pod.namespace}`, not `{peer.namespaces}`"
        else:
            labels = self._inventory.namespaces[pod.namespace]
            lack = _first_unmet(peer.namespaces, labels)
            if lack is not None:
                return f"namespace `{pod.namespace}`: {_unmet_text(lack, labels.get(lack.key))}"
        lack = _first_unmet(peer.pods, pod.labels)
        assert lack is not None
        return f"pod `{pod.namespace}/{pod.name}`: {_unmet_text(lack, pod.labels.get(lack.key))}"


def _first_unmet(selector: Selector, labels: Mapping[str, str]) -> Requirement | None:
    return next((each for each in selector.requirements if not meets(each, labels)), None)


def _unmet_text(requirement: Requirement, value: str | None) -> str:
    came = "is absent" if value is None else f"is `{value}`"
    listed = ", ".join(f"`{each}`" for each in requirement.values)
    wanted = {
        Operator.IN: f"expected {listed}" if len(requirement.values) == 1 else f"expected one of {listed}",
        Operator.NOT_IN: f"expected none of {listed}",
        Operator.EXISTS: "expected any value",
        Operator.DOES_NOT_EXIST: "expected no such label",
    }
    return f"label `{requirement.key}` {came}, {wanted[requirement.operator]}"
