"""A real broker, started once a session; without Java its tests are skipped, unless they must run."""

from __future__ import annotations

import gc
import os
import warnings
from pathlib import Path

import pytest

from tests.broker.jars import MissingError
from tests.broker.node import Node
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


@pytest.fixture(scope="session")
def node(tmp_path_factory, sweeping):
    """Return a broker that runs; ``AUDITOR_REQUIRE_BROKER=1`` makes its absence a failure."""
    try:
        broker = Node(tmp_path_factory.mktemp("kafka"))
    except MissingError as error:
        if os.environ.get("AUDITOR_REQUIRE_BROKER", "0") not in {"", "0"}:
            raise
        pytest.skip(f"no Kafka broker: {error}")
    try:
        broker.start()
        yield broker
    finally:
        broker.stop()
