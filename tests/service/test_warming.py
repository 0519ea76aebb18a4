"""Warming up uses what messages use, all of it, and says nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from auditor.service import warming
from auditor.service.options import StreamOptions

ROOT = Path(__file__).parents[2]


def test_warm_up__judges_messages_from_the_bytes_of_batches(tables, monkeypatch):
    """A flow of each format goes the whole way, and is understood."""
    judged = []
    judge = warming.judge

    def kept(*given):
        judged.append(judge(*given))
        return judged[-1]

    monkeypatch.setattr(warming, "judge", kept)
    warming.warm_up(tables, StreamOptions())
    totals = [each.tally.finish() for each in judged]
    assert [(each.n_flows, each.n_rejected) for each in totals] == [
        (1, 0),
        (2, 0),
        (1, 0),
        (1, 0),
        (1, 0),
        (2, 1),
        (8, 1),
    ]


@pytest.mark.jit_only
def test_warm_up__leaves_nothing_to_compile(tmp_path):
    """Messages of every kind, good and bad, from their bytes to the rows of a segment, find all kernels loaded."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.service.warmed", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (json.loads(ran.stdout or "null"), ran.stderr) == ([], "")
