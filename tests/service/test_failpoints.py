"""Places that tests arm."""

from __future__ import annotations

import os
import re
import signal
import time
from pathlib import Path

import pytest

from auditor.errors import ConfigError
from auditor.service import failpoints
from auditor.service.failpoints import NAMES, FailpointError, arm, hit
from tests.console import ROOT


@pytest.fixture(autouse=True)
def disarmed():
    """Leave nothing armed."""
    yield
    arm("")


def test_hit__does_nothing_unless_armed():
    """Nothing is armed without the environment, and other places stay as they are."""
    hit("storage.before-link")
    arm("storage.before-fsync=raise")
    hit("storage.before-link")


def test_hit__raises_at_the_pass_it_is_told():
    """Every pass, or the N-th only."""
    arm("chain.scan=raise, storage.before-link=raise@2")
    with pytest.raises(FailpointError, match=re.escape("chain.scan")):
        hit("chain.scan")
    hit("storage.before-link")
    with pytest.raises(FailpointError):
        hit("storage.before-link")
    hit("storage.before-link")


def test_hit__waits_kills_and_stops(monkeypatch):
    """The other three actions."""
    done = []
    monkeypatch.setattr(time, "sleep", done.append)
    monkeypatch.setattr(os, "kill", lambda _, number: done.append(number))
    for action in ("sleep:0.5", "kill", "stop"):
        arm(f"chain.scan={action}")
        hit("chain.scan")
    assert done == [0.5, signal.SIGKILL, signal.SIGSTOP]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "chain.scan",
            "expected `name=kill|stop|raise|sleep:SECONDS[@N]` in AUDITOR_FAILPOINTS, came `chain.scan`",
        ),
        ("chain.skan=kill", "expected the name of a failpoint in AUDITOR_FAILPOINTS, came `chain.skan`"),
    ],
)
def test_arm__refuses_what_has_no_meaning(text, message):
    """A misspelt place would never be passed, and the test pass for nothing."""
    with pytest.raises(ConfigError) as caught:
        arm(text)
    assert str(caught.value) == message


def test_names__are_those_in_the_code():
    """Every name is passed somewhere, and every place has a name."""
    code = "".join(path.read_text() for path in Path(failpoints.__file__).parent.glob("*.py"))
    assert set(re.findall(r'\bhit\("([^"]+)"\)', code)) == NAMES
    assert (ROOT / "tests/service/FAULTS.md").exists()
