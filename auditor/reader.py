"""One log being read: which of its parts are in flight, whether there is room for more, and how it ended."""

from __future__ import annotations

import time
from collections import deque
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

from auditor.errors import SourceError
from auditor.flows.unreadable import UnreadablePart

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from auditor.flows.schema import FlowLog, FlowPart
    from auditor.sources.aside import AsideDigest
    from auditor.sources.input_file import InputFile

    IsStopped = Callable[[], bool]

LEAST_BYTES = 1 << 16
"""What a judged part counts as at least: it has objects, and holes around them that nothing else fits into."""

FAILED_BYTES = 1 << 20
"""What a part that failed counts as: it may keep what it was made of."""

_PARTS_AHEAD = 2

_HASHED_LAST = 8
"""Parts: to hash them takes about as long as to judge one, for which threads may wait for each other at the end."""

_TIGHT = 0.8
"""Of the time in which all threads work, for which a log is read: then who is done with a part often finds it busy."""

T = TypeVar("T")


class Reader(Generic[T]):
    """One log.

    ``begin``, ``next_part`` and ``finish`` read, by one thread at a time; all else is bookkeeping, done by whoever
    holds the lock of the reading.

    Parameters
    ----------
    file : InputFile
        Its bytes.
    log : FlowLog
        Its parts.
    algorithm : str
        What the file is hashed with; ``none`` if it is not.
    is_stopped : callable
        Whether no more is to be read.

    Attributes
    ----------
    may_wait : bool
        Whether reading may wait for others.
    n_parts : int
        How many parts may be in flight.
    is_busy : bool
        Whether somebody reads right now.
    is_exhausted, is_done : bool
        Whether no part comes any more, and whether the file was looked after, too.
    failure : BaseException or None
        What reading raised that no log may raise.
    problems : list of SourceError
        What is wrong with the file beside its parts.
    """

    def __init__(self, file: InputFile, log: FlowLog, algorithm: str, is_stopped: IsStopped) -> None:
        self.file = file
        self.may_wait = file.may_wait
        self.n_parts = _PARTS_AHEAD
        self.is_busy = False
        self.is_exhausted = False
        self.is_done = False
        self.failure: BaseException | None = None
        self.problems: list[SourceError] = []
        self._read_s = self._judged_s = 0.0
        self._log = log
        self._algorithm = None if algorithm == "none" else algorithm
        self._is_stopped = is_stopped
        self._source: Generator[FlowPart, None, None] | None = None
        self._digest: str | None = None
        self._aside: AsideDigest | None = None
        self._n_read = 0
        self._parts: deque[tuple[Future[T], float]] = deque()
        self._weights: dict[Future[T], int] = {}
        self._n_unjudged = 0
        self._n_kept_bytes = 0

    def begin(self) -> None:
        """Prepare to read; tables are hashed aside."""
        if self._algorithm is not None and _is_in_order(self._log):
            self.file.hash_as_read(self._algorithm)
        elif self._algorithm is not None and not self.file.may_wait:
            self._aside = self.file.digest_aside(self._algorithm, self._is_stopped)
        self._source = _parts(self._log)

    def cut(self) -> Callable[[], None]:
        """Return what hashes the bytes read since the last time: to be called once others may read."""
        late = self.file.late
        return nothing if late is None else partial(late.settle, late.cut())

    def next_part(self) -> FlowPart | None:
        """Read the next part; None if there is none any more."""
        assert self._source is not None
        begin_s = time.perf_counter()
        part = next(self._source, None)
        self._read_s += time.perf_counter() - begin_s
        if self.file.may_wait and self._is_stopped() and isinstance(part, UnreadablePart):
            return None  # cut off by the request to stop
        return part

    def finish(self) -> None:
        """Hash what was not hashed on the way, and look whether the file is still what it was."""
        self.file.late = None  # there may be very many logs
        if self._is_stopped():
            return
        try:
            self._digest = self.file.digest_read
            if self._aside is not None:
                self._digest = self._aside.finish()
                self._aside = None  # there may be very many logs
            elif self._digest is None and self._algorithm and not self.file.may_wait:
                self._digest = self.file.digest(self._algorithm, self._is_stopped)
            self.file.check()
        except SourceError as error:
            self.problems.append(error)

    def close(self) -> None:
        """Let go of the file, from wherever reading has come to."""
        if self._source is not None:
            self._source.close()
        if self._aside is not None:
            self._aside.close()

    def tell_failure(self) -> None:
        """Raise what reading raised that no log may raise."""
        if self.failure is not None:
            raise self.failure

    @property
    def digest(self) -> str | None:
        """Hash of the file, None if there is none; known once it is done."""
        return self._digest

    def hash_on(self) -> None:
        """Hash aside what was read, but for the last parts: they are left for when other threads finish theirs."""
        aside = self._aside  # somebody else may finish it meanwhile
        if aside is not None and self._n_read > _HASHED_LAST:
            share = self._log.share_read * (1 - _HASHED_LAST / self._n_read)
            aside.advance(self.file.size * share)

    def room(self, n_bytes: int) -> int:
        """Return how many more parts may be read, if at most ``n_bytes`` are kept of judged ones."""
        if self.is_exhausted or self.is_done or self._n_kept_bytes >= n_bytes:
            return 0
        return max(0, self.n_parts - self._n_unjudged)

    def add(self) -> Future[T]:
        """Count the part just read, and return what it is to be judged into."""
        future: Future[T] = Future()
        self._n_read += 1
        self._n_unjudged += 1
        self._parts.append((future, self._log.share_read))
        self._weights[future] = 0
        return future

    def count_judged(self, future: Future[T], n_bytes: int, took_s: float) -> None:
        """Count a part that was judged, in so much time, as kept, unless it was taken already."""
        self._n_unjudged -= 1
        self._judged_s += took_s
        if future in self._weights:
            self._weights[future] = n_bytes
            self._n_kept_bytes += n_bytes

    def is_tight(self, n_threads: int) -> bool:
        """Return whether it may be read on at once, and would else often be waited for by one of so many threads."""
        may_go_on = self.n_parts > self._n_unjudged and not (
            self.is_busy or self.is_exhausted or self.is_done
        )
        share = self._read_s / (self._read_s + self._judged_s) if self._judged_s else 0.0
        return may_go_on and n_threads > 1 and share * n_threads > _TIGHT

    @property
    def n_kept_bytes(self) -> int:
        """About how much memory the parts take that were judged and not taken yet."""
        return self._n_kept_bytes

    @property
    def n_judged(self) -> int:
        """How many parts were judged and not taken yet."""
        return len(self._parts) - self._n_unjudged

    @property
    def has_judged(self) -> bool:
        """Whether the next part was judged."""
        return bool(self._parts) and self._parts[0][0].done()

    @property
    def is_over(self) -> bool:
        """Whether all parts of the log were taken; it may still be hashed."""
        return (self.is_exhausted or self.is_done) and not self._parts

    def take(self) -> tuple[Future[T], float]:
        """Return the next part, with the share of the log up to its end."""
        future, share = self._parts.popleft()
        self._n_kept_bytes -= self._weights.pop(future)
        return future, share


def with_room(readers: Sequence[Reader[T]], n_bytes: int, n_threads: int) -> list[Reader[T]]:
    """Return the logs of which a part may be read.

    Parameters
    ----------
    readers : sequence of Reader
        Those begun and not over, the one in turn first.
    n_bytes : int
        What may be kept of one log, and of all but the first half of it for each thread.
    n_threads : int
        How many threads there are.
    """
    is_full = sum(reader.n_kept_bytes for reader in readers[1:]) * 2 >= n_bytes * n_threads
    return [reader for reader in readers[: 1 if is_full else None] if reader.room(n_bytes)]


def nothing() -> None:
    """Do nothing: where nobody hashes late."""


def _is_in_order(log: FlowLog) -> bool:
    """Return whether a log is read front to back; tables are read in any order, and an empty one not at all."""
    return log.format in ("vpc-text", "hubble-json", "generic-csv", "generic-json")


def _parts(log: FlowLog) -> Generator[FlowPart, None, None]:
    """Yield the parts of a log; where it cannot be read further, one that says so in its turn."""
    try:
        yield from log.parts()
    except SourceError as error:
        yield UnreadablePart(error)
