"""Judging messages on a thread that lets go of them."""

from __future__ import annotations

from auditor.service.judging import judge, judge_taken
from auditor.service.options import StreamOptions
from tests.service.streaming import messages_of


def test_judge_taken__is_judge_and_keeps_no_messages(tables):
    """Whoever still holds what a thread was given holds an empty list."""
    messages = messages_of(range(20), 0, 20)
    given, options = [messages], StreamOptions()
    taken, judged = judge_taken(tables, given, options), judge(tables, messages, options)
    assert given == []
    assert [(taken.start, taken.end), taken.tally.finish().findings, len(taken.refused)] == [
        (judged.start, judged.end),
        judged.tally.finish().findings,
        len(judged.refused),
    ]
    assert taken.refused
