"""A worker does one job after the other, and says why it could not."""

from __future__ import annotations

import pytest

from auditor.capacity.child import Worker, ask
from auditor.errors import SourceError

SETTINGS = {
    "policies": ["nowhere"],
    "inventory": [],
    "pod_cidrs": [],
    "own_node": "judge",
    "logs": [],
    "points": [],
    "folder": "nowhere",
    "connections": None,
    "seed": 1,
    "rounds": 1,
}


def test_worker__does_one_job_after_the_other():
    """In the same process."""
    with Worker() as worker:
        assert [worker.ask("growth", SETTINGS) for _ in range(2)] == [{"points": []}] * 2
        assert worker.is_alive
    assert not worker.is_alive


def test_ask__says_why_a_job_failed():
    """With the error of the job, and its exit code; nobody waits for a process that has gone."""
    with pytest.raises(SourceError) as caught:
        ask("stages", SETTINGS)
    words = "expected an inventory, came none; `--inventory` takes what `kubectl get ... -o json` prints"
    assert str(caught.value) == f"measuring `stages` ended with 2: {words}"


def test_close__ends_a_process_that_is_busy(monkeypatch):
    """It is waited for a moment, then killed; twice is as good as once."""
    monkeypatch.setattr("auditor.capacity.child.PATIENCE_S", 0.0)
    worker = Worker()
    worker.close()
    worker.close()
    assert not worker.is_alive


def test_ask__fails_where_the_process_is_gone():
    """The last words of a mistake in the program are its error."""
    with pytest.raises(SourceError, match=r"^measuring `none` ended with 1: KeyError: 'none'$"):
        ask("none", SETTINGS)
