"""Merges the segments of an hour into one file, and removes what is left over.

The merged file is created under a name of its own, ``<start>-<end>.arrow``, and lists the segments in it; only then are
they removed. Whoever dies in between leaves both, and ``cover`` tells which count. Until they are removed, a reader who
takes every file sees rows twice.

Never touched are the newest file of a chain, which the next writer goes on from, and files younger than the horizon: a
program that was paused for less than that cannot find its start free again.

The storage must list at once what it holds, as folders, S3, Google and Azure do. Writing alone gets by with late
listings: who does not see a segment finds its start taken. Once that start is merged away, nothing would stop it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec
import pyarrow as pa

from auditor.errors import StateError
from auditor.service.audit import problems_of
from auditor.service.chain import is_segment
from auditor.service.cover import Held, cover, is_within
from auditor.service.dead_letters import remove_garbage
from auditor.service.failpoints import hit
from auditor.service.names import chain_of, segment_bounds
from auditor.service.segments import ROWS, decode, encode, read_facts
from auditor.sinks.columns import joined

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.service.names import ChainName
    from auditor.service.storage import Storage

HORIZON_S = 24 * 3600
"""Default age below which nothing is removed."""

MAX_ROWS = 4 * 1024 * 1024
"""Rows of a merged file; they are in memory at once."""

SETTLED_S = 3600
"""Age after which a merged file is there to stay, so that what a compaction left when it died is removed."""

_HOUR_MS = 3_600_000


@dataclass(slots=True)
class Compaction:
    """What was done: names of files, and sentences about what was left alone because it is not sound."""

    merged: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def compact(
    storage: Storage, writer: str, now_s: float, horizon_s: float = HORIZON_S, max_rows: int = MAX_ROWS
) -> Compaction:
    """Merge what is old enough in every chain of a folder; may be run again after it died anywhere.

    Parameters
    ----------
    storage : Storage
        The folder.
    writer : str
        Who does it: another for every run.
    now_s : float
        Seconds since 1970.
    horizon_s : float
        Age below which nothing is removed. Longer than any program may be paused.
    max_rows : int
        Of a merged file.

    Raises
    ------
    SinkError
        If the storage fails.
    """
    result = Compaction()
    chains = sorted({chain for chain in map(chain_of, storage.names("")) if chain is not None})
    sides: set[str] = set()
    for chain in chains:
        run = _ChainCompaction(storage, chain, writer, now_s, horizon_s, max_rows, result)
        run.run()
        sides |= run.sides
    # A file that cannot be read may name any of them.
    if not result.problems:
        result.removed += remove_garbage(storage, sides, now_s - horizon_s)
    return result


@dataclass(slots=True)
class _ChainCompaction:
    """One chain while it is compacted."""

    storage: Storage
    chain: ChainName
    writer: str
    now_s: float
    horizon_s: float
    max_rows: int
    result: Compaction
    sides: set[str] = field(default_factory=set)

    def run(self) -> None:
        files = []
        for name in self.storage.names(self.chain.folder):
            content = self.storage.read(name) if is_segment(self.chain, name) else None
            if content is None:
                continue
            try:
                facts, checksum = read_facts(name, content)
            except StateError as error:
                self.result.problems.append(str(error))
                continue
            files.append(Held(name, facts, checksum))
            self.sides |= {side.name for side in facts.dead_letters}
        counting, superseded = cover(files)
        for file in superseded:
            holder = next(other for other in counting if is_within(file, other))
            if self._is_old(file) and self._is_settled(holder):
                self._remove(file.name)
        for group in self._groups(counting[:-1]):
            self._merge(group)

    def _groups(self, files: tuple[Held, ...]) -> Iterator[list[Held]]:
        """Yield runs of at least two files that may become one."""
        group: list[Held] = []
        for file in files:
            if not self._may_merge(file):
                yield from _if_several(group)
                group = []
            elif group and (
                _kind(group[-1]) != _kind(file)
                or group[-1].facts.end != file.facts.start
                or sum(member.facts.n_rows for member in group) + file.facts.n_rows > self.max_rows
            ):
                yield from _if_several(group)
                group = [file]
            else:
                group.append(file)
        yield from _if_several(group)

    def _may_merge(self, file: Held) -> bool:
        """Return whether the hour of a file is over and old; gaps stay files of their own, for all to see."""
        closed_s = (_hour(file) + 1) * _HOUR_MS / 1000
        return file.facts.gap is None and closed_s + self.horizon_s <= self.now_s and self._is_old(file)

    def _is_old(self, file: Held) -> bool:
        """Return whether a file is older than the horizon by both clocks: its writer's and the storage's."""
        before_s = self.now_s - self.horizon_s
        if file.facts.created_ms / 1000 > before_s:
            return False
        if file.facts.parts:
            # Nobody who was paused takes the name of a merged file.
            return True
        modified_s = self.storage.modified_s(file.name)
        return modified_s is not None and modified_s <= before_s

    def _is_settled(self, merged: Held) -> bool:
        """Return whether whoever wrote a merged file is done: it may still give way to another compaction."""
        modified_s = self.storage.modified_s(merged.name)
        return modified_s is not None and modified_s <= self.now_s - min(self.horizon_s, SETTLED_S)

    def _merge(self, group: list[Held]) -> None:
        segments = []
        for file in group:
            content = self.storage.read(file.name)
            if content is None:
                self.result.problems.append(f"gone while it was to be merged - at {file.name}")
                return
            try:
                segment = decode(file.name, content)
            except StateError as error:
                self.result.problems.append(str(error))
                return
            problems = [f"{problem} - at {file.name}" for problem in problems_of(self.storage, segment)]
            if problems:
                self.result.problems += problems
                return
            segments.append(segment)
        table = pa.concat_tables([segment.table for segment in segments])
        merged = self._create(group, table)
        if merged is None or not self._is_alone(merged):
            return
        self.result.merged.append(merged.name)
        for file in group:
            self._remove(file.name)
            hit("compact.between-removals")

    def _create(self, group: list[Held], table: pa.Table) -> Held | None:
        """Write a merged file and read it back; None if another is there that is not as good."""
        parts = tuple(part for file in group for part in file.parts)
        every = [file.facts for file in group]
        counts: Counter[str] = Counter()
        for one in every:
            counts.update(one.counts)
        facts = msgspec.structs.replace(
            every[0],
            end=every[-1].end,
            writer=self.writer,
            created_ms=max(one.created_ms for one in every),
            n_rows=table.num_rows,
            counts=dict(counts),
            first_ms=min((one.first_ms for one in every if one.first_ms is not None), default=None),
            last_ms=max((one.last_ms for one in every if one.last_ms is not None), default=None),
            dead_letters=tuple(side for one in every for side in one.dead_letters),
            parts=parts,
        )
        name = self.chain.merged(facts.start, facts.end)
        hit("compact.before-create")
        self.storage.create(name, encode(facts, table))
        hit("compact.after-create")
        # Also if another was first: what counts is what is there.
        content = self.storage.read(name)
        found = None if content is None else decode(name, content)
        if found is None or found.facts.parts != parts or not _joined(found.table).equals(_joined(table)):
            self.result.problems.append(f"expected the merged segments, found others - at {name}")
            return None
        return Held(name, found.facts, found.checksum)

    def _is_alone(self, merged: Held) -> bool:
        """Return whether no other compaction merged some of the same segments; gives way if one did.

        Two that run at once create first and look then, so at least one of them sees the other; who sees gives way,
        and nothing is removed on the word of a file that is removed itself.
        """
        for name in self.storage.names(self.chain.folder):
            bounds = segment_bounds(name) if is_segment(self.chain, name) else None
            if bounds is None or bounds[1] is None or name == merged.name:
                continue
            if bounds[0] >= merged.facts.end or bounds[1] <= merged.facts.start:
                continue
            content = self.storage.read(name)
            if content is None or is_within(Held(name, *read_facts(name, content)), merged):
                continue
            self.storage.remove(merged.name)
            self.result.problems.append(f"another compaction merged the same segments - at {name}")
            return False
        return True

    def _remove(self, name: str) -> None:
        self.storage.remove(name)
        self.result.removed.append(name)


def _if_several(group: list[Held]) -> Iterator[list[Held]]:
    if len(group) > 1:
        yield group


def _joined(table: pa.Table) -> pa.Table:
    """Return a table whose columns depend on its values alone."""
    return joined(table.to_batches(), ROWS)


def _hour(file: Held) -> int:
    return file.facts.created_ms // _HOUR_MS


def _kind(file: Held) -> tuple[object, ...]:
    """Return what files of one merged file have in common."""
    facts = file.facts
    return (_hour(file), facts.policies, facts.tables, facts.version, facts.rows)
