"""The chain of segments of one partition: each starts where the one before ends.

A start can be taken once, because creating a name that exists fails. Whoever comes second reads where the winner
ended and goes on from there; no clock, no lease and no group of consumers has to be trusted for that. The first start
is taken the same way, by the file ``GENESIS``.

What can still put a file twice in one place: a program paused for longer than the time after which ``compact`` may
remove the file whose start it is about to take. It reads the end of the chain anew just before, which leaves that
instant; ``verify`` finds what came of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from auditor.errors import Position, SinkError, StateError
from auditor.service.failpoints import hit
from auditor.service.names import GENESIS, LATEST, chain_name, segment_bounds
from auditor.service.segments import encode, read_facts

if TYPE_CHECKING:
    import pyarrow as pa

    from auditor.service.facts import SegmentFacts
    from auditor.service.names import ChainName
    from auditor.service.storage import Storage


class Genesis(msgspec.Struct, frozen=True):
    """The beginning of a chain: its first offset, and who took it."""

    topic: str
    topic_id: str
    partition: int
    first: int
    writer: str
    created_ms: int


class Published(NamedTuple):
    """A segment that is in the chain: its name and its end."""

    name: str
    end: int


class Lost(NamedTuple):
    """Another writer was first: the end of the chain, where to go on; what was read is to be dropped."""

    end: int


class Newest(NamedTuple):
    """The newest segment of a chain."""

    name: str
    facts: SegmentFacts


class Chain:
    """The segments of one partition.

    Parameters
    ----------
    storage : Storage
        Where they lie.
    topic, topic_id : str
        The topic; one that was created anew has another id, and so another chain.
    partition : int
        Of the topic.

    Raises
    ------
    ConfigError
        If a folder cannot be called so.
    """

    def __init__(self, storage: Storage, topic: str, topic_id: str, partition: int) -> None:
        self.name = chain_name(topic, topic_id, partition)
        self._storage = storage
        self._first: int | None = None
        self._newest: Newest | None = None

    def first(self) -> int | None:
        """Return the first offset of the chain, None if nobody has begun it.

        Raises
        ------
        StateError
            If the file that says so has no meaning.
        """
        if self._first is None:
            name = f"{self.name.folder}{GENESIS}"
            content = self._storage.read(name)
            if content is not None:
                self._first = read_genesis(name, content).first
        return self._first

    def begin(self, first: int, writer: str, created_ms: int) -> int:
        """Begin the chain at ``first`` unless another has; return where it begins."""
        if self.first() is None:
            genesis = Genesis(*self.name, first, writer, created_ms)
            self._storage.create(f"{self.name.folder}{GENESIS}", msgspec.json.encode(genesis))
        found = self.first()
        if found is None:
            raise SinkError(
                f"expected the file `{GENESIS}` after it was created, it is not there",
                Position(self.name.folder),
            )
        return found

    def oldest(self) -> int | None:
        """Return the start of the oldest segment that is listed, None if there is none."""
        names = [name for name in self._storage.names(self.name.folder) if self._is_segment(name)]
        bounds = segment_bounds(min(names)) if names else None
        return None if bounds is None else bounds[0]

    def end(self) -> int | None:
        """Return the end of the newest segment, None if there is none.

        Raises
        ------
        StateError
            If the newest segment is torn, or segments that were there are gone.
        """
        hit("chain.scan")
        name = self._listed()
        if name is None and self._newest is not None:
            # A listing may come late; what was read once is looked for by its name.
            name = self._newest.name
            found = self._read(name)
        elif self._newest is not None and name == self._newest.name:
            # A segment never changes.
            found = self._newest
        else:
            found = None if name is None else self._read(name)
        # Also segments that a late listing does not show.
        while found is not None and (later := self._read(self.name.segment(found.facts.end))) is not None:
            found = later
        if self._newest is not None and (found is None or found.facts.end < self._newest.facts.end):
            raise StateError(
                f"expected a chain that ends at `{self._newest.facts.end}` or later, found "
                f"{'none' if found is None else f'one that ends at `{found.facts.end}`'}: files were removed",
                Position(self.name.folder),
            )
        self._newest = found
        return None if found is None else found.facts.end

    def publish(self, facts: SegmentFacts, table: pa.Table) -> Published | Lost:
        """Add a segment to the chain; after a SinkError, the same call may be made again.

        Parameters
        ----------
        facts : SegmentFacts
            Its ``previous`` is filled in here.
        table : pyarrow.Table
            Its rows.

        Returns
        -------
        Published or Lost
            The segment is in the chain, durably; or another writer was first, and nothing of it is.

        Raises
        ------
        SinkError
            If the storage fails: whether the segment is in the chain, the next call finds out.
        StateError
            If the chain ends before ``start``, or its newest segment is torn.
        """
        first = self.first()
        assert first is not None, "the chain has not begun"
        end = self.end()
        position = first if end is None else end
        if position > facts.start:
            return self._came_second(facts)
        if position < facts.start:
            raise StateError(
                f"expected a chain that ends at `{facts.start}`, found one that ends at `{position}`",
                Position(self.name.folder),
            )
        self._require_dead_letters(facts)
        previous = None if self._newest is None else last_start(self._newest.facts)
        facts = msgspec.structs.replace(facts, previous=previous)
        name = self.name.segment(facts.start)
        content = encode(facts, table)
        hit("chain.before-create")
        if not self._storage.create(name, content):
            winner = self._read(name)
            if winner is None:
                raise SinkError("a segment is there and cannot be read", Position(name))
            self._newest = winner
            return Lost(winner.facts.end)
        hit("chain.after-create")
        self._newest = Newest(name, facts)
        self._hint(name)
        return Published(name, facts.end)

    def _came_second(self, facts: SegmentFacts) -> Published | Lost:
        """Tell whether the end of the chain is this very segment, written by a call that seemed to fail."""
        assert self._newest is not None
        found = self._newest.facts
        if (found.writer, found.start, found.end, found.created_ms) == (
            facts.writer,
            facts.start,
            facts.end,
            facts.created_ms,
        ):
            return Published(self._newest.name, found.end)
        return Lost(found.end)

    def _require_dead_letters(self, facts: SegmentFacts) -> None:
        """Refuse to point at files that were cleaned up while this program was paused."""
        for side in facts.dead_letters:
            if self._storage.modified_s(side.name) is None:
                raise SinkError("expected the dead letters of a segment, they are gone", Position(side.name))

    def _listed(self) -> str | None:
        """Return the name of the newest segment that a listing shows; as little as will do is listed."""
        known = self._hinted() if self._newest is None else self._newest.name
        if known is not None:
            # The newest is never removed: if the known one is, the others behind it are newer.
            later = self._last(self._storage.names(self.name.folder, after=known))
            if later is not None:
                return later
            if self._storage.modified_s(known) is not None:
                return known
        return self._last(self._storage.names(self.name.folder))

    def _last(self, names: list[str]) -> str | None:
        found = [name for name in names if self._is_segment(name)]
        return max(found, default=None)

    def _is_segment(self, name: str) -> bool:
        return is_segment(self.name, name)

    def _read(self, name: str) -> Newest | None:
        content = self._storage.read(name)
        return None if content is None else Newest(name, read_facts(name, content)[0])

    def _hinted(self) -> str | None:
        """Return the segment that was the newest when the hint was written, if the hint makes sense."""
        try:
            content = self._storage.read(f"{self.name.folder}{LATEST}")
        except SinkError:
            return None
        name = "" if content is None else f"{self.name.folder}{content.decode('ascii', 'replace').strip()}"
        return name if self._is_segment(name) else None

    def _hint(self, name: str) -> None:
        hit("chain.before-hint")
        try:
            self._storage.replace(
                f"{self.name.folder}{LATEST}", name.removeprefix(self.name.folder).encode() + b"\n"
            )
        except SinkError:
            # It saves a listing, no more; the segment is in the chain.
            return


def is_segment(chain: ChainName, name: str) -> bool:
    """Return whether a name is that of a segment of this chain, and no foreign file's."""
    return name.rpartition("/")[0] + "/" == chain.folder and segment_bounds(name) is not None


def last_start(facts: SegmentFacts) -> int:
    """Return the start of the last segment in a file."""
    return facts.parts[-1].start if facts.parts else facts.start


def read_genesis(name: str, content: bytes) -> Genesis:
    """Return the beginning of a chain.

    Raises
    ------
    StateError
        If the file has no meaning, or is that of another chain.
    """
    try:
        genesis = msgspec.json.decode(content, type=Genesis)
        folder = chain_name(genesis.topic, genesis.topic_id, genesis.partition).folder
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise StateError(f"the beginning of a chain has no meaning: {error}", Position(name)) from error
    if f"{folder}{GENESIS}" != name:
        raise StateError(f"expected the beginning of this chain, found that of `{folder}`", Position(name))
    return genesis
