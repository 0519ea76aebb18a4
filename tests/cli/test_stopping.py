"""Signals to stop."""

from __future__ import annotations

import signal

import pytest

from auditor.cli.stopping import Stopping

NAMES = [(signal.SIGINT, "Ctrl-C"), (signal.SIGTERM, "SIGTERM")]


@pytest.fixture(autouse=True)
def not_ignored():
    """Have signals as a terminal leaves them: who was started in the background may have Ctrl-C ignored."""
    former = {
        signal.SIGINT: signal.signal(signal.SIGINT, signal.default_int_handler),
        signal.SIGTERM: signal.signal(signal.SIGTERM, signal.SIG_DFL),
    }
    yield
    for number, handler in former.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(("number", "name"), NAMES)
def test_stopping__ends_what_is_not_deferred_at_once(number, name):
    """While nothing is finished yet a signal ends the run where it is."""
    with Stopping() as stopping, pytest.raises(KeyboardInterrupt):
        signal.raise_signal(number)
    assert stopping.asked == name


@pytest.mark.parametrize(("number", "name"), NAMES)
def test_stopping__waits_for_a_place_to_stop(number, name):
    """While it is deferred a signal takes effect at the next look, a second one at once."""
    with Stopping() as stopping, stopping.deferred():
        stopping.check()
        signal.raise_signal(number)
        assert stopping.asked == name
        with pytest.raises(KeyboardInterrupt):
            stopping.check()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_stopping__gives_the_signals_back():
    """Afterwards signals mean what they meant, also after one came."""
    before = [signal.getsignal(number) for number, _ in NAMES]
    with Stopping(), pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGTERM)
    assert [signal.getsignal(number) for number, _ in NAMES] == before


def test_stopping__leaves_ignored_signals_ignored():
    """Who starts a run that shall outlive the terminal has said so."""
    former = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with Stopping() as stopping:
            signal.raise_signal(signal.SIGINT)
        assert stopping.asked is None
    finally:
        signal.signal(signal.SIGINT, former)
