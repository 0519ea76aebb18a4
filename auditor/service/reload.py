"""Policies and inventory as they change: looked at every few seconds, compiled aside, taken over between segments.

Only files that changed are parsed again. If only the inventory did, the tables before are extended to it, if its pods
fall into classes that they have (`compiler/extend.py`); else tables are built in full. The log says which, and why.
1000 policies and 10 000 pods take 1.0 s of one core at first, and 0.4 s where pods were rolled out, moved or removed:
0.6 s if tables must be built. Another thread waits for 0.04 s at a time meanwhile, at most (`bench/bench_reload.py`).
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, NamedTuple

from auditor.errors import AuditorError, ProblemsError, SourceError
from auditor.service.logs import Log
from auditor.service.looks import Looker, has_no_files

if TYPE_CHECKING:
    from collections.abc import Callable

    from auditor.service.looks import Seen
    from auditor.service.sources import Sources
    from auditor.tables.tableset import TableSet

_Files = tuple[tuple["Seen", ...], tuple["Seen", ...]]  # of policies, of the inventory

POLL_S = 5.0
"""Between looks. The kubelet itself takes up to a minute to bring a changed ConfigMap to a pod."""

SETTLE_S = 1.0
"""Until the second look at files that changed."""

MAX_WAITS = 60
"""Looks in a row that may find other files each time before this counts as a failure."""

NEVER_STILL = "files keep changing while they are looked at; write them elsewhere, and rename"

MAX_PROBLEMS = 5
"""Problems of a refused set that its line in the log quotes; `auditor lint` shows all."""


class Outcome(NamedTuple):
    """What one look came to.

    Attributes
    ----------
    result : {'same', 'waiting', 'unchanged', 'success', 'failure'}
        The files of before, files still being written, other files that mean the same, new tables, no tables.
    reason : str
        Of a failure.
    """

    result: str
    reason: str = ""


class Reloader:
    """Keeps looking at the files, and has newer tables ready when the loop asks for them.

    The tables in force are never taken away: what cannot be read or compiled leaves them, is logged once and
    reported at every look until it is cured. A set is compiled only after two looks in a row saw the same files, so
    that a file being written is left alone, and is thrown away if the files changed meanwhile. What is cut short for
    longer than that and still has a meaning cannot be told from what is meant: write elsewhere, and rename.

    Parameters
    ----------
    sources : Sources
        What to read.
    on_outcome : callable
        Told of ``success``, ``unchanged`` and ``failure``, on the thread that looks; counts them.
    poll_s : float
        Seconds between looks.
    clock_ns : callable
        The time that files are stamped with.
    """

    def __init__(
        self,
        sources: Sources,
        on_outcome: Callable[[str], None] = lambda _: None,
        *,
        poll_s: float = POLL_S,
        clock_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._sources, self._on_outcome, self._poll_s = sources, on_outcome, poll_s
        self._looker = Looker(clock_ns=clock_ns)
        self._log = Log("reload")
        self._lock = threading.Lock()
        self._ready: TableSet | None = None
        self._newest = ""  # fingerprint of the newest usable tables
        self._judged: _Files | None = None  # files about which the next is known
        self._verdict = ""  # why they are of no use
        self._before: _Files | None = None  # files of the look before, where they were not judged yet
        self._n_waits = 0  # looks in a row that saw new files each time
        self._complaint = ""  # the failure that was logged last and still stands
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="policy-reload", daemon=True)

    def first(self) -> TableSet:
        """Compile what a service starts with.

        Raises
        ------
        AuditorError
            As ``Sources.compile``: a service that never had policies does not start.
        """
        seen = self._look()
        tables = self._sources.compile().tables
        # Looked at before: files that changed meanwhile differ from these, and are read again.
        self._judged, self._newest = seen, tables.fingerprint
        self._on_outcome("success")
        return tables

    def look(self) -> Outcome:
        """Look once, and compile what is new; nothing that lies in the files makes it raise."""
        try:
            seen = self._look()
        except AuditorError as error:
            self._before = None
            return self._fail(str(error))
        if seen == self._judged:
            self._before, self._n_waits = None, 0
            if self._verdict:
                return self._fail(self._verdict)
            return self._succeed("unchanged") if self._complaint else Outcome("same")
        if seen != self._before:
            self._before = seen
            self._n_waits += 1
            return self._fail(NEVER_STILL) if self._n_waits > MAX_WAITS else Outcome("waiting")
        self._before, self._n_waits = None, 0
        return self._compile(seen)

    def take(self) -> TableSet | None:
        """Return tables newer than those taken before, once, or None: for the loop, between two segments."""
        with self._lock:
            ready, self._ready = self._ready, None
        return ready

    def start(self) -> None:
        """Look every few seconds, on a thread of its own."""
        self._thread.start()

    def is_alive(self) -> bool:
        """Return whether the thread runs."""
        return self._thread.is_alive()

    def stop(self, timeout_s: float = 5.0) -> None:
        """End the thread; tables being compiled are abandoned."""
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _run(self) -> None:
        wait_s = self._poll_s
        while not self._wake.wait(wait_s):
            wait_s = min(self._poll_s, SETTLE_S) if self.look().result == "waiting" else self._poll_s

    def _look(self) -> _Files:
        policies, inventory = self._sources.policies, self._sources.inventory
        if self._sources.allow_empty:
            policies = [path for path in policies if not has_no_files(path)]
        return self._looker.look(policies), self._looker.look(inventory)

    def _compile(self, seen: _Files) -> Outcome:
        begin = time.monotonic()
        try:
            tables, built_for = self._sources.compile()
            after = self._look()
        except SourceError as error:
            return self._fail(str(error))  # not the fault of what lies in the files: tried again
        except AuditorError as error:
            problems = error.problems if isinstance(error, ProblemsError) else ()
            more = f"; and {len(problems) - MAX_PROBLEMS} more" if len(problems) > MAX_PROBLEMS else ""
            reason = (
                "; ".join(str(problem) for problem in problems[:MAX_PROBLEMS]) + more
                if problems
                else str(error)
            )
            self._judged, self._verdict = seen, reason
            return self._fail(reason)
        except Exception as error:  # noqa: BLE001 - a bug that new files find must not take the old tables away
            self._judged, self._verdict = seen, f"bug: {type(error).__name__}"
            return self._fail(self._verdict, error)
        if after != seen:
            self._before = after
            return Outcome("waiting")
        self._judged, self._verdict = seen, ""
        if tables.fingerprint == self._newest:
            return self._succeed("unchanged")
        self._newest = tables.fingerprint
        with self._lock:
            self._ready = tables
        seconds = round(time.monotonic() - begin, 3)
        n_policies, n_warnings = len(tables.policies.policies), len(tables.provenance.warnings)
        self._log.note(
            "new policies or inventory compiled",
            fingerprint=tables.fingerprint,
            policies=n_policies,
            endpoints=len(tables.inventory.endpoints),
            warnings=n_warnings,
            tables="extended" if built_for is None else "rebuilt",
            seconds=seconds,
            **({} if built_for is None else {"reason": str(built_for)}),
        )
        return self._succeed("success")

    def _succeed(self, result: str) -> Outcome:
        if self._complaint:
            self._log.note("policies and inventory can be used again")
        self._complaint = ""
        self._on_outcome(result)
        return Outcome(result)

    def _fail(self, reason: str, bug: Exception | None = None) -> Outcome:
        if reason != self._complaint:
            self._log.fail(
                "policies or inventory cannot be used; those before stay in force", error=bug, reason=reason
            )
        self._complaint = reason
        self._on_outcome("failure")
        return Outcome("failure", reason)
