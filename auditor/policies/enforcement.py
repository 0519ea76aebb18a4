"""What of the policies a plugin will not enforce as written."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

from auditor.errors import Problem
from auditor.ir.model import Direction, Kind
from auditor.policies.lower import lower_directions
from auditor.policies.plugins import Pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from auditor.errors import Origin
    from auditor.ir.model import Inventory, Network
    from auditor.policies.kubernetes import (
        IPBlock,
        LabelSelector,
        NetworkPolicy,
        NetworkPolicyPeer,
        NetworkPolicyRule,
    )
    from auditor.policies.plugins import Plugin

_NEGATIVE = ("NotIn", "DoesNotExist")
_IPV6 = 6


class _Sighting(NamedTuple):
    pattern: Pattern
    origin: Origin


def find_unenforced(
    plugin: Plugin, policies: Iterable[NetworkPolicy], inventory: Inventory | None = None
) -> tuple[Problem, ...]:
    """Say what ``plugin`` will not enforce as written.

    Parameters
    ----------
    plugin : Plugin
        The plugin of the cluster.
    policies : iterable of NetworkPolicy
        Validated documents.
    inventory : Inventory, optional
        Whose pods and nodes blocks may cover; without it that is not looked for.

    Returns
    -------
    tuple of Problem
        A warning for each row of the plugin's table that a place in a policy meets. Rules of a direction that
        policyTypes leaves out are not looked at.
    """
    covered = _addresses(inventory) if inventory is not None else ()
    rows = {row.pattern: row for row in plugin.deviations}
    problems = []
    for policy in policies:
        for sighting in dict.fromkeys(_sightings(policy, covered)):
            if row := rows.get(sighting.pattern):
                sentence = f"{row.pattern}: {plugin.title} {row.consequence}, as {row.reason} ({row.source})"
                problems.append(Problem(sentence, sighting.origin))
    return tuple(problems)


def _sightings(policy: NetworkPolicy, covered: Sequence[tuple[int, int]]) -> Iterator[_Sighting]:
    yield from _of_selector(policy.pod_selector, policy.origin)
    directions = lower_directions(policy)
    if Direction.EGRESS in directions:
        yield _Sighting(Pattern.EGRESS, policy.written.get("egress", policy.origin))
    for direction, rules in ((Direction.INGRESS, policy.ingress), (Direction.EGRESS, policy.egress)):
        for rule in (rules or ()) if direction in directions else ():
            yield from _of_ports(rule, direction)
            for peer in rule.peers or ():
                yield from _of_selector(peer.pod_selector, peer.origin)
                yield from _of_selector(peer.namespace_selector, peer.origin)
                if peer.ip_block is not None:
                    yield from _of_block(peer.ip_block, peer, rule, direction)
                    if _covers(peer.ip_block.cidr.network, covered):
                        yield _Sighting(Pattern.BLOCK_OVER_PODS, peer.ip_block.cidr.origin)


def _of_selector(selector: LabelSelector | None, origin: Origin) -> Iterator[_Sighting]:
    expressions = (selector.match_expressions if selector else None) or ()
    if expressions:
        yield _Sighting(Pattern.EXPRESSIONS, origin)
    if any(expression.operator in _NEGATIVE for expression in expressions):
        yield _Sighting(Pattern.NEGATIVE_EXPRESSIONS, origin)


def _of_ports(rule: NetworkPolicyRule, direction: Direction) -> Iterator[_Sighting]:
    for port in rule.ports or ():
        if port.end_port is not None:
            yield _Sighting(Pattern.END_PORT, port.origin)
        if port.protocol == "SCTP":
            yield _Sighting(Pattern.SCTP, port.origin)
        if isinstance(port.port, str):
            yield _Sighting(Pattern.NAMED_PORT, port.origin)
            if direction is Direction.EGRESS and not rule.peers:
                yield _Sighting(Pattern.NAMED_EGRESS_PORT_WITHOUT_PEERS, port.origin)


def _of_block(
    block: IPBlock, peer: NetworkPolicyPeer, rule: NetworkPolicyRule, direction: Direction
) -> Iterator[_Sighting]:
    yield _Sighting(Pattern.BLOCK, block.cidr.origin)
    if block.cidr.network.version == _IPV6:
        yield _Sighting(Pattern.IPV6_BLOCK, block.cidr.origin)
    has_neighbour = any(other.ip_block is not None for other in rule.peers or () if other is not peer)
    for hole in block.excepts or ():
        yield _Sighting(Pattern.EXCEPT, hole.origin)
        if direction is Direction.EGRESS:
            yield _Sighting(Pattern.EGRESS_EXCEPT, hole.origin)
        if has_neighbour:
            yield _Sighting(Pattern.EXCEPT_BESIDE_BLOCK, hole.origin)


def _addresses(inventory: Inventory) -> tuple[tuple[int, int], ...]:
    """Return (version, value) of every address of a pod or node."""
    return tuple(
        sorted(
            (address.version, address.value)
            for endpoint in inventory.endpoints
            if endpoint.kind in (Kind.POD, Kind.NODE)
            for address in endpoint.addresses
        )
    )


def _covers(network: Network, covered: Sequence[tuple[int, int]]) -> bool:
    place = bisect_left(covered, (network.version, network.first))
    return place < len(covered) and covered[place] <= (network.version, network.last)
