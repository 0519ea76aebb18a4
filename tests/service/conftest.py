"""Tables of two pods, a folder for segments, and crews of members that end with their test."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.service.storage import LocalStorage
from tests.service.making import contents_of
from tests.service.streaming import tables_of

HERE = Path(__file__).parent
WITH_KERNELS = {"test_loop.py", "test_owned.py", "test_warming.py"}
"""Tests that judge messages; to all others it is the same whether kernels are compiled, and they run once."""


def pytest_collection_modifyitems(items):
    """Leave to the first lane what says nothing about kernels."""
    for item in items:
        if item.path.is_relative_to(HERE) and item.path.name not in WITH_KERNELS:
            item.add_marker(pytest.mark.jit_only)


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """Return tables of two pods."""
    return tables_of(tmp_path_factory.mktemp("cluster"))


@pytest.fixture
def storage(tmp_path):
    """Return a folder for segments."""
    return LocalStorage(tmp_path / "out")


@pytest.fixture
def contents(tmp_path):
    """Return a function that reads all files of the folder."""
    return lambda: contents_of(tmp_path / "out")


@pytest.fixture
def crew(node, tmp_path):
    """Return what makes a crew, of one partition if nothing is said."""
    from tests.service.crews import Crew

    made = []

    def make(*arguments, **config):
        folder = tmp_path / f"crew-{len(made)}"
        folder.mkdir()
        made.append(Crew(node, folder, *arguments, **config))
        return made[-1]

    yield make
    for each in made:
        each.close()
