"""What may import what."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.tree import ROOT, imports_of, modules, name_of, tree_of

ORACLE_MAY_IMPORT = ("auditor.ir", "auditor.errors")
HEAVY = ("numpy", "numba", "pyarrow", "polars", "kernels")


def test_contracts__are_kept():
    """Every contract of pyproject.toml holds."""
    command = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run([command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("path", modules("auditor/ir"), ids=name_of)
def test_oracle__shares_no_code_with_what_it_checks(path):
    """The plain evaluation imports the ir and the errors and nothing else of ours, not even for types."""
    own = [name for name in imports_of(tree_of(path)) if name.split(".")[0] in {"auditor", "kernels"}]
    assert [name for name in own if not name.startswith(ORACLE_MAY_IMPORT)] == []


@pytest.mark.parametrize("path", modules("auditor/ir", "auditor/policies"), ids=name_of)
def test_meaning__is_free_of_arrays(path):
    """What policies mean is decided without numpy, Arrow or a kernel, not even for types."""
    assert [name for name in imports_of(tree_of(path)) if name.split(".")[0] in HEAVY] == []
