"""``python -m auditor``."""

from __future__ import annotations

from auditor.cli.main import run

run()
