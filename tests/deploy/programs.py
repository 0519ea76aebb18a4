"""Programs of others that check what lies in `deploy/`."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest
import yaml

from tests.house.tree import ROOT

DEPLOY = ROOT / "deploy"
CHART = DEPLOY / "chart"
PLACES = os.pathsep.join([str(ROOT / ".cache" / "bin"), os.environ.get("PATH", "")])


def program(name: str) -> str:
    """Return the path of a program, or skip the test that needs it."""
    found = shutil.which(name, path=PLACES)
    if found is None:
        pytest.skip(f"expected `{name}` in .cache/bin or on PATH, found none: `make deploy-tools` builds it")
    return found


def run(name: str, *arguments: object, given: str = "") -> subprocess.CompletedProcess[str]:
    """Run a program with no cluster, no network and no configuration of a user."""
    environment = {"PATH": PLACES, "HOME": "/nonexistent", "LC_ALL": "C"}
    return subprocess.run(
        [program(name), *map(str, arguments)],
        input=given,
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        timeout=120,
    )


def template(*values: str) -> subprocess.CompletedProcess[str]:
    """Render the chart with some values set as `--set` takes them, JSON after a colon."""
    flags = [
        part
        for value in values
        for part in (("--set-json", value.replace(":=", "=")) if ":=" in value else ("--set", value))
    ]
    return run("helm", "template", "flow-log-auditor", CHART, "--kube-version", "1.30.0", *flags)


def rendered(*values: str) -> dict[str, dict]:
    """Return the objects that the chart renders, by kind."""
    answer = template(*values)
    assert answer.returncode == 0, answer.stderr
    return by_kind(answer.stdout)


def by_kind(text: str) -> dict[str, dict]:
    """Return the objects of a text, by kind; none comes twice."""
    objects = [each for each in yaml.safe_load_all(text) if each]
    found = {each["kind"]: each for each in objects}
    assert len(found) == len(objects)
    return found
