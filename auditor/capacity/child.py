"""Measurements in a process of their own: a line for each job with its settings, one for what it found, as JSON."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from contextlib import redirect_stdout, suppress
from typing import TYPE_CHECKING, Any, Self

from auditor.capacity.measuring import ONE_CORE, SINGLE, child_environment, pinned
from auditor.errors import AuditorError, SourceError

if TYPE_CHECKING:
    from collections.abc import Sequence

JOBS = {
    "stages": "auditor.capacity.job_stages",
    "growth": "auditor.capacity.job_growth",
    "kafka": "auditor.capacity.job_kafka",
    "messages": "auditor.capacity.job_messages",
    "peers": "auditor.capacity.job_peers",
}
"""The module of each job; its function ``run`` takes the settings."""
PATIENCE_S = 2.0
"""How long a process may take to end by itself."""


class Worker:
    """A process that does one job after the other.

    Its libraries are imported, its kernels loaded and policies compiled once, which takes longer than most jobs.

    Parameters
    ----------
    cores : sequence of int
        Where it runs; on one core, libraries may use no more threads.
    environment : str
        Further environment.
    """

    def __init__(self, cores: Sequence[int] = ONE_CORE, **environment: str) -> None:
        single = SINGLE if len(cores) == 1 else {}
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  closed with this worker
        with pinned(cores):
            self._child = subprocess.Popen(
                [sys.executable, "-m", "auditor.capacity.child"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._said,
                text=True,
                env=child_environment(**single, **environment),
            )

    def __enter__(self) -> Self:
        """Give it."""
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self.close()

    @property
    def is_alive(self) -> bool:
        """Whether it can do another job."""
        return self._child.poll() is None and not self._said.closed

    def ask(self, job: str, settings: dict[str, Any]) -> dict[str, Any]:
        """Do a job; return what it found.

        Raises
        ------
        SourceError
            It failed, and this worker ended; with the last line that it wrote to standard error.
        """
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        try:
            self._child.stdin.write(json.dumps([job, settings]) + "\n")
            self._child.stdin.flush()
            line = self._child.stdout.readline()
        except BrokenPipeError:
            line = ""
        except BaseException:
            self.close()
            raise
        if not line:
            code = self._child.wait()
            self._said.seek(0)
            words = self._said.read().decode("utf-8", "replace").strip().splitlines()
            self.close()
            raise SourceError(f"measuring `{job}` ended with {code}: {words[-1] if words else 'no words'}")
        found: dict[str, Any] = json.loads(line)
        return found

    def close(self) -> None:
        """End the process: by itself, which removes its folders, if it has nothing to do."""
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        with suppress(BrokenPipeError):
            self._child.stdin.close()
        try:
            self._child.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._child.stdout.close()
        self._said.close()


def ask(job: str, settings: dict[str, Any], cores: Sequence[int] = ONE_CORE) -> dict[str, Any]:
    """Do one job in a process of its own, see ``Worker``."""
    with Worker(cores) as worker:
        return worker.ask(job, settings)


def main() -> int:
    """Do the jobs that come on standard input, until it ends."""
    import gc  # noqa: PLC0415 - of a worker alone
    from importlib import import_module  # noqa: PLC0415 - each job brings its own libraries along

    answers = sys.stdout
    try:
        # What a library prints is none of the answers.
        with redirect_stdout(sys.stderr):
            for line in sys.stdin:
                job, settings = json.loads(line)
                found = import_module(JOBS[job]).run(settings)
                answers.write(json.dumps(found) + "\n")
                answers.flush()
                gc.collect()
    except AuditorError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
