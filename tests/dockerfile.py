"""Reads a Dockerfile and performs its steps below a folder that stands for the root of the image.

Absolute paths of the image become paths below that folder, and the user becomes a real one if the tests run as
root. Nothing else is imitated: the commands are those of the file.
"""

from __future__ import annotations

import contextlib
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
IMAGE_FOLDERS = "build|opt|var|audit|tmp|usr/local"
# What a build machine needs to reach its package index.
PASSED_ON = re.compile(r"^(PIP_.*|.*_proxy|SSL_CERT_.*|REQUESTS_CA_BUNDLE)$", re.IGNORECASE)
UNREACHABLE = re.compile(
    r"No matching distribution|NewConnectionError|Connection refused|Name or service not known"
)


class UnbuildableError(Exception):
    """Something that a build machine has is missing here."""


@dataclass
class Stage:
    """One stage: its base, and its instructions as (word, rest)."""

    base: str
    steps: list[tuple[str, str]] = field(default_factory=list)


def read_stages(text: str) -> dict[str, Stage]:
    """Return the stages of a Dockerfile by name, in order."""
    stages: dict[str, Stage] = {}
    current = Stage("")
    logical = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ")
    for line in filter(None, map(str.strip, logical.splitlines())):
        word, _, rest = line.partition(" ")
        if word == "FROM":
            base, _, name = rest.partition(" AS ")
            current = stages[name] = Stage(base)
        else:
            current.steps.append((word, rest.strip()))
    return stages


def as_user(user: str, command: list[str]) -> list[str]:
    """Return ``command`` for ``uid:gid``, or as it is where only root could change users."""
    if os.getuid() != 0:
        return command
    uid, _, gid = user.partition(":")
    return ["setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups", *command]


def _interpreter() -> str:
    """Return a Python that strangers can run: that of the tests may lie in somebody's home."""
    probe = ["-c", "import ensurepip, sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))"]
    own = sys._base_executable  # noqa: SLF001 - there is no public name for it
    for candidate in (own, "/usr/local/bin/python3", "/usr/bin/python3"):
        with contextlib.suppress(OSError):
            # Through a shell: setpriv itself still starts what the user may not even see.
            command = as_user("65532:65532", ["/bin/sh", "-c", 'exec "$0" "$@"', candidate, *probe])
            if subprocess.run(command, cwd="/", capture_output=True, check=False).returncode == 0:
                return candidate
    raise UnbuildableError("no Python 3.11 to 3.14 that another user could run")


class Image:
    """An image being built, and then run, below ``root``."""

    def __init__(self, root: Path, context: Path) -> None:
        self.root = root
        self.context = context
        self.environment: dict[str, str] = {}
        self.user: str | None = None
        self.folder = root
        self.entry: list[str] = []
        self.volumes: list[str] = []
        self.stages = read_stages((context / "Dockerfile").read_text(encoding="utf-8"))
        self._allowed = set(re.findall(r"^!(\S+)", (context / ".dockerignore").read_text(), re.MULTILINE))

    def build(self) -> None:
        """Perform the first stage and the last with its bases, as BuildKit would."""
        for name in ("usr/local/bin", "tmp", "var/cache", "opt"):
            (self.root / name).mkdir(parents=True)
        (self.root / "tmp").chmod(0o1777)
        (self.root / "usr/local/bin/python").symlink_to(_interpreter())
        first, last = next(iter(self.stages)), next(reversed(self.stages))
        for name in (first, *self._bases(last), last):
            # Each stage starts from the environment of its own base only.
            if name == first or self.stages[name].base.startswith("${PYTHON_IMAGE"):
                self.environment = {"PATH": f"{self.root}/usr/local/bin:/usr/bin:/bin"}
            for word, rest in self.stages[name].steps:
                getattr(self, f"_{word.lower()}")(rest)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a container: the entry point with arguments, without a home, as the user of the image."""
        return self._start([*self.entry, *arguments])

    def place(self, text: str) -> str:
        """Return ``text`` with absolute paths of the image below the root."""
        return re.sub(rf"(?<![\w./-])/(?=(?:{IMAGE_FOLDERS})\b)", f"{self.root}/", text)

    def _bases(self, name: str) -> list[str]:
        base = self.stages[name].base.replace("${TARGETARCH}", ARCHITECTURES[platform.machine()])
        return [*self._bases(base), base] if base in self.stages else []

    def _start(self, command: list[str], **extra: str) -> subprocess.CompletedProcess[str]:
        if self.user:
            command = as_user(self.user, command)
        environment = self.environment | extra
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )

    def _expanded(self, text: str) -> str:
        return re.sub(r"\$\{(\w+)\}", lambda found: self.environment.get(found[1], ""), text)

    def _arg(self, rest: str) -> None:
        name, _, default = rest.partition("=")
        self.environment[name] = default

    def _env(self, rest: str) -> None:
        for pair in shlex.split(rest):
            name, _, value = pair.partition("=")
            self.environment[name] = self.place(self._expanded(value))

    def _workdir(self, rest: str) -> None:
        self.folder = Path(self.place(rest))
        self.folder.mkdir(parents=True, exist_ok=True)

    def _copy(self, rest: str) -> None:
        *sources, target = rest.split()
        if sources[0].startswith("--from="):
            # All stages share one root here, so the file is there already.
            assert sources[1:] == [target]
            return
        for source in sources:
            assert source in self._allowed, f"{source} is left out by .dockerignore"
            place = self.folder / target
            if (self.context / source).is_dir():
                leave_out = shutil.ignore_patterns("__pycache__")
                shutil.copytree(self.context / source, place, ignore=leave_out)
            else:
                shutil.copy(self.context / source, place)

    def _run(self, rest: str) -> None:
        command = self.place(rest)
        if os.getuid() != 0:
            # Only root may give folders away.
            command = re.sub(r"-[og] \d+ ", "", command)
        passed_on = {} if self.user else {key: os.environ[key] for key in os.environ if PASSED_ON.match(key)}
        done = self._start(["/bin/sh", "-c", command], **passed_on)
        if done.returncode and "pip" in command and UNREACHABLE.search(done.stderr):
            raise UnbuildableError(f"no package index: {done.stderr.strip().splitlines()[-1]}")
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"

    def _user(self, rest: str) -> None:
        self.user = rest

    def _entrypoint(self, rest: str) -> None:
        self.entry = re.findall(r'"([^"]+)"', rest)

    def _volume(self, rest: str) -> None:
        self.volumes = [self.place(path) for path in re.findall(r'"([^"]+)"', rest)]

    def _label(self, _: str) -> None:
        """Labels change nothing that runs."""

    def _cmd(self, rest: str) -> None:
        assert rest == '["--help"]'
