"""What the documents point at exists."""

from __future__ import annotations

import re

import pytest

from tests.house.tree import ROOT

PLACE = re.compile(r"`((?:auditor|kernels|tests|bench|data|deploy|requirements|\.ci)/[\w./*]+)`")


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "README.md"])
def test_documents__name_files_that_exist(name):
    """Every path in backquotes is a file or folder of the project, or matches some."""
    places = PLACE.findall((ROOT / name).read_text(encoding="utf-8"))
    assert [place for place in places if not list(ROOT.glob(place))] == []


def test_contributing__is_short():
    """A page that is read."""
    assert len((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").splitlines()) <= 150


def test_contributing__names_files():
    """The walkthroughs point at code."""
    assert len(PLACE.findall((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))) > 10


@pytest.mark.parametrize(
    "recipe", ["setup", "demo", "test", "check", "soak", "bench", "fuzz", "lock", "help"]
)
def test_makefile__has_what_the_documents_use(recipe):
    """Each recipe is there with a line of help."""
    assert re.search(rf"^{recipe}: .*## \w", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
