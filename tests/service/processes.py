"""A member of the service as a process of its own: what it says, what it answers, how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parents[2]
SECONDS = 60
ENDED_BY_KILL = -signal.SIGKILL


def until(is_so, seconds=SECONDS, of=lambda: ""):
    """Wait until something is so; return it."""
    end = time.monotonic() + seconds
    while not (found := is_so()):
        assert time.monotonic() < end, of()
        time.sleep(0.05)
    return found


class Process:
    """A member of the service."""

    def __init__(self, arguments, folder, failpoints="", **environment):
        self._errors = folder / "err"
        self._output = folder / "out"
        folder.mkdir()
        given = {"PYTHONPATH": str(ROOT), "AUDITOR_FAILPOINTS": failpoints, **environment}
        with self._errors.open("wb") as errors, self._output.open("wb") as output:
            self.child = subprocess.Popen(
                [sys.executable, "-m", "auditor", *map(str, arguments)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                env={**os.environ, **given},
            )

    @property
    def text(self):
        """What it wrote on standard error."""
        return self._errors.read_text()

    @property
    def lines(self):
        """The lines of its log."""
        return [json.loads(line) for line in self.text.splitlines() if line.startswith("{")]

    @property
    def plain(self):
        """What it wrote on standard error beside its log."""
        return [line for line in self.text.splitlines() if line and not line.startswith("{")]

    def said(self, message, **fields):
        """Return lines of the log."""
        return [
            line
            for line in self.lines
            if line["message"] == message and all(line.get(name) == value for name, value in fields.items())
        ]

    def until_said(self, message, n=1, **fields):
        """Wait for lines of the log."""

        def is_said():
            assert self.child.poll() is None or len(self.said(message, **fields)) >= n, self.text
            return self.said(message, **fields) if len(self.said(message, **fields)) >= n else None

        return until(is_said, of=lambda: f"{message} {fields}: {self.text}")

    def signal(self, number):
        """Send a signal."""
        self.child.send_signal(number)

    def ended(self, code=0):
        """Wait until it ends, as it must."""
        try:
            self.child.wait(SECONDS)
        except subprocess.TimeoutExpired:
            raise AssertionError(self.text) from None
        assert self.child.returncode == code, (self.child.returncode, self.text)

    def end(self, code=0):
        """Ask it to end, and wait for it."""
        self.signal(signal.SIGTERM)
        self.ended(code)

    def is_stopped(self):
        """Return whether it has been paused."""
        status = Path(f"/proc/{self.child.pid}/stat").read_text()
        return status.rpartition(")")[2].split()[0] == "T"

    def page(self, path):
        """Return status and body of a page."""
        (line,) = self.until_said("probes are answered")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{line['port']}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as answer:
            with answer:
                return answer.code, answer.read().decode()
