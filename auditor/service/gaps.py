"""Offsets that nobody can read any more: segments without rows, in the chain like any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.service.facts import SegmentFacts
from auditor.service.segments import no_rows

if TYPE_CHECKING:
    from auditor.service.chain import Chain, Lost, Published

RETENTION = "retention"
"""The broker removed them before they were read."""

REMOVED = "removed"
"""They were judged, and the files that said so are gone."""

REASONS = (RETENTION, REMOVED)


def publish_gap(
    chain: Chain, start: int, end: int, reason: str, writer: str, created_ms: int
) -> Published | Lost:
    """Put a gap into the chain.

    Parameters
    ----------
    chain : Chain
        Of the partition.
    start, end : int
        The offsets: from the end of the chain to the first that can be read.
    reason : str
        One of ``REASONS``.
    writer : str
        Who found it.
    created_ms : int
        When.

    Returns
    -------
    Published or Lost
        As for any segment: another writer may have put it there first.
    """
    assert reason in REASONS, reason
    facts = SegmentFacts(
        topic=chain.name.topic,
        topic_id=chain.name.topic_id,
        partition=chain.name.partition,
        start=start,
        end=end,
        writer=writer,
        created_ms=created_ms,
        gap=reason,
    )
    return chain.publish(facts, no_rows())
