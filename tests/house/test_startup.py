"""What starts fast stays fast: libraries are imported where they are used."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.house.tree import ROOT

HEAVY = {
    "numpy",
    "numba",
    "llvmlite",
    "pyarrow",
    "polars",
    "duckdb",
    "kafka",
    "prometheus_client",
    "jinja2",
    "vl_convert",
}
ASK = """
import contextlib, io, json, sys
from auditor.cli.main import run
sys.argv = ["auditor", *{arguments!r}]
code = None
with contextlib.redirect_stdout(io.StringIO()):
    try:
        code = run()
    except SystemExit as stop:
        code = stop.code
print(json.dumps({{"code": code or 0, "loaded": sorted({{name.split(".")[0] for name in sys.modules}})}}))
"""


def run_python(source: str) -> str:
    """Return what a fresh interpreter prints."""
    run = subprocess.run(
        [sys.executable, "-c", source], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["audit", "--help"], ["verify", "--help"], ["demo", "--help"], ["report", "--help"]],
    ids=" ".join,
)
def test_help__imports_nothing_heavy(arguments):
    """Asking how to use the tool does not load the libraries it works with."""
    answer = json.loads(run_python(ASK.format(arguments=arguments)))
    assert answer["code"] == 0
    assert HEAVY & set(answer["loaded"]) == set()


def test_import__is_light():
    """Importing the library loads an array library only when a verb is used."""
    loaded = json.loads(run_python("import auditor, json, sys; print(json.dumps(sorted(sys.modules)))"))
    assert HEAVY & set(loaded) == set()
