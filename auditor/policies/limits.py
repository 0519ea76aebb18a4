"""How much is read before it is refused."""

from __future__ import annotations

from dataclasses import dataclass

from auditor.sources.faults import TextLimits


@dataclass(frozen=True, slots=True)
class Limits(TextLimits):
    """Bounds on one document, and on all of them, so that a hostile file costs little.

    Attributes
    ----------
    policies : int
        Judged policies of one run.
    whole_json_bytes : int
        JSON texts up to this length are read whole; of longer ones only the policies.
    """

    policies: int = 50_000
    whole_json_bytes: int = 1024 * 1024


DEFAULT_LIMITS = Limits()
