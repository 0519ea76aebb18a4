"""The table of failures names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent
TABLE = (HERE / "FAULTS.md").read_text(encoding="utf-8")


def test_faults__are_all_there():
    """Every failure has a row, in order, that says a test or why there is none."""
    rows = re.findall(r"^\| F(\d+) \| [^|]+ \| ([^|]+) \|$", TABLE, re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, 62))
    assert [
        number
        for number, where in rows
        if not re.search(r"`test_|does not apply|the same two|F1 to F12", where)
    ] == []


def test_faults__name_tests_that_exist():
    """A test that is renamed is renamed here."""
    code = "".join(path.read_text(encoding="utf-8") for path in HERE.parent.rglob("test_*.py"))
    assert [name for name in re.findall(r"`(test_\w+__\w+)`", TABLE) if f"def {name}(" not in code] == []
    places = re.findall(r"\[((?:f\d\d-|before-)[a-z0-9-]+)\]", TABLE)
    assert [place for place in places if f'id="{place}"' not in code] == []
    assert len(places) > 5
