"""Warming up uses what messages use, and says nothing."""

from __future__ import annotations

from auditor.service import warming
from auditor.service.options import StreamOptions


def test_warm_up__judges_messages_from_the_bytes_of_batches(tables, monkeypatch):
    """A Hubble event and a VPC record go the whole way, and are understood."""
    judged = []
    judge = warming.judge
    monkeypatch.setattr(warming, "judge", lambda *given: judged.append(judge(*given)))
    warming.warm_up(tables, StreamOptions())
    totals = [each.tally.finish() for each in judged]
    assert [(each.n_flows, each.n_rejected) for each in totals] == [(1, 0), (1, 0)]
