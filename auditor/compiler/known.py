"""What a build found out, as far as it serves another inventory under the same policies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from auditor.compiler.endpoints import GroupKey
    from auditor.compiler.entries import EntryTable, KnownEntries
    from auditor.compiler.fingerprint import Digest
    from auditor.compiler.intervals import Intervals
    from auditor.compiler.peer_keys import Look, PeerKey
    from auditor.compiler.peers import PeerClasses, PeerTerms
    from auditor.compiler.subjects import Subject, SubjectClasses
    from auditor.ir.model import Direction, Peer
    from auditor.tables.tableset import TableSet


class Standing(NamedTuple):
    """What a group is in one direction: seen as a peer, and as a subject."""

    look: Look
    subject: Subject


@dataclass(frozen=True, slots=True)
class KnownSide:
    """The classes of one direction.

    Attributes
    ----------
    distinct : sequence of tuple of Peer
        The lists of peers that rules have, each once.
    columns : mapping of bytes to int
        Classes of groups, by which of ``distinct`` choose them.
    names : frozenset of (int, str)
        Protocol and name of the ports that rules ask for by name.
    interval_classes : ndarray of int32
        Class of each interval between the blocks of rules.
    peers : mapping of PeerKey to int
        Peer classes.
    entries : KnownEntries
        Of the rules that some subject needed.
    subjects : mapping of Subject to int
        Subject classes.
    """

    distinct: Sequence[tuple[Peer, ...]]
    columns: Mapping[bytes, int]
    names: frozenset[tuple[int, str]]
    interval_classes: NDArray[np.int32]
    peers: Mapping[PeerKey, int]
    entries: KnownEntries
    subjects: Mapping[Subject, int]


@dataclass(frozen=True, slots=True)
class Compiled:
    """Tables, and what made them.

    Nothing in it is as large as what a build works with, and it does not grow from inventory to inventory: ``groups``
    are those of the inventory alone, the rest is of the last build in full.

    Attributes
    ----------
    tables : TableSet
        Of some policies and an inventory.
    sides : mapping of Direction to KnownSide
        The classes in which the decisions of the tables are.
    groups : mapping of GroupKey to tuple of Standing
        The groups of the inventory, ingress then egress.
    blocks : Intervals
        The address spaces, cut at every block of the rules.
    policy_hash : Digest
        The part of the fingerprint that is the policies'.
    """

    tables: TableSet
    sides: Mapping[Direction, KnownSide]
    groups: Mapping[GroupKey, tuple[Standing, Standing]]
    blocks: Intervals
    policy_hash: Digest


def known_side(
    terms: PeerTerms, peers: PeerClasses, table: EntryTable, subjects: SubjectClasses
) -> KnownSide:
    """Return what is to be kept of one direction."""
    return KnownSide(
        distinct=terms.distinct,
        columns=terms.columns(),
        names=terms.names,
        interval_classes=terms.interval_classes,
        peers={key: number for number, key in enumerate(peers.keys)},
        entries=table.known(),
        subjects={subject: number for number, subject in enumerate(subjects.subjects)},
    )
