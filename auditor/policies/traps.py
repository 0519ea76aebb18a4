"""What is valid in one NetworkPolicy and yet hardly meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.errors import Problem
from auditor.ir.model import Direction
from auditor.policies.lower import lower_directions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.policies.kubernetes import Cidr, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyRule

_PEERS_FIELD = {"ingress": "from", "egress": "to"}


def find_traps(policy: NetworkPolicy) -> Iterator[Problem]:
    """Say what in a valid policy is read otherwise than it looks.

    Parameters
    ----------
    policy : NetworkPolicy
        A validated document.

    Yields
    ------
    Problem
        A warning and its place.
    """
    yield from _isolation(policy)
    for name, rules in (("ingress", policy.ingress), ("egress", policy.egress)):
        for rule in rules or ():
            yield from _rule(rule, _PEERS_FIELD[name])


def _isolation(policy: NetworkPolicy) -> Iterator[Problem]:
    written = policy.written
    if "spec" not in written:
        yield Problem(
            "a policy without `spec` denies all ingress of every pod of its namespace", policy.origin
        )
    if "egress" in written and not policy.egress and not policy.policy_types:
        yield Problem(
            "`egress` without a rule does not isolate egress; `policyTypes: [Ingress, Egress]` denies it",
            written["egress"],
        )
    directions = lower_directions(policy)
    for name, rules, direction in (
        ("ingress", policy.ingress, Direction.INGRESS),
        ("egress", policy.egress, Direction.EGRESS),
    ):
        if rules and direction not in directions:
            yield Problem(
                f"rules of `{name}` have no effect, as `policyTypes` does not list `{name.capitalize()}`",
                written[name],
            )


def _rule(rule: NetworkPolicyRule, peers_field: str) -> Iterator[Problem]:
    for index, peer in enumerate(rule.peers or ()):
        if peer.ip_block is None:
            continue
        for cidr in (peer.ip_block.cidr, *(peer.ip_block.excepts or ())):
            if cidr.reading is not None:
                yield Problem(f"CIDR block `{cidr.text}` is read as `{cidr.reading}`", cidr.origin)
        for hole in peer.ip_block.excepts or ():
            other = _allowing(rule, index, hole)
            if other is not None:
                place = f"{peers_field}[{other[0]}]"
                again = f"`{other[1].text}` in `{place}` allows it again"
                yield Problem(f"`except` of `{hole.text}` keeps nobody out: {again}", hole.origin)


def _allowing(rule: NetworkPolicyRule, index: int, hole: Cidr) -> tuple[int, Cidr] | None:
    """Return another peer of the same rule whose block allows some of the addresses of ``hole``."""
    for other, peer in enumerate(rule.peers or ()):
        if other != index and peer.ip_block is not None and _allows_some(peer, hole):
            return other, peer.ip_block.cidr
    return None


def _allows_some(peer: NetworkPolicyPeer, hole: Cidr) -> bool:
    """Return whether a block shares addresses with ``hole`` that its own exceptions leave in."""
    block = peer.ip_block
    if block is None or block.cidr.network.version != hole.network.version:
        return False
    first = max(block.cidr.network.first, hole.network.first)
    last = min(block.cidr.network.last, hole.network.last)
    for other in sorted(other.network for other in block.excepts or ()):
        if other.first <= first:
            first = max(first, other.last + 1)
    return first <= last
