"""Subject and peer classes of one direction to decisions: what holds before any rule is asked, then the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from auditor.compiler.decisions import DecisionBuilder, Start
from auditor.ir.model import Direction, Kind
from kernels import codes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditor.compiler.decisions import Entry
    from auditor.compiler.peers import PeerClasses
    from auditor.compiler.ports import PortSets
    from auditor.compiler.subjects import Subject
    from auditor.ir.model import Switches
    from kernels.layout import Decisions

_REASON_OF_KIND = {
    Kind.EXTERNAL: codes.OUTCOME_NOT_A_POD,
    Kind.NODE: codes.OUTCOME_NOT_A_POD,
    Kind.SERVICE: codes.OUTCOME_SERVICE_ADDRESS,
    Kind.UNKNOWN: codes.OUTCOME_UNKNOWN_ADDRESS,
}

_REASONS = (*dict.fromkeys(_REASON_OF_KIND.values()), codes.OUTCOME_AMBIGUOUS_ADDRESS)
"""Outcomes of addresses that are no pod's."""


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


def decide(
    direction: Direction,
    subjects: Sequence[Subject],
    entries: Sequence[Entry],
    peers: PeerClasses,
    port_sets: PortSets,
    node_ports: int,
    switches: Switches,
) -> Decisions:
    """Return the decisions of one direction.

    Parameters
    ----------
    direction : Direction
        Whose rules.
    subjects : sequence of Subject
        The subject classes.
    entries : sequence of Entry
        What their rows are made of.
    peers : PeerClasses
        The peer classes.
    port_sets : PortSets
        Already cut.
    node_ports : int
        Number of the set of ports on which nodes stand for services.
    switches : Switches
        Readings of the API.
    """
    starts = _Starts(port_sets, node_ports, switches)
    isolated = np.array(
        [starts.of_peer(key.kind, ambiguous=key.ambiguous) for key in peers.keys], dtype=np.int32
    )
    builder = DecisionBuilder(len(peers), port_sets, starts.all, entries)
    rows = []
    for subject in subjects:
        constant = starts.of_subject(subject, direction)
        if constant is None:
            rows.append(builder.add_row(isolated, subject.entries))
        else:
            rows.append(builder.add_row(np.full(len(peers), constant, dtype=np.int32), ()))
    return builder.build(rows)
