"""The console entry called in this interpreter, or in one of its own, and what came of it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple
from unittest import mock

from auditor.cli.main import run

ROOT = Path(__file__).parents[1]


class Ended(NamedTuple):
    """Exit code, standard output and standard error."""

    code: int
    out: str
    err: str


def auditor(*arguments, stdin=b"", **environment):
    """Run the command line here, as the installed script does; environment variables by name."""
    out, err = io.StringIO(), io.StringIO()
    code = None
    with (
        mock.patch.object(sys, "argv", ["auditor", *map(str, arguments)]),
        mock.patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin))),
        mock.patch.dict(os.environ, environment),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            run()
        except SystemExit as stop:
            code = stop.code
    return Ended(code, out.getvalue(), err.getvalue())


def spawned(*arguments, stdin=b"", **environment):
    """Run the command line in an interpreter of its own: a crash there is an exit code here."""
    ended = subprocess.run(
        [sys.executable, "-m", "auditor", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    )
    return Ended(ended.returncode, ended.stdout.decode(), ended.stderr.decode())


def record(folder="report"):
    """Return the record of a run."""
    return json.loads((Path(folder) / "run.json").read_bytes())
