"""What a segment says of itself, in the metadata of its file as one JSON text."""

from __future__ import annotations

import msgspec

from auditor.about import VERSION

FINDINGS = ("violation", "misdropped", "undecided", "blocked", "permitted")
"""Counts of flows by finding; together they are the count ``flows``."""


class SideFile(msgspec.Struct, frozen=True):
    """A file of dead letters.

    Attributes
    ----------
    name : str
        In the storage.
    checksum : str
        BLAKE3 of its bytes.
    n_rows : int
        Messages in it.
    """

    name: str
    checksum: str
    n_rows: int


class Part(msgspec.Struct, frozen=True):
    """A segment that was merged into another file.

    Attributes
    ----------
    start, end : int
        Its offsets, as in ``SegmentFacts``.
    checksum : str
        That it carried.
    previous : int or None
        Start of the segment before it.
    """

    start: int
    end: int
    checksum: str
    previous: int | None


class SegmentFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One segment: the offsets ``[start, end)`` of a partition, judged with one set of policies.

    Attributes
    ----------
    topic, topic_id : str
        Where they come from.
    partition : int
        Of the topic.
    start : int
        First offset: the end of the segment before.
    end : int
        The consumer's position behind: at least one more than the last offset that held a message.
    writer : str
        Whoever wrote it: another for every run of a program.
    created_ms : int
        When, in milliseconds since 1970, by the clock of the writer.
    policies, tables : str
        Fingerprints of the policies and of the tables compiled from them.
    version : str
        Of the program.
    rows : {'violations', 'all'}
        Which flows are rows.
    n_rows : int
        How many there are.
    counts : dict of str to int
        ``messages``, ``skipped``, ``rejected`` of Kafka; ``flows`` and ``FINDINGS`` of flows; others as they come.
    first_ms, last_ms : int or None
        Least and greatest timestamp of the messages.
    previous : int or None
        Start of the segment before; None at the beginning of a chain.
    gap : str or None
        Why nobody read these offsets; such a segment has no rows.
    dead_letters : tuple of SideFile
        Messages that could not be read.
    parts : tuple of Part
        The segments that this file was merged from.
    """

    topic: str
    topic_id: str
    partition: int
    start: int
    end: int
    writer: str
    created_ms: int
    policies: str = ""
    tables: str = ""
    version: str = VERSION
    rows: str = "violations"
    n_rows: int = 0
    counts: dict[str, int] = msgspec.field(default_factory=dict)
    first_ms: int | None = None
    last_ms: int | None = None
    previous: int | None = None
    gap: str | None = None
    dead_letters: tuple[SideFile, ...] = ()
    parts: tuple[Part, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if not 0 <= self.start < self.end:
            raise ValueError(f"expected offsets in order, came `{self.start}` to `{self.end}`")
        if self.n_rows < 0 or any(count < 0 for count in self.counts.values()):
            raise ValueError("expected counts from 0")


def facts_json(facts: SegmentFacts) -> bytes:
    """Return the facts as JSON; the same facts give the same bytes."""
    return msgspec.json.encode(facts, order="sorted")


def parse_facts(text: bytes) -> SegmentFacts:
    """Return the facts of a JSON text; what a newer version added is passed over.

    Raises
    ------
    msgspec.DecodeError or UnicodeDecodeError
        If it is no such text.
    """
    return msgspec.json.decode(text, type=SegmentFacts)
