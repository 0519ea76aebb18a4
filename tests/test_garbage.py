"""The collector is off while anybody reads or compiles, and afterwards as it was."""

from __future__ import annotations

import gc

import pytest

from auditor.garbage import without_collection


@pytest.fixture(autouse=True)
def collector():
    """Leave the collector on."""
    gc.enable()
    yield
    gc.enable()


def test_without_collection__ends_with_the_last_of_several():
    """Two threads may leave in any order."""
    one, other = without_collection(), without_collection()
    one.__enter__()
    other.__enter__()
    one.__exit__(None, None, None)
    assert not gc.isenabled()
    other.__exit__(None, None, None)
    assert gc.isenabled()


def test_without_collection__leaves_it_off_where_it_was():
    """Whoever has turned it off has reasons."""
    gc.disable()
    with without_collection():
        assert not gc.isenabled()
    assert not gc.isenabled()


def test_without_collection__turns_it_on_after_a_failure():
    """What is done without it may raise."""
    with pytest.raises(ValueError, match="broken"), without_collection():
        raise ValueError("broken")
    assert gc.isenabled()
