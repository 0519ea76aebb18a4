"""Locks name what was reviewed, and nowhere it came from."""

from __future__ import annotations

import re
import tomllib

import pytest

from tests.house.tree import ROOT

LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
PIN = re.compile(r"^([a-z0-9-]+)(?:\[[a-z0-9, -]+\])?==([^ ;\\]+)", re.MULTILINE)
MACHINE_PATHS = [f"/{'work'}/", f"/{'root'}/", f"/opt/{'wheels'}", f"/{'tmp'}/bash"]
TEXT_FILES = ("*.py", "*.md", "*.toml", "*.txt", "*.yaml", "*.json", "*.tpl", "Makefile", "Dockerfile", "run")


def pins_of(name: str) -> dict[str, set[str]]:
    """Return the versions a lock allows, by package."""
    pins: dict[str, set[str]] = {}
    for package, version in PIN.findall((ROOT / "requirements" / name).read_text(encoding="utf-8")):
        pins.setdefault(package, set()).add(version)
    return pins


def test_locks__are_four():
    """Running, the image, which draws pages too, building and developing each have their own."""
    assert [path.name for path in LOCKS] == ["build.txt", "dev.txt", "image.txt", "run.txt"]


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_locks__pin_every_package_with_hashes(path):
    """Each entry is one version followed by the hashes of its files."""
    for entry in re.split(r"\n(?=[a-z])", path.read_text(encoding="utf-8"))[1:]:
        assert PIN.match(entry), entry
        assert "--hash=sha256:" in entry, entry


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_locks__name_no_address(path):
    """Where packages come from is the business of the machine that installs them."""
    text = path.read_text(encoding="utf-8")
    assert re.findall(r"https?:|file:|--index-url|--extra-index-url|--find-links| @ ", text) == []


def test_locks__agree():
    """What is tested is what runs: the development lock holds the pins of the others, the image those of a run."""
    dev = pins_of("dev.txt")
    assert pins_of("run.txt").items() <= pins_of("image.txt").items()
    for name in ("run.txt", "image.txt", "build.txt"):
        assert {package: pins for package, pins in pins_of(name).items() if dev.get(package) != pins} == {}


def test_locks__hold_every_dependency():
    """A dependency added to pyproject.toml asks for `make lock`."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = {re.split(r"[\[<>=~! ]", entry)[0].lower() for entry in project["project"]["dependencies"]}
    groups = project["dependency-groups"].values()
    wanted_to_develop = {re.split(r"[\[<>=~! ]", entry)[0].lower() for group in groups for entry in group}
    assert wanted - pins_of("run.txt").keys() == set()
    pages = project["project"]["optional-dependencies"]["report"]
    wanted_for_pages = {re.split(r"[\[<>=~! ]", entry)[0].lower() for entry in pages}
    assert wanted_for_pages - pins_of("image.txt").keys() == set()
    assert wanted_to_develop - pins_of("dev.txt").keys() == set()


def test_files__name_no_path_of_a_machine():
    """The project builds anywhere."""
    own = [
        ROOT,
        *(
            ROOT / name
            for name in ("auditor", "kernels", "tests", "bench", "data", "deploy", "requirements", ".ci")
        ),
    ]
    files = {
        path
        for folder in own
        for pattern in TEXT_FILES
        for path in (folder.glob(pattern) if folder == ROOT else folder.rglob(pattern))
        if path.is_file()
    }
    assert files
    found = [
        str(path.relative_to(ROOT))
        for path in files
        if any(part in path.read_text(encoding="utf-8") for part in MACHINE_PATHS)
    ]
    assert found == []
