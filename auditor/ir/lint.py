"""What in the policies has no effect on this cluster, or another than it seems.

Nothing here changes a verdict. Traps inside one document are left to the reader of documents, and what
plugins do otherwise to their table.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from auditor.errors import Origin, Problem
from auditor.ir.model import BlockPeer, Direction, Kind, NamedPort, Network
from auditor.ir.selectors import matches

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from auditor.ir.model import Endpoint, EndpointPeer, Inventory, Peer, Policy, PolicySet, Rule, Selector

_PROTOCOLS = {6: "TCP", 17: "UDP", 132: "SCTP"}
_WORLDS = {4: Network(4, 0, (1 << 32) - 1), 6: Network(6, 0, (1 << 128) - 1)}
_PEERS_FIELD = {Direction.INGRESS: "from", Direction.EGRESS: "to"}


def lint(policies: PolicySet, inventory: Inventory | None = None) -> tuple[Problem, ...]:
    """Find what has no effect.

    Parameters
    ----------
    policies : PolicySet
        What is allowed.
    inventory : Inventory, optional
        The cluster they are for; without it, only what the policies show by themselves is found.

    Returns
    -------
    tuple of Problem
        Warnings in the order of the policies.
    """
    cluster = None if inventory is None else _Cluster(inventory)
    problems: list[Problem] = []
    for policy in policies.policies:
        problems.extend(_repeated_rules(policy))
        if cluster is not None:
            problems.extend(_against(cluster, policy))
    return tuple(problems)


def _repeated_rules(policy: Policy) -> Iterator[Problem]:
    first: dict[tuple[object, ...], Rule] = {}
    for rule in policy.rules:
        earlier = first.setdefault((rule.direction, rule.peers, rule.ports), rule)
        if earlier is not rule:
            name = f"{rule.direction.name.lower()}[{earlier.index}]"
            yield Problem(f"rule repeats `{name}` of the same policy", rule.origin)


class _Cluster:
    """An inventory with the look-ups a lint repeats."""

    def __init__(self, inventory: Inventory) -> None:
        self.namespaces = inventory.namespaces
        self.pods: dict[str, list[Endpoint]] = {}
        self.owners: list[tuple[int, int, Endpoint]] = []
        for endpoint in inventory.endpoints:
            if endpoint.kind is Kind.POD and endpoint.namespace is not None:
                self.pods.setdefault(endpoint.namespace, []).append(endpoint)
                self.owners.extend((at.version, at.value, endpoint) for at in endpoint.addresses)
        self.owners.sort(key=_address)
        self._chosen: dict[tuple[str | Selector, Selector], Sequence[Endpoint]] = {}
        self._covered: dict[BlockPeer, list[Endpoint]] = {}
        self._matching: dict[Selector, tuple[str, ...]] = {}

    def matching(self, selector: Selector) -> tuple[str, ...]:
        """Return the names of the namespaces that ``selector`` matches."""
        if selector not in self._matching:
            found = (name for name, labels in self.namespaces.items() if matches(selector, labels))
            self._matching[selector] = tuple(found)
        return self._matching[selector]

    def chosen(self, namespaces: str | Selector, pods: Selector) -> Sequence[Endpoint]:
        """Return the pods that match in those namespaces."""
        key = (namespaces, pods)
        if key not in self._chosen:
            names = (namespaces,) if isinstance(namespaces, str) else self.matching(namespaces)
            inside = (pod for name in names for pod in self.pods.get(name, ()))
            self._chosen[key] = [pod for pod in inside if matches(pods, pod.labels)]
        return self._chosen[key]

    def covered(self, block: BlockPeer) -> list[Endpoint]:
        """Return the pods with an address in a block and outside its exceptions."""
        if block not in self._covered:
            version, first, last = block.network
            start = bisect_left(self.owners, (version, first), key=_address)
            end = bisect_right(self.owners, (version, last), key=_address)
            found = {
                id(pod): pod
                for _, value, pod in self.owners[start:end]
                if not any(hole.first <= value <= hole.last for hole in block.excepts)
            }
            self._covered[block] = list(found.values())
        return self._covered[block]


def _address(owner: tuple[int, int, Endpoint]) -> tuple[int, int]:
    return owner[:2]


def _against(cluster: _Cluster, policy: Policy) -> Iterator[Problem]:
    if policy.namespace not in cluster.namespaces:
        yield Problem(f"namespace `{policy.namespace}` is not in the inventory", policy.origin)
        return
    subjects = cluster.chosen(policy.namespace, policy.subject)
    if not subjects:
        yield Problem(f"policy `{policy.namespace}/{policy.name}` selects no pod", policy.origin)
    for rule in policy.rules:
        for index, peer in enumerate(rule.peers or ()):
            place = _below(rule, f"{_PEERS_FIELD[rule.direction]}[{index}]")
            yield from _unmatched_peer(cluster, peer, place)
        if subjects:
            yield from _undeclared_ports(cluster, rule, subjects)


def _unmatched_peer(cluster: _Cluster, peer: Peer, place: Origin) -> Iterator[Problem]:
    if isinstance(peer, BlockPeer):
        # Blocks of every address are how "anybody" is written: no one means pods alone by them.
        n_pods = 0 if peer.network == _WORLDS[peer.network.version] else len(cluster.covered(peer))
        if n_pods:
            what = f"ipBlock covers addresses of `{n_pods}` pod{'s' if n_pods > 1 else ''}"
            yield Problem(f"{what}; some plugins match only addresses outside of the cluster", place)
    elif not isinstance(peer.namespaces, str) and not cluster.matching(peer.namespaces):
        yield Problem("peer selects no namespace", place)
    elif not cluster.chosen(peer.namespaces, peer.pods):
        yield Problem("peer selects no pod", place)


def _undeclared_ports(cluster: _Cluster, rule: Rule, subjects: Sequence[Endpoint]) -> Iterator[Problem]:
    """Find named ports that no destination declares: of ingress the subjects, of egress the peers."""
    named = [(index, port) for index, port in enumerate(rule.ports or ()) if isinstance(port, NamedPort)]
    if not named:
        return
    destinations = subjects if rule.direction is Direction.INGRESS else _peer_pods(cluster, rule)
    declared = {(port.name, port.protocol) for pod in destinations for port in pod.ports}
    who = "the policy selects" if rule.direction is Direction.INGRESS else "the rule reaches"
    for index, port in named:
        if (port.name, port.protocol) not in declared:
            what = f"`{port.name}` for {_PROTOCOLS[port.protocol]}"
            yield Problem(f"no pod that {who} declares port {what}", _below(rule, f"ports[{index}]"))


def _peer_pods(cluster: _Cluster, rule: Rule) -> list[Endpoint]:
    if rule.peers is None:
        return [pod for pods in cluster.pods.values() for pod in pods]
    found: list[Endpoint] = []
    for peer in rule.peers:
        found.extend(cluster.covered(peer) if isinstance(peer, BlockPeer) else _chosen_by(cluster, peer))
    return found


def _chosen_by(cluster: _Cluster, peer: EndpointPeer) -> Sequence[Endpoint]:
    return cluster.chosen(peer.namespaces, peer.pods)


def _below(rule: Rule, step: str) -> Origin:
    """Return the place of a part of a rule, as far as the line of the rule tells it."""
    origin = rule.origin
    path = None if origin.path is None else f"{origin.path}.{step}"
    return Origin(origin.file, origin.document, origin.line, path)
