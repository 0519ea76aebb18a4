"""What a figure was measured on."""

from __future__ import annotations

from auditor.capacity.machine import describe

__all__ = ["describe"]
