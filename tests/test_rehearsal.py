"""The rehearsal compiles what an audit needs beside its scanner, and is started only where that pays."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

import auditor.rehearsal
from auditor.demo.write import write_demo

ROOT = Path(__file__).parents[1]
SCRIPT = """
import json, sys
from importlib import import_module
from auditor.cli.main import run
from auditor.rehearsal import KERNELS
report, *arguments = sys.argv[1:]
sys.argv = ["auditor", *arguments]
try:
    run()
except SystemExit as end:
    code = end.code
found = {}
for name in KERNELS:
    module, _, function = name.rpartition(".")
    stats = getattr(import_module(module), function).stats
    found[name] = [sum(stats.cache_hits.values()), sum(stats.cache_misses.values())]
with open(report, "w") as file:
    json.dump({"code": code, "found": found}, file)
"""


@pytest.mark.jit_only
@pytest.mark.skipif(os.name != "posix", reason="no process is started elsewhere")
def test_rehearsing__compiles_all_that_it_names_for_the_first_audit(tmp_path):
    """The audit compiles none of these itself: they come with the very types that it needs."""
    files = write_demo(tmp_path / "demo", n_flows=3_000, n_events=300)
    given = ["--policies", files.policies, "--inventory", files.inventory, "--flows", files.flows]
    more = ["--out", tmp_path / "report", "--threads", "2", "--fail-on", "never", "--quiet"]
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT, tmp_path / "found.json", "audit", *given, *more],
        env={**os.environ, "PYTHONPATH": str(ROOT), "NUMBA_CACHE_DIR": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    result = json.loads((tmp_path / "found.json").read_text())
    assert result["code"] == 0, ran.stderr
    assert {name: misses for name, (_, misses) in result["found"].items() if misses} == {}
    assert [name for name, (hits, _) in result["found"].items() if not hits] == []
    (kept,) = (tmp_path / "cache").iterdir()
    assert not [path for path in kept.iterdir() if path.is_dir() and path.name.startswith("tmp")]


@pytest.fixture
def begun(monkeypatch, tmp_path):
    """Take what would be started."""
    found = []

    @contextmanager
    def compiling_ahead(command, names):
        found.append((command, names))
        yield

    monkeypatch.setattr(auditor.rehearsal, "compiling_ahead", compiling_ahead)
    monkeypatch.setattr(auditor.rehearsal, "cache_folder", lambda: tmp_path)
    monkeypatch.setattr(auditor.rehearsal, "is_to_compile", lambda _kernel: True)
    return found


@pytest.mark.skipif(os.name != "posix", reason="no process is started elsewhere")
def test_rehearsing__starts_a_process_and_leaves_nothing(begun, tmp_path):
    """The process works in a folder of the cache, which is gone afterwards."""
    with auditor.rehearsal.rehearsing(2) as is_first:
        assert is_first
        ((command, names),) = begun
        assert names == auditor.rehearsal.KERNELS
        *_, cache, folder = command
        assert cache == str(tmp_path)
        assert [str(path) for path in tmp_path.iterdir()] == [folder]
    assert not [*tmp_path.iterdir()]


def test_rehearsing__starts_none_with_one_thread(begun):
    """One thread means one processor; it compiles all the same."""
    with auditor.rehearsal.rehearsing(1) as is_first:
        assert (begun, is_first) == ([], True)


@pytest.mark.parametrize(
    ("name", "answer"), [("is_to_compile", lambda _kernel: False), ("cache_folder", lambda: None)]
)
def test_rehearsing__starts_none_where_it_would_be_of_no_use(monkeypatch, begun, name, answer):
    """What is kept need not be compiled, and what cannot be kept cannot be handed over."""
    monkeypatch.setattr(auditor.rehearsal, name, answer)
    with auditor.rehearsal.rehearsing(2) as is_first:
        assert (begun, is_first) == ([], False)


def test_rehearsing__goes_on_where_no_process_can_be_started(monkeypatch, begun):
    """The audit compiles by itself; what fails inside is not hidden."""

    def fail(*_):
        raise OSError

    monkeypatch.setattr(auditor.rehearsal, "compiling_ahead", fail)
    reached = []
    with auditor.rehearsal.rehearsing(2):
        reached.append(True)
    assert reached == [True]
    with pytest.raises(FileNotFoundError), auditor.rehearsal.rehearsing(2):
        raise FileNotFoundError


def test_command__hands_on_what_the_interpreter_does_not_believe(tmp_path):
    """Who starts an audit with -I or -E has reasons."""
    script = "from pathlib import Path; from auditor.rehearsal import command; print(*command(Path('c'), Path('f')))"
    end = ["-P", "-m", "auditor.rehearsal", "c", "f"]
    for given in (["-E"], ["-s"], ["-I"]):
        ran = subprocess.run(
            [sys.executable, *given, "-c", script], capture_output=True, text=True, check=True, cwd=tmp_path
        )
        _, *flags = ran.stdout.split()
        assert flags == [*(["-I", "-E", "-s"] if given == ["-I"] else given), *end]


def test_rehearse__writes_a_report(tmp_path):
    """It goes all the way, to the last kernel."""
    auditor.rehearsal.rehearse(tmp_path)
    assert json.loads((tmp_path / "report" / "run.json").read_text())["complete"]


def test_main__rehearses_for_the_same_cache_only(monkeypatch, tmp_path):
    """Another release would fill another one, while somebody waits."""
    rehearsed = []
    monkeypatch.setattr(auditor.rehearsal, "cache_folder", lambda: tmp_path)
    monkeypatch.setattr(auditor.rehearsal, "announce_all", lambda _folder: True)
    monkeypatch.setattr(auditor.rehearsal, "rehearse", rehearsed.append)
    for cache in (tmp_path / "other", tmp_path):
        monkeypatch.setattr(sys, "argv", ["rehearsal", str(cache), "folder"])
        auditor.rehearsal.main()
    assert rehearsed == [Path("folder")]
