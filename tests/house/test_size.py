"""One idea a file."""

from __future__ import annotations

import pytest

from tests.house.tree import CODE, modules, name_of

MAX_LINES = 300


@pytest.mark.parametrize("folder", CODE)
def test_modules__are_short(folder):
    """No file holds more than 300 lines."""
    lengths = {name_of(path): path.read_text(encoding="utf-8").count("\n") for path in modules(folder)}
    assert {name: length for name, length in lengths.items() if length > MAX_LINES} == {}
