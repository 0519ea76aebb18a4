"""The version, alone in a file that imports nothing."""

from __future__ import annotations

VERSION = "0.1.0"
