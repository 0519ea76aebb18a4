"""Rules with their ports resolved: made when a subject first needs them, and found again afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from auditor.compiler.decisions import Entry
from auditor.compiler.ports import resolve
from auditor.ir.model import Direction, NamedPort
from kernels.codes import OUTCOME_ALLOWED_BY_RULE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from auditor.compiler.peers import PeerClasses
    from auditor.compiler.ports import PortSets
    from auditor.ir.model import ContainerPort, Rule

_Key = tuple[int, tuple["ContainerPort", ...]]


class Entries(Protocol):
    """Where the entries of rules are asked for."""

    def of_rule(
        self, rule_id: int, rule: Rule, declared: tuple[ContainerPort, ...]
    ) -> tuple[int, ...] | None:
        """Return the entries of a rule for subjects that declare the named ports ``declared``, None if not known."""
        ...


class EntryTable:
    """The entries of all rules of one direction, made when a subject first needs them.

    Parameters
    ----------
    direction : Direction
        Whose rules.
    peers : PeerClasses
        The peer classes of that direction.
    port_sets : PortSets
        Where port sets are numbered.

    Attributes
    ----------
    entries : list of Entry
        All that were needed.
    """

    def __init__(self, direction: Direction, peers: PeerClasses, port_sets: PortSets) -> None:
        self._direction = direction
        self._peers = peers
        self._port_sets = port_sets
        self._known: dict[_Key, tuple[int, ...]] = {}
        self._by_ports: dict[tuple[int, int], tuple[int, ...]] = {}
        self.entries: list[Entry] = []

    def of_rule(self, rule_id: int, rule: Rule, declared: tuple[ContainerPort, ...]) -> tuple[int, ...]:
        """Return the entries of a rule for subjects that declare the named ports ``declared``.

        The destination of a connection resolves a named port: for ingress the subject, for egress each peer, so that
        an egress rule with named ports becomes one entry a distinct resolution.
        """
        key = _key(self._direction, rule_id, rule, declared)
        found = self._known.get(key)
        if found is None:
            members = self._peers.members(rule.peers)
            if self._direction is Direction.EGRESS and _has_names(rule):
                found = self._by_resolution(rule_id, rule, members)
            else:
                ports = self._port_sets.number(resolve(rule.ports, key[1]))
                found = self._by_ports.get((rule_id, ports))
                if found is None:
                    found = self._by_ports[rule_id, ports] = (self._add(rule_id, ports, members),)
            self._known[key] = found
        return found

    def known(self) -> KnownEntries:
        """Return what was made, to be found again."""
        return KnownEntries(self._direction, self._known, self._by_ports, self._port_sets)

    def _by_resolution(self, rule_id: int, rule: Rule, members: NDArray[np.int32]) -> tuple[int, ...]:
        together: dict[int, list[int]] = {}
        for member in members.tolist():
            number = self._port_sets.number(resolve(rule.ports, self._peers.keys[member].look.declared))
            together.setdefault(number, []).append(member)
        return tuple(
            self._add(rule_id, number, np.array(some, dtype=np.int32))
            for number, some in sorted(together.items())
        )

    def _add(self, rule_id: int, ports: int, members: NDArray[np.int32]) -> int:
        self.entries.append(Entry(OUTCOME_ALLOWED_BY_RULE + rule_id, ports, members))
        return len(self.entries) - 1


class KnownEntries:
    """The entries that an ``EntryTable`` made, without what they are made of; no other is made.

    Parameters
    ----------
    direction : Direction
        Whose rules.
    known : mapping
        Entries by rule and the ports that its subjects declare.
    by_ports : mapping
        Those of the same by rule and port set.
    port_sets : PortSets
        Where port sets are numbered.
    """

    def __init__(
        self,
        direction: Direction,
        known: Mapping[_Key, tuple[int, ...]],
        by_ports: Mapping[tuple[int, int], tuple[int, ...]],
        port_sets: PortSets,
    ) -> None:
        self._direction = direction
        self._known = known
        self._by_ports = by_ports
        self._port_sets = port_sets

    def of_rule(
        self, rule_id: int, rule: Rule, declared: tuple[ContainerPort, ...]
    ) -> tuple[int, ...] | None:
        """Return the entries of a rule for subjects that declare the named ports ``declared``, None if not known."""
        key = _key(self._direction, rule_id, rule, declared)
        found = self._known.get(key)
        if found is None and self._direction is Direction.INGRESS:
            # Other ports may come to the same: what a rule does not ask for makes no difference.
            ports = self._port_sets.find(resolve(rule.ports, key[1]))
            found = None if ports is None else self._by_ports.get((rule_id, ports))
        return found


def _key(direction: Direction, rule_id: int, rule: Rule, declared: tuple[ContainerPort, ...]) -> _Key:
    by_subject = direction is Direction.INGRESS and _has_names(rule)
    return rule_id, declared if by_subject else ()


def _has_names(rule: Rule) -> bool:
    return any(isinstance(port, NamedPort) for port in rule.ports or ())
