"""Hypothesis profiles, and which tests the lane without compilation leaves out."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

IS_COMPILED = os.environ.get("NUMBA_DISABLE_JIT", "0") in {"", "0"}
# The same examples on every run of a build machine: a failure there must not depend on luck.
IS_REPEATED = bool(os.environ.get("CI"))

# No deadline: the first call of a kernel compiles it.
settings.register_profile(
    "default",
    deadline=None,
    derandomize=IS_REPEATED,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("nojit", parent=settings.get_profile("default"), max_examples=15)
settings.register_profile(
    "thorough", parent=settings.get_profile("default"), derandomize=False, max_examples=3_000
)
settings.load_profile("default" if IS_COMPILED else "nojit")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what is marked ``jit_only`` where kernels run as plain Python."""
    if IS_COMPILED:
        return
    for test in items:
        if test.get_closest_marker("jit_only"):
            test.add_marker(pytest.mark.skip(reason="NUMBA_DISABLE_JIT is set"))


@pytest.fixture(scope="session")
def node(tmp_path_factory):
    """Return a real broker that runs; ``AUDITOR_REQUIRE_BROKER=1`` makes its absence a failure."""
    from tests.broker.jars import MissingError
    from tests.broker.node import Node

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


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """Return a browser to look at pages with; ``AUDITOR_REQUIRE_BROWSER=1`` makes its absence a failure."""
    from tests.browser import MissingError, browser

    try:
        with browser(tmp_path_factory.mktemp("chromium")) as opened:
            yield opened
    except MissingError as error:
        if os.environ.get("AUDITOR_REQUIRE_BROWSER", "0") not in {"", "0"}:
            raise
        pytest.skip(f"no browser: {error}")
