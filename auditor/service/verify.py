"""Proves that an output folder holds every offset once, from its files alone.

What it cannot know is what should have been written since: that the newest files of a chain are gone is seen when a
consumer compares the end of the chain with what its group committed.
"""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

from auditor.errors import Position, StateError
from auditor.service.audit import problems_of
from auditor.service.chain import is_segment, last_start, read_genesis
from auditor.service.cover import Held, cover
from auditor.service.dead_letters import is_dead_letters, is_temporary
from auditor.service.names import GENESIS, LATEST, chain_of
from auditor.service.segments import decode

if TYPE_CHECKING:
    from auditor.service.names import ChainName
    from auditor.service.storage import Storage

_ATTEMPTS = 5
"""How often a chain is read anew because files were merged meanwhile."""


class Found(NamedTuple):
    """Something worth a line.

    Attributes
    ----------
    level : {'error', 'gap', 'note'}
        The folder does not hold every offset once; offsets that nobody could read; what does no harm.
    kind : str
        One word for programs.
    place : str
        A file, or the folder of a chain.
    message : str
        A sentence.
    """

    level: Literal["error", "gap", "note"]
    kind: str
    place: str
    message: str


@dataclass(slots=True)
class PartitionProof:
    """What the files of one chain add up to.

    Attributes
    ----------
    name : ChainName
        The chain.
    first, end : int or None
        The offsets it holds; None if no file can be read.
    n_files, n_rows, n_gap_offsets : int
        Files that count, their rows, and offsets that nobody read.
    counts : Counter
        Their counters, added.
    """

    name: ChainName
    first: int | None = None
    end: int | None = None
    n_files: int = 0
    n_rows: int = 0
    n_gap_offsets: int = 0
    counts: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Verification:
    """What was proved, and what was found."""

    partitions: list[PartitionProof] = field(default_factory=list)
    found: list[Found] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        """Return whether every offset from the first to the end stands in the folder once."""
        return not any(found.level == "error" for found in self.found)

    @property
    def has_gaps(self) -> bool:
        """Return whether some of them were never read."""
        return any(found.level == "gap" for found in self.found)


def verify(storage: Storage) -> Verification:
    """Read every file of a folder and say whether its chains are whole.

    Parameters
    ----------
    storage : Storage
        The folder.

    Raises
    ------
    SinkError
        If the storage fails.
    StateError
        If nothing of this program is in the folder.
    """
    result = Verification()
    names = storage.names("")
    chains = sorted({chain for chain in map(chain_of, names) if chain is not None})
    if not chains:
        raise StateError(
            "expected a folder that `auditor stream` wrote, found no segment", Position(storage.place)
        )
    sides: set[str] = set()
    for chain in chains:
        for attempt in range(_ATTEMPTS):
            proof = _ChainProof(storage, chain)
            if proof.read(is_last=attempt == _ATTEMPTS - 1):
                break
        proof.prove()
        result.partitions.append(proof.partition)
        result.found.extend(proof.found)
        sides |= proof.sides
    result.found.extend(_leftovers(names, sides))
    return result


class _ChainProof:
    """One chain while it is verified."""

    def __init__(self, storage: Storage, chain: ChainName) -> None:
        self.partition = PartitionProof(chain)
        self.found: list[Found] = []
        self.sides: set[str] = set()
        self._storage = storage
        self._chain = chain
        self._files: list[Held] = []

    def read(self, *, is_last: bool) -> bool:
        """Read the files; False if one was gone that was listed, and so all is to be read anew."""
        for name in self._storage.names(self._chain.folder):
            if not is_segment(self._chain, name):
                continue
            content = self._storage.read(name)
            if content is None:
                if not is_last:
                    return False
                self._say("error", "missing", name, "a file that is listed cannot be found")
                continue
            try:
                segment = decode(name, content)
            except StateError as error:
                self._say("error", "damaged", name, error.message)
                continue
            for problem in problems_of(self._storage, segment):
                self._say("error", "content", name, problem)
            self._files.append(Held(name, segment.facts, segment.checksum))
            self.sides |= {side.name for side in segment.facts.dead_letters}
        return True

    def prove(self) -> None:
        """Add up the files and say where they do not meet."""
        counting, superseded = cover(self._files)
        for file in superseded:
            self._say("note", "superseded", file.name, "merged into another file, and not yet removed")
        self._prove_beginning(counting)
        for before, file in itertools.pairwise(counting):
            self._prove_joint(before, file)
        proof = self.partition
        for file in counting:
            facts = file.facts
            proof.n_files += 1
            proof.n_rows += facts.n_rows
            proof.counts.update(facts.counts)
            proof.first = facts.start if proof.first is None else proof.first
            proof.end = facts.end if proof.end is None else max(proof.end, facts.end)
            if facts.gap is not None:
                proof.n_gap_offsets += facts.end - facts.start
                self._say(
                    "gap",
                    facts.gap,
                    file.name,
                    f"offsets `{facts.start}` to `{facts.end - 1}` were never read",
                )

    def _prove_beginning(self, counting: tuple[Held, ...]) -> None:
        name = f"{self._chain.folder}{GENESIS}"
        try:
            content = self._storage.read(name)
            first = None if content is None else read_genesis(name, content).first
        except StateError as error:
            self._say("error", "beginning", name, error.message)
            return
        if first is None:
            self._say(
                "error", "beginning", name, "expected a file that says where the chain begins, found none"
            )
        elif not counting:
            self._say("note", "empty", self._chain.folder, f"begun at `{first}`, no segment yet")
        elif counting[0].facts.start > first and counting[0].parts[0].previous is not None:
            message = f"begins at `{counting[0].facts.start}`: older files since `{first}` were removed"
            self._say("note", "oldest-removed", counting[0].name, message)
        elif counting[0].facts.start != first:
            message = f"expected a chain that begins at `{first}`, found `{counting[0].facts.start}`"
            self._say("error", "beginning", counting[0].name, message)

    def _prove_joint(self, before: Held, file: Held) -> None:
        end, start = before.facts.end, file.facts.start
        if start > end:
            self._say("error", "hole", file.name, f"offsets `{end}` to `{start - 1}` stand in no file")
        elif start < end:
            last = min(end, file.facts.end) - 1
            message = f"offsets `{start}` to `{last}` stand in `{before.name.rpartition('/')[2]}` too"
            self._say("error", "overlap", file.name, message)
        elif file.parts[0].previous != last_start(before.facts):
            message = f"expected to follow the segment at `{last_start(before.facts)}`, says `{file.parts[0].previous}`"
            self._say("error", "previous", file.name, message)

    def _say(self, level: Literal["error", "gap", "note"], kind: str, place: str, message: str) -> None:
        self.found.append(Found(level, kind, place, message))


def _leftovers(names: list[str], sides: set[str]) -> list[Found]:
    """Return what lies beside the chains."""
    found = []
    for name in names:
        chain = chain_of(name)
        if is_temporary(name) or (is_dead_letters(name) and name not in sides):
            message = (
                "written by a program that died, or is about to be named; `auditor compact` removes old ones"
            )
            found.append(Found("note", "garbage", name, message))
        elif not is_dead_letters(name) and not (
            chain is not None
            and (is_segment(chain, name) or name.removeprefix(chain.folder) in (GENESIS, LATEST))
        ):
            found.append(Found("note", "foreign", name, "no file of this program: ignored"))
    return found
