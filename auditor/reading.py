"""Logs read side by side, each on a thread of its own, their parts judged on a pool, and all handed on in order.

As many logs are read at once as there are threads, those first whose turn comes first, and none that is further
ahead than twice as many. The one whose turn it is may have as many parts in flight as there are threads, and one
more; each of the others has two, and keeps what was judged of it up to ``AHEAD_BYTES``. Then it waits, so that memory
does not grow with the logs.
"""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Generic, Self, TypeVar

from auditor.errors import SourceError
from auditor.flows.unreadable import UnreadablePart

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from auditor.flows.schema import FlowLog, FlowPart
    from auditor.sources.input_file import InputFile

AHEAD_BYTES = 32 << 20
"""What is kept of the judged parts of a log that waits for its turn."""

LEAST_BYTES = 1 << 20
"""What a judged part counts as at least: it has tallies, and rests of what it was made of."""

_PARTS_AHEAD = 2
_LOGS_AHEAD = 2
_LOOK_S = 0.1
_CLOSE_S = 30.0

T = TypeVar("T")


class Reading(Generic[T]):
    """Some logs being read.

    Parameters
    ----------
    logs : sequence of (InputFile, FlowLog)
        In the order they are handed on.
    judge : callable
        Decodes and judges a part, on a thread of the pool.
    weigh : callable
        Returns how many bytes are kept of what ``judge`` returned.
    n_threads : int
        Threads that judge, and logs that are read at once.
    algorithm : str
        What every file is hashed with, ``none`` if it is not.
    look : callable
        Called some times a second on the thread that asks for parts, while a log that may wait for others gives
        none; it may call ``stop``.
    """

    def __init__(
        self,
        logs: Sequence[tuple[InputFile, FlowLog]],
        judge: Callable[[FlowPart], T],
        weigh: Callable[[T], int],
        n_threads: int,
        algorithm: str,
        look: Callable[[], None],
    ) -> None:
        self.judge = judge
        self.weigh = weigh
        self.n_threads = n_threads
        self.algorithm = None if algorithm == "none" else algorithm
        self.pool = ThreadPoolExecutor(n_threads, thread_name_prefix="classify")
        self._look = look
        self._stopped = threading.Event()
        self._readers = [_Reader(self, file, log) for file, log in logs]
        self._beginning = threading.Lock()
        self._n_begun = 0
        self._n_reading = 0
        self._turn = 0

    def is_stopped(self) -> bool:
        """Return whether no more is to be read."""
        return self._stopped.is_set()

    def parts(self, place: int) -> Iterator[tuple[Future[T], float]]:
        """Yield the parts of the log at ``place`` in order, being judged, each with the share up to its end.

        Logs are asked for one after the other.
        """
        reader = self._readers[place]
        self._turn = place
        self.begin_logs()
        reader.take_turn()
        while True:
            found = reader.next_part(_LOOK_S)
            if isinstance(found, tuple):
                yield found
            elif found:
                return
            elif reader.file.may_wait and not self.is_stopped():
                self._look()

    def begin_logs(self, n_ended: int = 0) -> None:
        """Begin as many logs as there is room for, now that ``n_ended`` more were read."""
        with self._beginning:
            self._n_reading -= n_ended
            last = min(self._turn + _LOGS_AHEAD * self.n_threads, len(self._readers))
            while self._n_begun < last and self._n_reading < self.n_threads:
                if self.is_stopped() and self._n_begun > self._turn:
                    return
                self._readers[self._n_begun].start()
                self._n_begun += 1
                self._n_reading += 1

    def end(self, place: int) -> tuple[str | None, list[SourceError]]:
        """Return the hash of a log that was read, None if there is none, and what else is wrong with it."""
        reader = self._readers[place]
        return reader.digest, reader.problems

    def stop(self) -> None:
        """Read no more; what was read is judged."""
        self._stopped.set()
        for reader in self._readers:
            reader.wake()

    def __enter__(self) -> Self:
        """Return the reading itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop, and wait until nothing runs any more."""
        self.stop()
        with self._beginning:
            n_begun = self._n_begun
        for reader in self._readers[:n_begun]:
            reader.join(_CLOSE_S)
        self.pool.shutdown(wait=True, cancel_futures=True)


class _Reader(Generic[T]):
    """One log, and the thread that reads it."""

    def __init__(self, reading: Reading[T], file: InputFile, log: FlowLog) -> None:
        self.file = file
        self.digest: str | None = None
        self.problems: list[SourceError] = []
        self._reading = reading
        self._log = log
        self._thread = threading.Thread(target=self._run, name="read", daemon=True)
        self._changed = threading.Condition()
        self._parts: deque[tuple[Future[T], float]] = deque()
        self._n_parts = _PARTS_AHEAD
        self._n_unjudged = 0
        self._n_kept_bytes = 0
        self._weights: dict[Future[T], int] = {}
        self._is_done = False
        self._failure: BaseException | None = None

    def start(self) -> None:
        self._thread.start()

    def join(self, timeout: float) -> None:
        self._thread.join(timeout)

    def wake(self) -> None:
        """Look again at whether there is room, and whether it is to go on at all."""
        if self._reading.is_stopped():
            self.file.stop()
        with self._changed:
            self._changed.notify_all()

    def take_turn(self) -> None:
        """Allow as many parts in flight as the one log has whose parts are waited for."""
        with self._changed:
            self._n_parts = self._reading.n_threads + 1
            self._changed.notify_all()

    def next_part(self, timeout: float) -> tuple[Future[T], float] | bool:
        """Return the next part; True if there is none any more, False if there is none yet."""
        with self._changed:
            if not self._parts and not self._is_done:
                self._changed.wait(timeout)
            if self._parts:
                future, share = self._parts.popleft()
                self._n_kept_bytes -= self._weights.pop(future, 0)
                self._changed.notify_all()
                return future, share
            if self._failure is not None:
                raise self._failure
            return self._is_done

    def _run(self) -> None:
        try:
            self._read()
        except BaseException as error:  # noqa: BLE001 - raised again on the thread that waits for it
            self._failure = error
        with self._changed:
            self._is_done = True
            self._changed.notify_all()
        self._reading.begin_logs(1)

    def _read(self) -> None:
        algorithm, pool = self._reading.algorithm, self._reading.pool
        hashed: Future[str | None] | None = None
        if algorithm is not None and _is_in_order(self._log):
            self.file.hash_as_read(algorithm)
        elif algorithm is not None and not self.file.may_wait:
            hashed = pool.submit(self.file.digest, algorithm, self._reading.is_stopped)
        parts = _parts(self._log)
        try:
            while self._has_room() and (part := next(parts, None)) is not None:
                if self.file.may_wait and self._reading.is_stopped() and isinstance(part, UnreadablePart):
                    return  # cut off by the request to stop
                self._submit(part)
        finally:
            parts.close()
        if self._reading.is_stopped():
            return
        try:
            self.digest = self.file.digest_read
            if hashed is not None:
                self.digest = hashed.result()
            elif self.digest is None and algorithm is not None and not self.file.may_wait:
                self.digest = self.file.digest(algorithm, self._reading.is_stopped)
            self.file.check()
        except SourceError as error:
            self.problems.append(error)

    def _has_room(self) -> bool:
        """Wait until the next part may be read; False if it is not wanted any more."""
        with self._changed:
            while not self._reading.is_stopped():
                if self._n_unjudged < self._n_parts and self._n_kept_bytes < AHEAD_BYTES:
                    return True
                self._changed.wait()
        return False

    def _submit(self, part: FlowPart) -> None:
        with self._changed:
            self._n_unjudged += 1
            future = self._reading.pool.submit(self._reading.judge, part)
            self._parts.append((future, self._log.share_read))
            self._weights[future] = 0
            self._changed.notify_all()
        future.add_done_callback(self._judged)

    def _judged(self, future: Future[T]) -> None:
        """Count a part that was judged as kept, unless it was taken already."""
        is_sound = not future.cancelled() and future.exception() is None
        weight = max(LEAST_BYTES, self._reading.weigh(future.result())) if is_sound else LEAST_BYTES
        with self._changed:
            self._n_unjudged -= 1
            if future in self._weights:
                self._weights[future] = weight
                self._n_kept_bytes += weight
            self._changed.notify_all()


def _is_in_order(log: FlowLog) -> bool:
    """Return whether a log is read front to back; tables are read in any order, and an empty one not at all."""
    return log.format in ("vpc-text", "hubble-json", "generic-csv", "generic-json")


def _parts(log: FlowLog) -> Generator[FlowPart, None, None]:
    """Yield the parts of a log; where it cannot be read further, one that says so in its turn."""
    try:
        yield from log.parts()
    except SourceError as error:
        yield UnreadablePart(error)
