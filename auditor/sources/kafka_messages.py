"""Messages of Kafka as arrays, and what the service asks of whoever reads them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy as np
    from numpy.typing import NDArray

from auditor.errors import SourceError

FORMAT_HEADER = "auditor.format"
"""The header of a message that names the format of its value."""

UNNAMED_FORMAT = "(one of too many)"
"""Stands in ``Messages.formats`` for all names behind the first 31: no decoder has it, so its messages are rejected."""

NO_TOPIC_ID = "00000000-0000-0000-0000-000000000000"
"""What a broker before version 2.8 says of every topic."""


class Partition(NamedTuple):
    """A partition of a topic."""

    topic: str
    number: int

    def __str__(self) -> str:
        """Return ``topic/number``."""
        return f"{self.topic}/{self.number}"


@dataclass(frozen=True, slots=True)
class Damage:
    """Offsets that hold something that could not be read.

    Attributes
    ----------
    first, last : int
        The first and the last of them.
    reason : str
        Why, as a clause: "its checksum is wrong".
    """

    first: int
    last: int
    reason: str


@dataclass(frozen=True, slots=True)
class Messages:
    """Consecutive messages of one partition, N of them, without a Python object for each.

    Attributes
    ----------
    topic : str
        Name of the topic.
    partition : int
        Number of the partition.
    values : ndarray of uint8
        Holds all values, other bytes between them, and behind them ``PADDING`` bytes or more that scanners may read
        beyond a text. Not to be written to: it may be a part of what the broker sent.
        Nobody else has it: who decodes may overwrite it.
    starts : ndarray of int64, shape (N,)
        Place of each value.
    lengths : ndarray of int64, shape (N,)
        Its bytes; -1 is null (a tombstone).
    offsets : ndarray of int64, shape (N,)
        Ascending; there may be gaps.
    timestamps_ms : ndarray of int64, shape (N,)
        Since 1970; -1 if not known.
    formats : tuple of str
        Distinct values of the header ``FORMAT_HEADER``.
    format_codes : ndarray of int8, shape (N,)
        Place in ``formats``; -1 where a message has no such header, or one without a value.
    start : int
        The position before them.
    end : int
        The position behind them: above the last offset, and above control batches, aborted transactions and gaps.
    damaged : tuple of Damage
        What could not be read among them, ascending.
    decode_s : float
        Seconds that it took to inflate and walk their record batches, 0 if the client did so.
    """

    topic: str
    partition: int
    values: NDArray[np.uint8]
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]
    offsets: NDArray[np.int64]
    timestamps_ms: NDArray[np.int64]
    formats: tuple[str, ...]
    format_codes: NDArray[np.int8]
    start: int
    end: int
    damaged: tuple[Damage, ...] = ()
    decode_s: float = field(default=0.0, compare=False)

    def __len__(self) -> int:
        """Return how many messages there are."""
        return len(self.offsets)

    @property
    def place(self) -> Partition:
        """The partition that they are from."""
        return Partition(self.topic, self.partition)


@dataclass(frozen=True, slots=True)
class OutOfRange:
    """A position that the log does not have: retention overtook it, or the log was cut or made anew.

    Attributes
    ----------
    partition : Partition
        Paused since, until somebody seeks and resumes.
    position : int
        What was asked for.
    reason : str
        Why it cannot be had, as a clause.
    """

    partition: Partition
    position: int
    reason: str


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened to the partitions of this member, in the order in which it is to be dealt with.

    Attributes
    ----------
    revoked : tuple of Partition
        Were given back in order; what was read of them and not published is to be dropped.
    lost : tuple of Partition
        Were taken away: another member may own them already.
    assigned : tuple of Partition
        Are paused, and need ``seek`` and ``resume``. One that is among the others too was away in between.
    out_of_range : tuple of OutOfRange
        Are paused, and need a decision.
    """

    revoked: tuple[Partition, ...] = ()
    lost: tuple[Partition, ...] = ()
    assigned: tuple[Partition, ...] = ()
    out_of_range: tuple[OutOfRange, ...] = ()

    def __bool__(self) -> bool:
        """Return whether anything happened."""
        return bool(self.revoked or self.lost or self.assigned or self.out_of_range)


class CommitRefusedError(SourceError):
    """The group does not take a commit from this member now: it is rebalancing, or has moved on without it."""


class FencedError(SourceError):
    """Another member goes by the name of this one, so that this one is none any more."""


class MessageSource(Protocol):
    """Where the service takes messages from; one thread uses it.

    A partition is delivered in order and without holes: the ``start`` of each ``Messages`` is the ``end`` of the one
    before, or what was sought. Nothing is committed unless ``commit`` says so, and a position is never changed but by
    ``seek``.
    """

    def poll(self, timeout_s: float) -> list[Messages]:
        """Return what has arrived, waiting so long at most; call it often enough to stay in the group."""
        ...

    def take_changes(self) -> Changes:
        """Return what changed since the last call; before it is dealt with, messages of those partitions are void."""
        ...

    def seek(self, partition: Partition, offset: int) -> None:
        """Go on at an offset."""
        ...

    def pause(self, partitions: Iterable[Partition]) -> None:
        """Deliver nothing of these until they are resumed; what was fetched is kept."""
        ...

    def resume(self, partitions: Iterable[Partition]) -> None:
        """Deliver these; each must have been sought since it was assigned."""
        ...

    def commit(
        self, offsets: Mapping[Partition, int], topic_ids: Mapping[Partition, str] | None = None
    ) -> None:
        """Tell the group how far this member is, and in which topic where that is known."""
        ...

    def committed(self, partition: Partition, topic_id: str | None = None) -> int | None:
        """Return what the group was told last, None if nothing, or of another topic than ``topic_id``.

        A topic that was created anew has the name of the old one, and what was told of that may still be there, or
        arrive late.
        """
        ...

    def bounds(self, partition: Partition) -> tuple[int, int]:
        """Return the first offset that the log still has, and the first that it does not have yet."""
        ...

    def topic_id(self, topic: str) -> str:
        """Return what tells a topic from a later one of the same name, ``NO_TOPIC_ID`` if nothing does."""
        ...

    def close(self, *, leave: bool = True) -> None:
        """Let go of everything; a static member that does not ``leave`` keeps its partitions for a while."""
        ...
