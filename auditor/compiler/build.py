"""Policies and inventory to a TableSet: every compile stage, in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from auditor.compiler.deciding import decide
from auditor.compiler.endpoints import Groups, group_pods
from auditor.compiler.entries import EntryTable
from auditor.compiler.findings import finding_table, side_verdict_table
from auditor.compiler.fingerprint import hash_inventory, hash_policies
from auditor.compiler.intervals import Intervals
from auditor.compiler.known import Compiled, Standing, known_side
from auditor.compiler.names import isolating_texts, rule_texts
from auditor.compiler.peer_keys import slot_keys
from auditor.compiler.peers import PeerTerms
from auditor.compiler.ports import PortSets
from auditor.compiler.slots import map_slots
from auditor.compiler.subjects import divide_subjects, subjects_of
from auditor.compiler.words import SideClasses, slot_layout, slot_names
from auditor.errors import TableLimitError
from auditor.garbage import without_collection
from auditor.ir.model import BlockPeer, Direction, Switches
from auditor.tables.check import check
from auditor.tables.tableset import TableSet
from kernels import codes
from kernels.layout import MAX_CLASSES, Tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.ir.model import Inventory, Network, PolicySet, Rule


@without_collection()
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
    return compile_known(policies, inventory, switches or Switches()).tables


def compile_known(policies: PolicySet, inventory: Inventory, switches: Switches) -> Compiled:
    """Compile as ``build`` does, and fail likewise; keep what serves the next inventory (see ``extend``)."""
    rules = {
        direction: [
            rule for policy in policies.policies for rule in policy.rules if rule.direction is direction
        ]
        for direction in Direction
    }
    keys, group_of = group_pods(inventory)
    groups = Groups(keys, inventory.namespaces)
    blocks = Intervals(_networks_of(rules))
    terms = {direction: PeerTerms(rules[direction], groups, blocks) for direction in Direction}
    slots = map_slots(inventory, blocks, *(terms[direction].interval_classes for direction in Direction))

    port_sets = PortSets()
    node_ports = port_sets.number(
        frozenset((protocol, port, port) for protocol, port in inventory.node_ports)
    )
    peers, tables, by_group, subjects = {}, {}, {}, {}
    for direction in Direction:
        seen = terms[direction]
        peers[direction] = seen.divide(
            slot_keys(direction, slots, group_of, seen.looks, seen.interval_classes, inventory.node_ports)
        )
        tables[direction] = EntryTable(direction, peers[direction], port_sets)
        found = subjects_of(direction, policies, groups, seen.looks, tables[direction])
        by_group[direction] = [
            subject for subject in found if subject is not None
        ]  # a table makes all entries
        subjects[direction] = divide_subjects(slots, group_of, by_group[direction])
    if max(len(subjects[direction].subjects) for direction in Direction) > MAX_CLASSES:
        raise TableLimitError(
            f"the policies tell apart more than `{MAX_CLASSES}` classes of pods; audit with fewer policies at a time"
        )
    port_sets.cut()

    decisions = {
        direction: decide(
            direction,
            subjects[direction].subjects,
            tables[direction].entries,
            peers[direction],
            port_sets,
            node_ports,
            switches,
        )
        for direction in Direction
    }
    n_outcomes = codes.OUTCOME_ALLOWED_BY_RULE + len(policies.rules)
    classes = {d: SideClasses(subjects[d].class_of, peers[d].class_of) for d in Direction}
    layout = Tables(
        addresses=slots.index,
        slots=slot_layout(slots, inventory, classes),
        ports=port_sets.layout(inventory.listening),
        ingress=decisions[Direction.INGRESS],
        egress=decisions[Direction.EGRESS],
        side_verdicts=side_verdict_table(n_outcomes),
        findings=finding_table(),
        own_node=np.array([switches.own_node == "allow"], dtype=np.uint8),
    )
    names, texts = slot_names(slots, inventory, classes)
    ingress_texts, egress_texts = (isolating_texts(policies, subjects[d].subjects) for d in Direction)
    policy_hash = hash_policies(policies, switches)
    made = TableSet(
        layout=check(layout, n_outcomes),
        slots=names,
        texts=texts,
        rule_names=rule_texts(policies),
        isolating=(ingress_texts, egress_texts),
        inventory=inventory,
        policies=policies,
        switches=switches,
        fingerprint=hash_inventory(policy_hash, inventory),
    )
    sides = {d: known_side(terms[d], peers[d], tables[d], subjects[d]) for d in Direction}
    standings = (map(Standing, terms[d].looks, by_group[d]) for d in Direction)
    return Compiled(
        made, sides, dict(zip(keys, zip(*standings, strict=True), strict=True)), blocks, policy_hash
    )


def _networks_of(rules: dict[Direction, list[Rule]]) -> Iterator[Network]:
    for direction in Direction:
        for rule in rules[direction]:
            for peer in rule.peers or ():
                if isinstance(peer, BlockPeer):
                    yield peer.network
                    yield from peer.excepts
