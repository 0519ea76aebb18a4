"""Files that are read again and again."""

from __future__ import annotations

import pytest

from auditor.errors import InventoryError
from auditor.inventory import read
from auditor.inventory.load import load_inventory
from auditor.inventory.read import FileReader
from tests.inventory.clusters import SHOP, named, pod, text_of

OTHER = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}}
REST = ("rest", text_of(SHOP, OTHER, named("Node", "n1")))
WEB = ("web", text_of(pod("web"), OTHER))
DB = ("db", text_of(pod("db", ip="10.1.0.2"), pod("db-1", ip=None)))
TWICE = ("twice", text_of(pod("db", ip="10.1.0.2"), pod("lost", namespace="nowhere", ip="10.1.0.9")))
BROKEN = ("broken", text_of(pod("x", ip="10.0.0.256"), pod(metadata={"name": 3})))


@pytest.fixture
def parsed(monkeypatch):
    """Return the names of the files that are parsed, as they are."""
    names = []
    read_objects = read.read_objects

    def noting(files, notes):
        names.extend(name for name, _ in files)
        return read_objects(files, notes)

    monkeypatch.setattr(read, "read_objects", noting)
    return names


def test_read__parses_only_what_changed(parsed):
    """A file is known by its name and content, and forgotten when it is read no more."""
    reader = FileReader()
    for files, expected in (
        ([REST, WEB, DB], ["rest", "web", "db"]),
        ([REST, WEB, DB], []),
        ([REST, ("web", DB[1]), WEB], ["web"]),
        ([WEB, DB], ["db"]),
        ([REST, WEB], ["rest"]),
    ):
        parsed.clear()
        load_inventory(files, read=reader.read)
        assert parsed == expected


def test_read__keeps_nothing_of_a_file_that_is_alone(parsed):
    """It would be memory for nothing: files that did not change are not read a second time."""
    reader = FileReader()
    for _ in range(2):
        load_inventory([WEB], read=reader.read)
    assert parsed == ["web", "web"]


def test_read__comes_to_the_same():
    """Inventory, warnings and counts are those of files that are all parsed, however often they are read."""
    reader = FileReader()
    for files in ([REST, WEB, DB], [REST, WEB, DB], [REST, WEB, TWICE, DB], [WEB, TWICE], [REST, WEB, DB]):
        found, expected = load_inventory(files, read=reader.read), load_inventory(files)
        assert found == expected
        assert (len(found.warnings) > 0, found.n_other > 0) == (True, True)


def test_read__keeps_problems():
    """A broken file is as broken the next time, beside one that changed."""
    reader = FileReader()
    for files in ([WEB, BROKEN], [DB, BROKEN], [WEB, BROKEN, DB]):
        with pytest.raises(InventoryError) as found:
            load_inventory(files, read=reader.read)
        with pytest.raises(InventoryError) as expected:
            load_inventory(files)
        assert found.value.problems == expected.value.problems
        assert len(found.value.problems) == 2
    load_inventory([WEB, DB], read=reader.read)
