"""Measurements in a process of their own: a job by name, its settings as JSON, what it found as JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from auditor.capacity.measuring import ONE_CORE, SINGLE, child_environment, pinned
from auditor.errors import AuditorError, SourceError

if TYPE_CHECKING:
    from collections.abc import Sequence

JOBS = {
    "stages": "auditor.capacity.job_stages",
    "growth": "auditor.capacity.job_growth",
    "messages": "auditor.capacity.job_messages",
}
"""The module of each job; its function ``run`` takes the settings."""


def ask(job: str, settings: dict[str, Any], cores: Sequence[int] = ONE_CORE) -> dict[str, Any]:
    """Run a job on some cores, with libraries that may use no more; return what it found.

    Raises
    ------
    SourceError
        It failed; with the last line that it wrote to standard error.
    """
    more = SINGLE if len(cores) == 1 else {}
    with (
        pinned(cores),
        subprocess.Popen(  # noqa: S603  this program
            [sys.executable, "-m", "auditor.capacity.child", job],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=child_environment(**more),
        ) as child,
    ):
        try:
            said, words = child.communicate(json.dumps(settings))
        except BaseException:
            child.kill()
            raise
    if child.returncode:
        lines = words.strip().splitlines()
        raise SourceError(
            f"measuring `{job}` ended with {child.returncode}: {lines[-1] if lines else 'no words'}"
        )
    found: dict[str, Any] = json.loads(said.splitlines()[-1])
    return found


def main() -> int:
    """Run the job that the command line names."""
    from importlib import import_module  # noqa: PLC0415 - each job brings its own libraries along

    try:
        found = import_module(JOBS[sys.argv[1]]).run(json.load(sys.stdin))
    except AuditorError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        return 130
    sys.stdout.write(json.dumps(found) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
