"""Which files of a chain count, where several hold the same segments.

Merging writes a new file and then removes those that it holds; a program that dies between leaves both. A file all of
whose segments stand in a larger file is superseded, and counts for nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from auditor.service.facts import Part

if TYPE_CHECKING:
    from collections.abc import Iterable

    from auditor.service.facts import SegmentFacts


class Held(NamedTuple):
    """A file of a chain.

    Attributes
    ----------
    name : str
        In the storage.
    facts : SegmentFacts
        What it says of itself.
    checksum : str
        Of it.
    """

    name: str
    facts: SegmentFacts
    checksum: str

    @property
    def parts(self) -> tuple[Part, ...]:
        """Return the segments in the file: itself, unless it was merged."""
        facts = self.facts
        return facts.parts or (Part(facts.start, facts.end, self.checksum, facts.previous),)


class Cover(NamedTuple):
    """Files of a chain, in the order of offsets.

    Attributes
    ----------
    counting : tuple of Held
        Those that hold the chain.
    superseded : tuple of Held
        Those whose segments stand in another as well.
    """

    counting: tuple[Held, ...]
    superseded: tuple[Held, ...]


def cover(files: Iterable[Held]) -> Cover:
    """Tell which files count."""
    ordered = sorted(files, key=lambda file: (file.facts.start, -file.facts.end, not file.facts.parts))
    counting: list[Held] = []
    superseded: list[Held] = []
    for file in ordered:
        # Whatever holds it starts no later and ends no earlier, so it came before.
        larger = (other for other in counting if other.facts.parts and other.facts.end >= file.facts.end)
        if any(is_within(file, other) for other in larger):
            superseded.append(file)
        else:
            counting.append(file)
    return Cover(tuple(counting), tuple(superseded))


def is_within(file: Held, other: Held) -> bool:
    """Return whether all segments of a file stand in another."""
    return bool(other.facts.parts) and set(file.parts) <= set(other.parts)
