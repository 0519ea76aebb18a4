"""The part of a log, of any format, whose rows are out of reach."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from auditor.errors import SourceError
    from auditor.flows.schema import FlowBatch


@dataclass(frozen=True, slots=True)
class UnreadablePart:
    """A part that cannot be read: says so when it is its turn, for those after it may be sound."""

    error: SourceError

    def __call__(self) -> FlowBatch:
        """Raise the error."""
        raise self.error
