"""Tables of two pods, and a folder for segments."""

from __future__ import annotations

import pytest

from auditor.service.storage import LocalStorage
from tests.service.making import contents_of
from tests.service.streaming import tables_of


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
