"""What a figure was measured on."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from pathlib import Path

LIBRARIES = ("numpy", "numba", "pyarrow", "polars", "duckdb", "msgspec", "orjson", "isal")


def describe() -> str:
    """Return processor, cores and versions in one line."""
    model = platform.processor() or "unknown processor"
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [
            line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line
        ]
        model = names[0] if names else model
    versions = " ".join(f"{name} {importlib.metadata.version(name)}" for name in LIBRARIES)
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}, {versions}"
