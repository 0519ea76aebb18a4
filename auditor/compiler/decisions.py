"""Subject class and peer class to a decision, decision and port class to an outcome; equal parts are held once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from auditor.compiler import bitsets
from kernels.layout import BLOCK, Decisions
from kernels.trie import EMPTY, Trie, descend, rehash

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from auditor.compiler.ports import PortSets

_FIRST_NODES = 1 << 12


@dataclass(frozen=True, slots=True)
class Start:
    """Where the walk of a subject and peer class begins, before any rule has matched.

    Attributes
    ----------
    before : tuple of (int, int)
        Sets of port classes whose outcome no rule can change, with that outcome; earlier ones win.
    otherwise : int
        Outcome where no rule matches.
    is_final : bool
        Whether rules say nothing here.
    """

    before: tuple[tuple[int, int], ...]
    otherwise: int
    is_final: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """A rule with its ports resolved, and the peer classes it matches.

    Attributes
    ----------
    outcome : int
        The outcome that names the rule.
    ports : int
        Number of its port set.
    members : ndarray of int32
        Peer classes, ascending.
    """

    outcome: int
    ports: int
    members: NDArray[np.int32] = field(compare=False)


class DecisionBuilder:
    """Builds the decisions of one direction, one row of peer classes a call.

    Parameters
    ----------
    n_peers : int
        How many peer classes there are.
    port_sets : PortSets
        Already cut.
    starts : sequence of Start
        Numbered by place.
    entries : sequence of Entry
        Numbered by place; in every row lower outcomes come first.
    """

    def __init__(
        self, n_peers: int, port_sets: PortSets, starts: Sequence[Start], entries: Sequence[Entry]
    ) -> None:
        self._n_peers = n_peers
        self._port_sets = port_sets
        self._starts = starts
        self._entries = entries
        self._ends = [np.uint8(port_sets.is_everything(entry.ports)) for entry in entries]
        self._trie = _room_for(_FIRST_NODES)
        self._trie.is_full[: len(starts)] = [start.is_final for start in starts]
        self._trie.n_nodes[0] = len(starts)
        self._n_blocks = max(1, -(-n_peers // BLOCK))
        self._numbers: dict[bytes, int] = {}
        self._blocks: list[bytes] = []
        self._rows: dict[bytes, int] = {}
        self._row_list: list[NDArray[np.uint32]] = []

    def add_row(self, starts: NDArray[np.int32], entries: Sequence[int]) -> int:
        """Add a row, or find an equal one.

        Parameters
        ----------
        starts : ndarray of int32, shape (P,)
            Start of each peer class.
        entries : sequence of int
            The entries of the row, in the order in which they decide.

        Returns
        -------
        int
            Number of the row.
        """
        nodes = np.zeros(self._n_blocks * BLOCK, dtype=np.int32)
        nodes[: self._n_peers] = starts
        for number in entries:
            entry = self._entries[number]
            self._reserve(len(entry.members))
            descend(self._trie, nodes, entry.members, np.int32(number), self._ends[number])
        row = np.empty(self._n_blocks, dtype=np.uint32)
        for place, block in enumerate(nodes.reshape(-1, BLOCK)):
            content = block.tobytes()
            number = self._numbers.setdefault(content, len(self._numbers))
            if number == len(self._blocks):
                self._blocks.append(content)
            row[place] = number
        number = self._rows.setdefault(row.tobytes(), len(self._rows))
        if number == len(self._row_list):
            self._row_list.append(row)
        return number

    def build(self, row_of_subject: Sequence[int]) -> Decisions:
        """Return the kernel's arrays.

        Parameters
        ----------
        row_of_subject : sequence of int
            Row of each subject class.

        Returns
        -------
        Decisions
            All rows that were added.
        """
        nodes = np.frombuffer(b"".join(self._blocks), dtype=np.int32)
        used, cells = np.unique(nodes, return_inverse=True)
        partitions: dict[tuple[int, ...], int] = {}
        places: list[int] = []
        outcomes: list[int] = []
        group_list: list[NDArray[np.uint16]] = []
        walked: dict[int, tuple[int, tuple[tuple[int, int], ...], int]] = {}
        for node in used.tolist():
            _, hits, otherwise = self._walk(node, walked)
            sets = tuple(ports for ports, _ in hits)
            number = partitions.setdefault(sets, len(partitions))
            if number == len(group_list):
                group_list.append(self._groups(sets))
            places.append(number * self._port_sets.n_classes << 32 | len(outcomes))
            outcomes.extend(outcome for _, outcome in hits)
            outcomes.append(otherwise)
        return Decisions(
            rows=np.asarray(row_of_subject, dtype=np.uint32) * np.uint32(self._n_blocks),
            blocks=np.concatenate(self._row_list),
            cells=cells.astype(np.uint32).reshape(-1),
            places=np.array(places, dtype=np.uint64),
            groups=np.concatenate(group_list),
            outcomes=np.asarray(outcomes, dtype=np.int32),
        )

    def _walk(
        self, node: int, walked: dict[int, tuple[int, tuple[tuple[int, int], ...], int]]
    ) -> tuple[int, tuple[tuple[int, int], ...], int]:
        """Return what is undecided at a node, what was decided with which outcome, and the outcome of the rest."""
        path = []
        while node not in walked and node >= len(self._starts):
            path.append(node)
            node = int(self._trie.parents[node])
        if node not in walked:
            start = self._starts[node]
            left, hits = self._port_sets.everything, []
            for ports, outcome in start.before:
                if ports & left:
                    hits.append((ports & left, outcome))
                    left &= ~ports
            walked[node] = (left, tuple(hits), start.otherwise)
        for child in reversed(path):
            left, decided, otherwise = walked[node]
            entry = self._entries[int(self._trie.entries[child])]
            hit = self._port_sets.mask(entry.ports) & left
            if hit:
                decided = (*decided, (hit, entry.outcome))
            walked[child] = (left & ~hit, decided, otherwise)
            node = child
        return walked[node]

    def _groups(self, sets: tuple[int, ...]) -> NDArray[np.uint16]:
        groups = np.full(self._port_sets.n_classes, len(sets), dtype=np.uint16)
        for number, ports in enumerate(sets):
            groups[bitsets.to_mask(ports, self._port_sets.n_classes)] = number
        return groups

    def _reserve(self, n_new: int) -> None:
        old = self._trie
        wanted = int(old.n_nodes[0]) + n_new
        if wanted <= len(old.parents):
            return
        new = _room_for(2 * wanted)
        n_old = len(old.parents)
        new.parents[:n_old], new.entries[:n_old], new.is_full[:n_old] = old.parents, old.entries, old.is_full
        new.n_nodes[0] = old.n_nodes[0]
        rehash(old, new)
        self._trie = new


def _room_for(n_nodes: int) -> Trie:
    n_keys = 1 << (2 * n_nodes - 1).bit_length()
    return Trie(
        parents=np.zeros(n_nodes, dtype=np.int32),
        entries=np.zeros(n_nodes, dtype=np.int32),
        is_full=np.zeros(n_nodes, dtype=np.uint8),
        keys=np.full(n_keys, EMPTY, dtype=np.uint64),
        children=np.zeros(n_keys, dtype=np.int32),
        n_nodes=np.zeros(1, dtype=np.int64),
    )
