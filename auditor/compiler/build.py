"""Policies and inventory to a TableSet: every compile stage, in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from auditor.compiler.decisions import DecisionBuilder, Start
from auditor.compiler.endpoints import Groups
from auditor.compiler.findings import finding_table, side_verdict_table
from auditor.compiler.fingerprint import fingerprint
from auditor.compiler.intervals import Intervals
from auditor.compiler.names import isolating_texts, rule_texts, slot_names
from auditor.compiler.peers import PeerTerms
from auditor.compiler.ports import PortSets
from auditor.compiler.slots import map_slots
from auditor.compiler.subjects import divide_subjects
from auditor.errors import TableLimitError
from auditor.ir.model import BlockPeer, Direction, Kind, Switches
from auditor.tables.check import check
from auditor.tables.tableset import TableSet
from kernels import codes
from kernels.layout import CLASS_BITS, MAX_CLASSES, SLOT_BITS, Slots, Tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from auditor.compiler.peers import PeerClasses
    from auditor.compiler.slots import SlotMap
    from auditor.compiler.subjects import Subject, SubjectClasses
    from auditor.ir.model import Inventory, Network, PolicySet, Rule
    from kernels.layout import Decisions

_REASON_OF_KIND = {
    Kind.EXTERNAL: codes.OUTCOME_NOT_A_POD,
    Kind.NODE: codes.OUTCOME_NOT_A_POD,
    Kind.SERVICE: codes.OUTCOME_SERVICE_ADDRESS,
    Kind.UNKNOWN: codes.OUTCOME_UNKNOWN_ADDRESS,
}

_REASONS = (*dict.fromkeys(_REASON_OF_KIND.values()), codes.OUTCOME_AMBIGUOUS_ADDRESS)
"""Outcomes of addresses that are no pod's."""


def build(policies: PolicySet, inventory: Inventory, switches: Switches | None = None) -> TableSet:
    """Compile policies for a cluster.

    Parameters
    ----------
    policies : PolicySet
        What is allowed.
    inventory : Inventory
        Who holds which address.
    switches : Switches, optional
        Readings of the API; the defaults if None.

    Returns
    -------
    TableSet
        Equal, for every connection, to ``ir.evaluate.evaluate`` of the same arguments.

    Raises
    ------
    TableLimitError
        If there are more addresses or classes than a word can name.
    """
    switches = switches or Switches()
    rules = {
        direction: [
            rule for policy in policies.policies for rule in policy.rules if rule.direction is direction
        ]
        for direction in Direction
    }
    group_of, groups = _group_pods(inventory)
    intervals = Intervals([*_networks_of(rules), *inventory.pod_networks])
    terms = {direction: PeerTerms(rules[direction], groups, intervals) for direction in Direction}
    _, interval_classes = np.unique(
        np.stack([terms[direction].interval_classes for direction in Direction]), axis=1, return_inverse=True
    )
    slot_map = map_slots(inventory, intervals, interval_classes.reshape(-1).astype(np.int32))
    slots = slot_map.slots

    port_sets = PortSets()
    node_ports = port_sets.number(
        frozenset((protocol, port, port) for protocol, port in inventory.node_ports)
    )
    peers, subjects = {}, {}
    for direction in Direction:
        apart = frozenset({Kind.NODE} if direction is Direction.EGRESS and inventory.node_ports else ())
        peers[direction] = terms[direction].divide(
            slots, group_of, apart=apart, by_ports=direction is Direction.EGRESS
        )
        subjects[direction] = divide_subjects(
            direction, policies, groups, terms[direction], peers[direction], port_sets, slots, group_of
        )
    port_sets.cut()

    decisions = {
        direction: _decide(direction, subjects[direction], peers[direction], port_sets, node_ports, switches)
        for direction in Direction
    }
    n_outcomes = codes.OUTCOME_ALLOWED_BY_RULE + len(policies.rules)
    layout = Tables(
        addresses=slot_map.index,
        slots=_slot_layout(slot_map, inventory, subjects, peers),
        ports=port_sets.layout(inventory.listening),
        ingress=decisions[Direction.INGRESS],
        egress=decisions[Direction.EGRESS],
        side_verdicts=side_verdict_table(n_outcomes),
        findings=finding_table(),
        own_node=np.array([switches.own_node == "allow"], dtype=np.uint8),
    )
    names, texts = slot_names(slot_map, inventory, {d: subjects[d].class_of for d in Direction})
    ingress_texts, egress_texts = (
        isolating_texts(policies, subjects[direction].subjects) for direction in Direction
    )
    return TableSet(
        layout=check(layout, n_outcomes),
        slots=names,
        texts=texts,
        rule_names=rule_texts(policies),
        isolating=(ingress_texts, egress_texts),
        inventory=inventory,
        policies=policies,
        switches=switches,
        fingerprint=fingerprint(policies, inventory, switches),
    )


def _group_pods(inventory: Inventory) -> tuple[list[int], Groups]:
    pods = [endpoint for endpoint in inventory.endpoints if endpoint.kind is Kind.POD]
    groups = Groups(inventory, pods)
    of_pod = iter(groups.of_pod)
    return [next(of_pod) if endpoint.kind is Kind.POD else -1 for endpoint in inventory.endpoints], groups


def _networks_of(rules: dict[Direction, list[Rule]]) -> Iterator[Network]:
    for direction in Direction:
        for rule in rules[direction]:
            for peer in rule.peers or ():
                if isinstance(peer, BlockPeer):
                    yield peer.network
                    yield from peer.excepts


class _Starts:
    """The starts of one direction: what holds for a subject and a peer before any rule has matched."""

    def __init__(self, port_sets: PortSets, node_ports: int, switches: Switches) -> None:
        self.all: list[Start] = []
        ignored: tuple[tuple[int, int], ...] = ()
        if switches.other_protocols == "ignore":
            ignored = ((port_sets.other, codes.OUTCOME_PROTOCOL_NOT_JUDGED),)
        at_node = ((port_sets.mask(node_ports), codes.OUTCOME_SERVICE_ADDRESS),)
        self.constant = {
            outcome: self._add((), outcome, is_final=True)
            for outcome in (*_REASONS, codes.OUTCOME_UNSUPPORTED_POLICY, codes.OUTCOME_NOT_ISOLATED)
        }
        self.node_subject = self._add(at_node, codes.OUTCOME_NOT_A_POD, is_final=True)
        self._judged_peer = self._add(ignored, codes.OUTCOME_NO_RULE_MATCHED, is_final=False)
        self._node_peer = self._add(ignored + at_node, codes.OUTCOME_NO_RULE_MATCHED, is_final=False)
        self._undecided_peer = {outcome: self._add(ignored, outcome, is_final=True) for outcome in _REASONS}

    def of_peer(self, kind: Kind, *, ambiguous: bool) -> int:
        """Return the start of an isolated pod with a peer of that kind."""
        if kind in (Kind.UNKNOWN, Kind.SERVICE):
            return self._undecided_peer[_reason(kind, ambiguous=ambiguous)]
        return self._node_peer if kind is Kind.NODE else self._judged_peer

    def of_subject(self, subject: Subject, direction: Direction) -> int | None:
        """Return the start of a subject for which no rule is asked, None for an isolated pod."""
        if subject.kind is Kind.NODE and direction is Direction.INGRESS:
            return self.node_subject
        if subject.kind is not Kind.POD:
            return self.constant[_reason(subject.kind, ambiguous=subject.ambiguous)]
        if subject.is_opaque:
            return self.constant[codes.OUTCOME_UNSUPPORTED_POLICY]
        return None if subject.isolating else self.constant[codes.OUTCOME_NOT_ISOLATED]

    def _add(self, before: tuple[tuple[int, int], ...], otherwise: int, *, is_final: bool) -> int:
        self.all.append(Start(before, otherwise, is_final))
        return len(self.all) - 1


def _reason(kind: Kind, *, ambiguous: bool) -> int:
    return codes.OUTCOME_AMBIGUOUS_ADDRESS if ambiguous else _REASON_OF_KIND[kind]


def _decide(
    direction: Direction,
    subjects: SubjectClasses,
    peers: PeerClasses,
    port_sets: PortSets,
    node_ports: int,
    switches: Switches,
) -> Decisions:
    starts = _Starts(port_sets, node_ports, switches)
    isolated = np.array(
        [
            starts.of_peer(kind, ambiguous=ambiguous)
            for kind, ambiguous in zip(peers.kinds, peers.ambiguous.tolist(), strict=True)
        ],
        dtype=np.int32,
    )
    builder = DecisionBuilder(len(peers), port_sets, starts.all, subjects.entries)
    rows = []
    for subject in subjects.subjects:
        constant = starts.of_subject(subject, direction)
        if constant is None:
            rows.append(builder.add_row(isolated, subject.entries))
        else:
            rows.append(builder.add_row(np.full(len(peers), constant, dtype=np.int32), ()))
    return builder.build(rows)


def _slot_layout(
    slot_map: SlotMap,
    inventory: Inventory,
    subjects: dict[Direction, SubjectClasses],
    peers: dict[Direction, PeerClasses],
) -> Slots:
    if max(len(subjects[direction].subjects) for direction in Direction) > MAX_CLASSES:
        raise TableLimitError(
            f"the policies tell apart more than `{MAX_CLASSES}` classes of pods; audit with fewer policies at a time"
        )
    same = np.array([slot.same for slot in slot_map.slots], dtype=np.uint64)

    def words(subject: NDArray[np.int32], peer: NDArray[np.int32]) -> NDArray[np.uint64]:
        upper = subject.astype(np.uint64) << np.uint64(CLASS_BITS + SLOT_BITS)
        return upper | (peer.astype(np.uint64) << np.uint64(SLOT_BITS)) | same

    numbers: dict[str, int] = {}
    node = np.full(len(slot_map.slots), -1, dtype=np.int32)
    for place, slot in enumerate(slot_map.slots[: slot_map.n_pods + slot_map.n_nodes]):
        name = inventory.endpoints[slot.endpoint].node
        if name is not None:
            node[place] = numbers.setdefault(name, len(numbers))
    return Slots(
        opener_words=words(subjects[Direction.EGRESS].class_of, peers[Direction.INGRESS].class_of),
        other_words=words(subjects[Direction.INGRESS].class_of, peers[Direction.EGRESS].class_of),
        node=node,
        node_range=np.array([slot_map.n_pods, slot_map.n_pods + slot_map.n_nodes], dtype=np.int64),
    )
