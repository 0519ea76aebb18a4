"""The Dockerfile's own steps lead to a tool that audits as a stranger on a read-only root."""

from __future__ import annotations

import json
import os
import shutil
import stat
import tempfile
from pathlib import Path

import pytest

from auditor.demo.write import write_demo
from tests.dockerfile import Image, UnbuildableError, read_stages

ROOT = Path(__file__).parents[1]
REPORT = {"run.json", "summary.arrow", "rules.arrow", "rejected.arrow"}


@pytest.fixture
def image():
    """Build the image below a folder that other users may enter."""
    top = Path(tempfile.mkdtemp(prefix="image-"))
    top.chmod(0o755)
    made = Image(top, ROOT)
    try:
        made.build()
        yield made
    except UnbuildableError as error:
        pytest.skip(str(error))
    finally:
        for folder in [path for path in top.rglob("*") if path.is_dir() and not path.is_symlink()]:
            folder.chmod(0o755)
        shutil.rmtree(top)


def test_read_stages__joins_lines_and_leaves_out_comments():
    """Instructions are read as BuildKit reads them."""
    stages = read_stages("ARG A=1\nFROM x AS one\n# no\nRUN a \\\n && b\nFROM one AS two\nUSER 1:1\n")
    assert {name: (stage.base, stage.steps) for name, stage in stages.items()} == {
        "one": ("x", [("RUN", "a   && b")]),
        "two": ("one", [("USER", "1:1")]),
    }


def test_dockerfile__runs_as_a_number():
    """Kubernetes can check that a numeric user is not root."""
    steps = dict(read_stages((ROOT / "Dockerfile").read_text(encoding="utf-8"))["run"].steps)
    assert steps["USER"] == "65532:65532"
    assert steps["ENTRYPOINT"] == '["auditor"]'


@pytest.mark.jit_only
@pytest.mark.slow
def test_image__audits_as_a_stranger_on_a_read_only_root(image):
    """Built from the lock, run without a home by another user, it reports findings and compiles nothing."""
    opt = image.root / "opt"
    assert not list((opt / "auditor/bin").glob("pip*"))
    cache = Path(image.environment["NUMBA_CACHE_DIR"])
    assert image.volumes == [str(cache)]
    compiled = {path: path.stat().st_mtime_ns for path in cache.rglob("*.nbc")}
    assert compiled
    demo = write_demo(image.root / "mounted", n_flows=20_000, n_events=2_000)
    report = image.root / "audit" / "report"
    # The root of the image becomes read-only, save its volume and what the user mounts.
    for path in [opt, *opt.rglob("*")]:
        if not path.is_symlink():
            path.chmod(stat.S_IMODE(path.stat().st_mode) & ~0o222)
    (image.root / "tmp").chmod(0o555)
    assert "HOME" not in image.environment
    done = image.run(
        *("audit", "--policies", str(demo.policies), "--inventory", str(demo.inventory)),
        *("--flows", str(demo.flows), "--out", str(report)),
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    written = {path.name for path in report.iterdir()}
    assert written >= REPORT
    assert any(name.startswith("violations-") for name in written)
    assert json.loads((report / "run.json").read_text(encoding="utf-8"))
    assert {path: path.stat().st_mtime_ns for path in cache.rglob("*.nbc")} == compiled
    page = report.with_name("page.html")
    drawn = image.run("report", str(report), "--out", str(page))
    assert drawn.returncode == 0, drawn.stdout + drawn.stderr
    assert "<svg " in page.read_text(encoding="utf-8")
    if os.getuid() != 0:
        pytest.skip("everything passed; that another user runs it needs root to show")
    assert report.stat().st_uid == 65532
