"""The program of a real broker: fetched once with Maven, and what was fetched is what was reviewed."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
LOCK = HERE / "jars.sha256"
OLDEST_JAVA = 17


class MissingError(Exception):
    """There is no broker on this machine; the text says why."""


def find_java() -> str:
    """Return the path of a Java that is new enough."""
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    if java is None or not Path(java).exists():
        raise MissingError("there is no Java")
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    version = said.split('"')[1].split(".")[0] if '"' in said else "0"
    if not version.isdigit() or int(version) < OLDEST_JAVA:
        raise MissingError(f"Java {version} is older than {OLDEST_JAVA}")
    return java


def find_jars() -> Path:
    """Return the folder of the broker's program, fetching it if it is not there.

    ``AUDITOR_KAFKA_JARS`` names another folder than ``.cache/kafka``, for several checkouts to share.
    """
    version = LOCK.read_text(encoding="utf-8")
    name = hashlib.sha256(version.encode()).hexdigest()[:12]
    folder = Path(os.environ.get("AUDITOR_KAFKA_JARS") or ROOT / ".cache" / "kafka") / name
    if not folder.exists():
        _fetch(folder)
    return folder


def _fetch(folder: Path) -> None:
    """Fill a folder; it appears under its name when everything in it is right."""
    maven = shutil.which("mvn")
    if maven is None:
        raise MissingError("there is no Maven to fetch a broker with")
    # Workers of one run may fetch at the same time: the first one to end wins.
    own = folder.with_name(f"{folder.name}-{os.getpid()}")
    shutil.rmtree(own, ignore_errors=True)
    command = [
        maven,
        "--batch-mode",
        "--quiet",
        "--file",
        str(HERE / "pom.xml"),
        "dependency:copy-dependencies",
    ]
    options = ["-DincludeScope=runtime", f"-DoutputDirectory={own}"]
    ran = subprocess.run([*command, *options], capture_output=True, text=True, check=False, timeout=500)
    try:
        if ran.returncode:
            raise MissingError(f"Maven could not fetch a broker: {ran.stdout[-300:]}")
        check_jars(own)
        if not folder.exists():
            own.rename(folder)
    finally:
        shutil.rmtree(own, ignore_errors=True)


def check_jars(folder: Path) -> None:
    """Refuse files that are not those of the lock: another one would run with the rights of whoever tests."""
    lines = LOCK.read_text(encoding="utf-8").splitlines()
    wanted = {name: digest for digest, name in (line.split() for line in lines)}
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
    if found != wanted:
        names = sorted(name for name in {*found, *wanted} if found.get(name) != wanted.get(name))
        raise AssertionError(f"{names[0]} is not the file that {LOCK.name} speaks of")
