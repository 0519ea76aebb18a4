"""Tables for another inventory under the same policies, without deciding anything anew.

What decisions are about is classes: pods, addresses and ports that no rule can tell apart. Pods that come, go, move or
are replaced mostly fall into classes that the last build in full found, whatever they are called; then only who is in
which class is new. New groups of pods (a rollout changes `pod-template-hash`) are asked of every selector, alone, and
are what a known class is if the same rules choose them.

Classes that no pod is in any more stay, and do no harm: no word of a slot names them, so that no kernel loads what
they decide. There are never more than the last build found, since no class is added here; groups that no pod is in any
more are forgotten at once. So nothing grows however often tables are extended.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from auditor.compiler import bitsets
from auditor.compiler.endpoints import Groups, group_pods
from auditor.compiler.fingerprint import hash_inventory
from auditor.compiler.known import Compiled, Standing
from auditor.compiler.peer_keys import Look, slot_keys
from auditor.compiler.peers import asked_ports, chosen_groups
from auditor.compiler.ports import port_marks
from auditor.compiler.slots import map_slots
from auditor.compiler.subjects import divide_subjects, subjects_of
from auditor.compiler.words import SideClasses, slot_layout, slot_names
from auditor.ir.model import Direction, Switches
from auditor.tables.check import check
from auditor.tables.provenance import Provenance

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from auditor.compiler.endpoints import GroupKey
    from auditor.compiler.known import KnownSide
    from auditor.compiler.slots import SlotMap
    from auditor.ir.model import Inventory, PolicySet
    from auditor.tables.tableset import TableSet

Key = TypeVar("Key")


class Unlike(StrEnum):
    """Why tables cannot be extended."""

    NOTHING = "nothing compiled before"
    POLICIES = "other policies"
    SWITCHES = "another reading of the API"
    NODE_PORTS = "other node ports"
    PODS = "pods that rules choose like none before"
    PEERS = "peers that rules tell from all before"
    SUBJECTS = "ends that policies bind like none before"


def extend(
    before: Compiled, policies: PolicySet, inventory: Inventory, switches: Switches | None = None
) -> Compiled | Unlike:
    """Compile policies for a cluster by what is known of another one.

    Parameters
    ----------
    before : Compiled
        What was compiled for these policies and another inventory.
    policies : PolicySet
        What is allowed.
    inventory : Inventory
        Who holds which address.
    switches : Switches, optional
        Readings of the API; the defaults if None.

    Returns
    -------
    Compiled or Unlike
        Tables that say of every connection, and of every address, what ``build.build`` of the same arguments says, with
        its fingerprint; or why only that can make them.

    Raises
    ------
    TableLimitError
        As ``build.build``, if there are more addresses than a word can name.
    """
    refusal = _refusal(before.tables, policies, inventory, switches or Switches())
    if refusal is not None:
        return refusal
    keys, group_of = group_pods(inventory)
    standings = _standings(before, policies, inventory, keys)
    if isinstance(standings, Unlike):
        return standings
    tables, sides = before.tables, before.sides
    slots = map_slots(inventory, before.blocks, *(sides[each].interval_classes for each in Direction))
    classes = {}
    for direction in Direction:
        of_groups = [each[direction] for each in standings]
        found = _classes(direction, sides[direction], slots, group_of, of_groups, inventory)
        if isinstance(found, Unlike):
            return found
        classes[direction] = found
    layout = tables.layout._replace(
        addresses=slots.index,
        slots=slot_layout(slots, inventory, classes),
        ports=tables.layout.ports._replace(marks=port_marks(inventory.listening)),
    )
    names, texts = slot_names(slots, inventory, classes)
    extended = replace(
        tables,
        layout=check(layout, len(layout.side_verdicts)),
        slots=names,
        texts=texts,
        inventory=inventory,
        policies=policies,
        fingerprint=hash_inventory(before.policy_hash, inventory),
        provenance=Provenance(),
    )
    return replace(before, tables=extended, groups=dict(zip(keys, standings, strict=True)))


def _refusal(
    tables: TableSet, policies: PolicySet, inventory: Inventory, switches: Switches
) -> Unlike | None:
    if switches != tables.switches:
        return Unlike.SWITCHES
    if policies is not tables.policies and policies != tables.policies:
        return Unlike.POLICIES
    # They cut the ports, and tell nodes from other addresses.
    return None if inventory.node_ports == tables.inventory.node_ports else Unlike.NODE_PORTS


def _standings(
    before: Compiled, policies: PolicySet, inventory: Inventory, keys: Sequence[GroupKey]
) -> list[tuple[Standing, Standing]] | Unlike:
    """Return what each group is: as before, or as the selectors say of those that were not there."""
    old, new = before.tables.inventory.namespaces, inventory.namespaces
    relabelled = {key.namespace for key in keys if old.get(key.namespace) != new[key.namespace]}
    fresh = [key for key in keys if key.namespace in relabelled or key not in before.groups]
    found = dict(before.groups)
    if fresh:
        groups = Groups(fresh, new)
        by_side = []
        for direction in Direction:
            side = before.sides[direction]
            looks = _looks(side, groups)
            if looks is None:
                return Unlike.PODS
            subjects = subjects_of(direction, policies, groups, looks, side.entries)
            known = [subject for subject in subjects if subject is not None]
            if len(known) < len(subjects):
                return Unlike.SUBJECTS
            by_side.append(map(Standing, looks, known))
        found.update(zip(fresh, zip(*by_side, strict=True), strict=True))
    return [found[key] for key in keys]


def _looks(side: KnownSide, groups: Groups) -> list[Look] | None:
    """Return how the rules see groups, None if they see one as they saw none before."""
    columns = bitsets.columns(chosen_groups(side.distinct, groups), len(groups))
    looks = [
        Look(side.columns.get(column.tobytes(), -1), asked_ports(key.ports, side.names))
        for column, key in zip(columns, groups.keys, strict=True)
    ]
    return None if any(look.group_class < 0 for look in looks) else looks


def _classes(
    direction: Direction,
    side: KnownSide,
    slots: SlotMap,
    group_of: NDArray[np.int32],
    standings: Sequence[Standing],
    inventory: Inventory,
) -> SideClasses | Unlike:
    looks = [standing.look for standing in standings]
    found = slot_keys(direction, slots, group_of, looks, side.interval_classes, inventory.node_ports)
    peers = _numbers_of(found.keys, side.peers)
    if peers is None:
        return Unlike.PEERS
    divided = divide_subjects(slots, group_of, [standing.subject for standing in standings])
    subjects = _numbers_of(divided.subjects, side.subjects)
    if subjects is None:
        return Unlike.SUBJECTS
    return SideClasses(subjects[divided.class_of], peers[found.of_slot])


def _numbers_of(keys: Sequence[Key], known: Mapping[Key, int]) -> NDArray[np.int32] | None:
    """Return the known number of each key, None if one has none."""
    numbers = [known.get(key, -1) for key in keys]
    return None if -1 in numbers else np.array(numbers, dtype=np.int32)
