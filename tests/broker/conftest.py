"""What tests of the client leave behind, and who takes it away."""

from __future__ import annotations

import gc
import warnings
from pathlib import Path

import pytest

from tests.broker.producing import STARTED


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Run these in one lane, and bear with sockets of connections that never came about.

    What kernels read does not change with who sends it; those sockets the client leaves to the collector.
    """
    for test in items:
        if Path(__file__).parent in test.path.parents:
            test.add_marker(pytest.mark.jit_only)
            test.add_marker(pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"))


@pytest.fixture(scope="session", autouse=True)
def sweeping():
    """Take those sockets away before somebody else notices."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture(autouse=True)
def closing():
    """Close what a test has opened, however it ended."""
    yield
    while STARTED:
        STARTED.pop().close()
