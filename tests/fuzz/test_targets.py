"""What fuzzing once found stays found, and the fuzzers themselves work."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from tests.fuzz import mutations, run, targets
from tests.fuzz.seeds import findings_of, seeds_of
from tests.fuzz.targets import TARGETS

IS_COMPILED = os.environ.get("NUMBA_DISABLE_JIT", "0") in {"", "0"}
FINDINGS = [(target, path) for target in TARGETS for path in findings_of(target)]
N_MUTATIONS = 300 if IS_COMPILED else 60


@pytest.mark.parametrize(("target", "path"), FINDINGS, ids=lambda each: getattr(each, "name", each))
def test_targets__hold_for_the_corpus(tmp_path, target, path):
    """Scanner and exact reader agree about every kept input, and nothing is raised."""
    TARGETS[target](tmp_path / "input", path.read_bytes())


@pytest.mark.parametrize("target", TARGETS)
def test_targets__hold_for_mutations(tmp_path, target):
    """A short run with a fixed seed, in every lane."""
    rng = random.Random(1)
    seeds = seeds_of(target)
    for _ in range(N_MUTATIONS):
        content = mutations.mutated(rng, rng.choice(seeds), seeds, target)
        TARGETS[target](tmp_path / "input", content)


@pytest.mark.parametrize("target", TARGETS)
def test_mutated__repeats_itself(target):
    """The same state of the generator gives the same input, and most inputs differ from their seed."""
    seeds = seeds_of(target)[:40]
    made = [
        [mutations.mutated(random.Random(n), seeds[0], seeds, target) for n in range(50)] for _ in range(2)
    ]
    assert made[0] == made[1]
    assert len(set(made[0])) > 40


@pytest.mark.parametrize("change", mutations.CHANGES, ids=lambda change: change.__name__)
def test_changes__take_anything(change):
    """No change needs more than bytes, not even one."""
    rng = random.Random(2)
    for content in (b"", b"\n", b"{", b'"', b"\xff\x00"):
        for target, tokens in mutations.TOKENS.items():
            for _ in range(20):
                assert isinstance(change(rng, content, [content, b"", *seeds_of(target)[:3]], tokens), bytes)


def test_targets__see_a_reader_that_disagrees(tmp_path, monkeypatch):
    """A wrong port in one of the readings fails the check."""
    original, calls = targets.read, []

    def wrong(*given, **options):
        batches, errors, warnings = original(*given, **options)
        calls.append(options)
        if len(calls) == 3:
            batches[0] = replace(batches[0], dst_port=batches[0].dst_port + np.uint16(1))
        return batches, errors, warnings

    monkeypatch.setattr(targets, "read", wrong)
    with pytest.raises(AssertionError, match="dst_port"):
        TARGETS["vpc"](tmp_path / "input", seeds_of("vpc")[1])


def test_run__keeps_a_failing_input(tmp_path, monkeypatch, capsys):
    """A process that ends badly leaves its input in the corpus, and what it said on the screen."""
    script = tmp_path / "failing.py"
    script.write_text("import sys; open(sys.argv[2], 'wb').write(b'bad'); sys.exit('it failed')")
    monkeypatch.setattr(run, "CORPUS", run.ROOT / "tests" / "fuzz" / "corpus")
    kept = []
    monkeypatch.setattr(run, "keep", lambda target, content: kept.append((target, content)) or "there")
    assert not run.fuzz("vpc", run.Way("failing", str(script), {}), 1, 1)
    assert kept == [("vpc", b"bad")]
    said = capsys.readouterr().out
    assert "it failed" in said
    assert "kept as there" in said


def test_keep__names_an_input_by_its_content(tmp_path, monkeypatch):
    """The same input found twice is one file."""
    monkeypatch.setattr(run, "CORPUS", tmp_path)
    monkeypatch.setattr(run, "ROOT", tmp_path)
    assert run.keep("vpc", b"bad") == run.keep("vpc", b"bad")
    assert [path.read_bytes() for path in (tmp_path / "vpc").iterdir()] == [b"bad"]


@pytest.mark.jit_only
def test_run__fuzzes_for_a_moment(tmp_path):
    """The fast way runs to its end, and says how many inputs it tried."""
    command = [sys.executable, str(run.ROOT / "tests" / "fuzz" / "mutating.py")]
    child = subprocess.run(
        [*command, "vpc", str(tmp_path / "input"), "0", "1"],
        env=run_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (child.returncode, child.stdout) == (0, "0 inputs\n"), child.stderr


def run_environment():
    """Return an environment in which the project is found."""
    return {**os.environ, "PYTHONPATH": str(run.ROOT)}
