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
    missed = [name for name, (_, misses) in result["found"].items() if misses]
    assert missed == []
    # One is called by another kernel only, which comes with it.
    unused = [name for name, (hits, _) in result["found"].items() if not hits]
    assert unused in ([], ["kernels.appearance.renumber"])


@pytest.mark.parametrize(
    ("threads", "is_missing", "starts"), [(2, True, True), (1, True, False), (2, False, False)]
)
def test_rehearsing__starts_a_process_where_kernels_are_missing_and_a_processor_is_free(
    monkeypatch, threads, is_missing, starts
):
    """One thread means one processor; what is kept need not be compiled."""
    begun = []

    @contextmanager
    def compiling_ahead(command, names):
        begun.append((command, names))
        yield

    monkeypatch.setattr(auditor.rehearsal, "compiling_ahead", compiling_ahead)
    monkeypatch.setattr(auditor.rehearsal, "is_to_compile", lambda _kernel: is_missing)
    with auditor.rehearsal.rehearsing(threads):
        pass
    assert begun == ([(auditor.rehearsal.COMMAND, auditor.rehearsal.KERNELS)] if starts else [])


def test_rehearse__writes_a_report(tmp_path):
    """It goes all the way, to the last kernel."""
    auditor.rehearsal.rehearse(tmp_path)
    assert json.loads((tmp_path / "report" / "run.json").read_text())["complete"]


def test_main__announces_nothing_where_kernels_are_not_kept(monkeypatch, capsys):
    """Nobody could load what it compiles."""
    monkeypatch.setattr(auditor.rehearsal, "cache_folder", lambda: None)
    auditor.rehearsal.main()
    assert capsys.readouterr() == ("", "")
