"""Logs read side by side, their parts judged on a few threads, and all handed on in order.

Whoever is free takes the next part: of the first log in order that nobody else reads at the moment and that has room.
It reads the part and judges it itself, so no core waits for a reader that others keep from running, and what was read
is judged where it still is in the cache. Only where reading takes as long (inflating), a part is left for others, and
the log read on: who finds it busy then has a part to judge. Logs whose reading may wait for others (pipes, objects of
a store) are read on threads of their own.

As many logs are read at once as there are threads, those first whose turn comes first, none further ahead than twice
as many. The one whose turn it is may have a part in flight for each thread, and one more; each other has two. What was
judged is kept up to ``AHEAD_BYTES`` of a log, and half of it for each thread of those out of turn; then they wait.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Generic, Self, TypeVar

from auditor.reader import FAILED_BYTES, LEAST_BYTES, Reader, nothing, with_room

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from auditor.errors import SourceError
    from auditor.flows.schema import FlowLog, FlowPart
    from auditor.sources.input_file import InputFile

AHEAD_BYTES = 32 << 20
"""What is kept of the judged parts of a log that waits to be handed on."""

_LOGS_AHEAD = 2
_LOOK_S = 0.1
_CLOSE_S = 30.0

TOGETHER = 16
_LONG_S = 0.05
"""So many parts are handed on together while there is room, unless one took long: to wake who takes them is dear."""

T = TypeVar("T")
R = TypeVar("R")
_Read = tuple[Reader[T], "FlowPart", Future[T]]


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
        Threads that read and judge, and logs that are read at once.
    algorithm : str
        What every file is hashed with, ``none`` if it is not.
    look : callable
        Called some times a second where parts are asked for, while a log that may wait gives none; may call ``stop``.
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
        self.n_threads = n_threads
        self._pool = ThreadPoolExecutor(n_threads, thread_name_prefix="classify")
        self._judge = judge
        self._weigh = weigh
        self._look = look
        self._stopped = threading.Event()
        self._readers: list[Reader[T]] = [Reader(file, log, algorithm, self.is_stopped) for file, log in logs]
        self._followers: list[threading.Thread] = []
        self._lock = threading.RLock()
        self._came = threading.Condition(self._lock)  # a judged part, or the end of a log
        self._freed = threading.Condition(self._lock)  # room, or a log that somebody read
        self._turn = self._n_begun = self._n_reading = 0
        self._n_working = 0  # tasks of the pool that take parts
        self._n_choosing = 0  # those of them that have not taken one yet
        self._n_asked = 0  # tasks of others that wait for a thread of the pool
        self._left: deque[_Read[T]] = deque()  # parts that were read, for anybody to judge

    def is_stopped(self) -> bool:
        """Return whether no more is to be read."""
        return self._stopped.is_set()

    def submit(self, work: Callable[..., R], /, *given: object) -> Future[R]:
        """Have other work done on the pool; it waits for no more than the parts that are in work."""
        with self._lock:
            self._n_asked += 1
        return self._pool.submit(self._asked, work, *given)

    def _asked(self, work: Callable[..., R], *given: object) -> R:
        with self._lock:
            self._n_asked -= 1
        return work(*given)

    def parts(self, place: int) -> Iterator[tuple[Future[T], float]]:
        """Yield the parts of a log in order, judged, each with the share up to its end; one log after the other."""
        reader = self._readers[place]
        with self._lock:
            self._turn = place
            self._begin_logs()
            reader.n_parts = self.n_threads + 1
            self._ask_for_parts()
            self._freed.notify_all()
        while True:
            with self._lock:
                if not reader.has_judged and not reader.is_over:
                    self._begin_logs()  # a thread that could not must not be the last to try
                    self._came.wait(_LOOK_S)
                found = reader.take() if reader.has_judged else None
                if found is not None:
                    self._ask_for_parts()
                    if self._followers:
                        self._freed.notify_all()
                elif reader.is_over:
                    return reader.tell_failure()
            if found is not None:
                yield found
            elif reader.may_wait and not self.is_stopped():
                self._look()

    def end(self, place: int) -> tuple[str | None, list[SourceError]]:
        """Return the hash of a log whose parts were taken, None if there is none, and what else is wrong with it."""
        reader = self._readers[place]
        while not reader.is_done:
            with self._lock:
                self._came.wait_for(lambda: reader.is_done, _LOOK_S)
            self._look()
        reader.tell_failure()
        return reader.digest, reader.problems

    def stop(self) -> None:
        """Read no more; what was read is judged."""
        self._stopped.set()
        for reader in self._readers:
            reader.file.stop()
        with self._lock:
            for reader in self._readers[: self._n_begun]:
                reader.is_done |= not (reader.is_busy or reader.may_wait)
            self._came.notify_all()
            self._freed.notify_all()

    def __enter__(self) -> Self:
        """Return the reading itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop, and wait until nothing runs any more."""
        self.stop()
        for thread in self._followers:
            thread.join(_CLOSE_S)
        self._pool.shutdown(wait=True, cancel_futures=True)
        for reader in self._readers:
            if not reader.may_wait:
                reader.close()

    def _begin_logs(self) -> None:
        """Begin as many logs as there is room for; the lock is held."""
        last = min(self._turn + _LOGS_AHEAD * self.n_threads, len(self._readers))
        if self.is_stopped():
            for reader in self._readers[self._n_begun : self._turn + 1]:
                reader.is_done = True
            self._n_begun = max(self._n_begun, self._turn + 1)
            return
        while self._n_begun < last and self._n_reading < self.n_threads:
            reader = self._readers[self._n_begun]
            reader.begin()
            if reader.may_wait:
                thread = threading.Thread(target=self._follow, args=(reader,), name="read", daemon=True)
                thread.start()
                self._followers.append(thread)
            # Only now: if it could not begin, it is tried again in its turn, and fails where somebody sees it.
            self._n_begun += 1
            self._n_reading += 1

    def _open_readers(self, *, may_wait: bool = False) -> list[Reader[T]]:
        """Return the logs of which a part may be read, by whoever is free or on their own threads; the lock is held."""
        begun = self._readers[self._turn : self._n_begun]  # there may be very many that are over
        return [one for one in with_room(begun, AHEAD_BYTES, self.n_threads) if one.may_wait == may_wait]

    def _ask_for_parts(self) -> None:
        """Have as many parts taken as there is room for and somebody is free; the lock is held."""
        while self._n_working < self.n_threads and self._has_room():
            self._n_working += 1
            self._n_choosing += 1
            self._pool.submit(self._work)

    def _work(self) -> None:
        """Read a part and judge it, and so on until others wait for a thread, or there is no room."""
        is_going_on = True
        while is_going_on:
            with self._lock:
                reader = self._chosen()
                self._n_choosing -= 1
                if reader is not None:
                    reader.is_busy = True
            found = None if reader is None else self._read(reader)
            with self._lock:
                if found is not None:
                    self._left.append(found)
                is_leaving = reader is not None and len(self._left) == 1 and reader.is_tight(self.n_threads)
                found = self._left.popleft() if self._left and not is_leaving else None
            if found is not None:
                self._judge_into(*found)
                found[0].hash_on()
            found = None  # its memory is for the next part
            with self._lock:
                is_going_on = bool(self._left) or (not self._n_asked and self._has_room())
                self._n_choosing += is_going_on
                self._n_working -= not is_going_on
                self._ask_for_parts()

    def _has_room(self) -> bool:
        """Return whether one more thread may take a part; the lock is held."""
        room = sum(reader.room(AHEAD_BYTES) for reader in self._open_readers())
        return room > self._n_choosing and not self.is_stopped()

    def _chosen(self) -> Reader[T] | None:
        """Return the log to read; None if there is none, or a part was left. The lock is held, or waited with."""
        while not self.is_stopped():
            readers = self._open_readers()
            free = next((reader for reader in readers if not reader.is_busy), None)
            if free is not None or self._left or not readers:
                return free
            self._freed.wait()  # until whoever reads has its part
        return None

    def _follow(self, reader: Reader[T]) -> None:
        """Read a log that may wait for others to its end; the pool judges."""
        while True:
            with self._lock:
                while not self.is_stopped() and reader not in self._open_readers(may_wait=True):
                    self._freed.wait()
                reader.is_busy = True
            found = self._read(reader)
            if found is not None:
                self.submit(self._judge_into, *found)
            if reader.is_done:
                reader.close()
                return

    def _read(self, reader: Reader[T]) -> _Read[T] | None:
        """Read the next part of a log that is marked as busy; return it with the log and what it is judged into."""
        part: FlowPart | None = None
        failure: BaseException | None = None
        settle: Callable[[], None] = nothing
        try:
            part = None if self.is_stopped() else reader.next_part()
            settle = reader.cut()
            if part is None:
                with self._lock:
                    reader.is_exhausted = True  # nobody need wait until it is hashed
                    self._freed.notify_all()
                    self._came.notify_all()
                reader.finish()
        except BaseException as error:  # noqa: BLE001 - raised again on the thread that asks for parts
            failure = error
        with self._lock:
            reader.is_busy = False
            future = None if part is None else reader.add()
            if future is None or self.is_stopped():
                reader.failure = failure
                reader.is_done = True
                self._n_reading -= 1
                self._begin_logs()
                self._came.notify_all()
            self._ask_for_parts()
            self._freed.notify_all()
        settle()
        return None if part is None or future is None else (reader, part, future)

    def _judge_into(self, reader: Reader[T], part: FlowPart, future: Future[T]) -> None:
        """Judge a part, and count it as kept; wake who takes those of its log if it took long, or there are some."""
        n_bytes = FAILED_BYTES
        begin_s = time.perf_counter()
        try:
            judged = self._judge(part)
            n_bytes = max(LEAST_BYTES, self._weigh(judged))
            future.set_result(judged)
        except BaseException as error:  # noqa: BLE001 - raised again where the part is handed on
            future.set_exception(error)
        took_s = time.perf_counter() - begin_s
        with self._lock:
            reader.count_judged(future, n_bytes, took_s)
            is_due = took_s > _LONG_S or reader.n_judged >= TOGETHER or not reader.room(AHEAD_BYTES)
            if reader.has_judged and (is_due or reader.may_wait) and reader is self._readers[self._turn]:
                self._came.notify_all()
            if reader.may_wait:
                self._freed.notify_all()
