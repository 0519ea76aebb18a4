"""Kernels that another process compiles meanwhile: the first start uses two processors.

Numba compiles one function of a process at a time, so a thread would only wait.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

MOST_S: Final = 40.0
"""So long after its start nobody waits for the other process any more, which needs about 10 s."""

_LIFE_S: Final = 120
"""It ends by itself then, if who started it was killed."""


class Ahead:
    """The other process, seen from the one that needs its kernels.

    Parameters
    ----------
    command : sequence of str
        A program that compiles the kernels and writes the name of each to its standard output, in a line of its own, as
        soon as nobody need wait for it (``announce``). If it ends or fails, its kernels are compiled where they are
        needed.
    names : collection of str
        The kernels to wait for: module and function, with a point between them.
    most_s : float
        How long it may take.

    Raises
    ------
    OSError
        If it cannot be started.
    """

    def __init__(self, command: Sequence[str], names: Collection[str], most_s: float = MOST_S) -> None:
        self._names = frozenset(names)
        self._announced: set[str] = set()
        self._rest = b""
        self._deadline = time.monotonic() + most_s
        # A session of its own: Ctrl-C is for the process that somebody waits for, which ends this one.
        self._process = subprocess.Popen(  # noqa: S603 - the command is ours
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def wait_for(self, name: str) -> bool:
        """Wait until a kernel is announced; return whether it was.

        Numba looks for kernels under a lock of its own, so no two threads wait here.
        """
        if name not in self._names:
            return False
        while name not in self._announced:
            if not self._listen():
                self._names = frozenset()
                return False
        return True

    def _listen(self) -> bool:
        """Take the next announcements; return False where none will come."""
        assert self._process.stdout is not None
        poll = select.poll()
        try:
            pipe = self._process.stdout.fileno()
            poll.register(pipe, select.POLLIN)
            left_s = max(0.0, self._deadline - time.monotonic())
            came = os.read(pipe, 4096) if poll.poll(left_s * 1000) else b""
        except (OSError, ValueError):  # it was closed
            return False
        *lines, self._rest = (self._rest + came).split(b"\n")
        self._announced.update(line.decode(errors="replace") for line in lines)
        return bool(came)

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


_ahead: Ahead | None = None
_announces = False


@contextmanager
def compiling_ahead(command: Sequence[str], names: Collection[str], most_s: float = MOST_S) -> Iterator[None]:
    """Have another process compile kernels; see ``Ahead``."""
    global _ahead  # noqa: PLW0603 - the caches of kernels are as global as the kernels
    begun = None
    try:
        begun = _ahead = Ahead(command, names, most_s)
        yield
    finally:
        _ahead = None
        if begun is not None:
            begun.close()


def is_coming(name: str) -> bool:
    """Wait for a kernel that is being compiled ahead; return whether it may be kept by now."""
    ahead = _ahead  # another thread may end it
    return ahead is not None and ahead.wait_for(name)


def announce_all(folder: Path) -> bool:
    """Announce kernels from now on; return False if another process does, for the same cache.

    Parameters
    ----------
    folder : Path
        The cache of compiled kernels.
    """
    import fcntl  # noqa: PLC0415 - there is none outside POSIX, where no process is started

    global _announces  # noqa: PLW0603 - like the above
    # Held until the process ends. Audits that start side by side would all compile the same.
    lock = os.open(folder / "ahead.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return False
    except OSError:
        # Not every file system has locks.
        os.close(lock)
    signal.alarm(_LIFE_S)
    # Where memory is short this process is the one to end, and who waits goes on without it; but where the kernel ends
    # all processes of a container together.
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    _announces = True
    return True


def announce(name: str) -> None:
    """Say, if somebody waits, that a kernel is kept or cannot be."""
    if _announces:
        sys.stdout.write(f"{name}\n")
        sys.stdout.flush()
