"""What a figure was measured on."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
from pathlib import Path
from typing import Any

LIBRARIES = (
    *("numpy", "numba", "pyarrow", "polars", "msgspec", "isal", "deflate", "zstandard", "kafka-python"),
    *("duckdb", "orjson", "confluent-kafka"),
)
"""Those that the figures depend on, and those they are compared with."""


def describe() -> str:
    """Return processor, cores and versions in one line."""
    found = machine()
    versions = " ".join(f"{name} {version}" for name, version in found["versions"].items())
    return f"{found['processor']}, {found['cores']} cores, Python {found['python']}, {versions}"


def machine() -> dict[str, Any]:
    """Return processor, cores, memory and versions; what is not installed is left out."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "usable_cores": len(cores()),
        "memory_bytes": _memory(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {name: version for name in LIBRARIES if (version := _version(name)) is not None},
    }


def cores() -> list[int]:
    """Return the cores that this process may use, by number."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def load() -> float | None:
    """Return how many processes wanted a core at a time in the last minute, None where the system does not tell."""
    try:
        return os.getloadavg()[0]
    except (OSError, AttributeError):
        return None


def commit() -> str | None:
    """Return the commit of the sources this program runs from, ``-dirty`` if they differ; None if that is not known."""
    folder = Path(__file__).resolve().parents[2]
    if not (folder / ".git").exists():
        return None
    try:
        found = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude", "*"],  # noqa: S607  as a user has it
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return found.stdout.strip()


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if "model name" in line:
                return line.split(":", 1)[1].strip()
    return platform.processor() or "unknown processor"


def _memory() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return None


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
