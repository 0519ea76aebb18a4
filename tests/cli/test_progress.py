"""Progress on standard error."""

from __future__ import annotations

import sys
import time

import pytest

from auditor.cli.progress import Progress


@pytest.fixture
def clock(monkeypatch):
    """Return a clock that stands still until it is set."""
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_progress__prints_a_line_every_ten_seconds(clock, capsys):
    """Without a terminal a line comes now and then, with the speed and what is left."""
    with Progress() as shown:
        clock[0] += 9
        shown(1_000, 0.1)
        clock[0] += 1
        shown(2_000, 0.25)
        clock[0] += 5
        shown(3_000, 0.5)
        clock[0] += 5
        shown(4_000, 1.0)
    assert capsys.readouterr().err == (
        "2,000 flows, 200 flows/s, 25%, about 30 s left\n4,000 flows, 200 flows/s, 100%\n"
    )


def test_progress__is_silent_if_asked(clock, capsys, monkeypatch):
    """Quiet means neither lines nor a bar."""
    for is_terminal in (False, True):
        monkeypatch.setattr(sys.stderr, "isatty", lambda answer=is_terminal: answer)
        with Progress(is_quiet=True) as shown:
            clock[0] += 100
            shown(2_000, 0.25)
    assert capsys.readouterr() == ("", "")


def test_progress__draws_a_bar_on_a_terminal(monkeypatch, capsys):
    """On a terminal a bar shows share, flows and speed."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with Progress() as shown:
        shown(2_000, 0.25)
    drawn = capsys.readouterr().err
    assert "auditing" in drawn
    assert "25%" in drawn
    assert "2,000 flows, " in drawn


def test_progress__promises_nothing_of_a_pipe(clock, capsys):
    """Where nobody knows how much there will be, there is no share and no time left."""
    with Progress() as shown:
        clock[0] += 10
        shown(2_000, 0.0)
    assert capsys.readouterr().err == "2,000 flows, 200 flows/s\n"


def test_progress__draws_a_bar_without_a_share(monkeypatch, capsys):
    """The bar of a pipe says flows and speed only."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with Progress() as shown:
        shown(2_000, 0.0)
    drawn = capsys.readouterr().err
    assert "2,000 flows, " in drawn
    assert "%" not in drawn


def test_progress__says_that_kernels_are_compiled_until_the_first_flow(monkeypatch, capsys):
    """A first run has nothing to count for a while; then it audits like any other."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with Progress(is_first=True) as shown:
        drawn = capsys.readouterr().err
        assert "compiling for the first time, some 15 s" in drawn
        shown(0, 0.0)  # asked while a pipe gives nothing
        drawn += capsys.readouterr().err
        assert "auditing" not in drawn
        shown(2_000, 0.25)
    drawn = capsys.readouterr().err
    assert "auditing" in drawn.rsplit("compiling", 1)[-1]
    assert "25%" in drawn
