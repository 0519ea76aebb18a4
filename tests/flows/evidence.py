"""Evidence as tests read it."""

from __future__ import annotations

from auditor.flows.schema import NOT_SAID


def or_none(column):
    """Return times or counters as a list, None where the log does not say."""
    return [None if value == NOT_SAID else value for value in column.tolist()]
