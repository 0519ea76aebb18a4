"""The table of figures says what was measured, and NO where a promise does not hold."""

from __future__ import annotations

import importlib
import json

import pytest

from tests.house.tree import ROOT


@pytest.fixture
def bench(monkeypatch):
    """Import the modules of the benchmarks as their scripts do: from their own folder."""
    monkeypatch.syspath_prepend(str(ROOT / "bench"))
    return importlib.import_module("lines"), importlib.import_module("measuring")


def samples_of(measuring, *seconds, rows=1_000, n_bytes=10_000):
    """Return samples with these CPU seconds, and twice the wall."""
    return [measuring.Sample(2 * each, each, rows, n_bytes) for each in seconds]


def test_ratios__are_of_runs_made_in_step(bench):
    """The median of pairwise ratios, with the least and the greatest: not the ratio of medians."""
    _, measuring = bench
    ours, theirs = (samples_of(measuring, *seconds) for seconds in ((1, 2, 4), (4, 2, 40)))
    assert measuring.ratios(ours, theirs, "cpu_s") == (4, 1, 10)


def test_compare__stops_at_the_first_difference(bench):
    """A figure is printed only if both read the same; what a peer cannot know it leaves out."""
    _, measuring = bench
    measuring.compare({"": {"rows": 3, "flows": 2}, "peer": {"rows": 3}})
    with pytest.raises(SystemExit, match="rows:  found 3, peer 4"):
        measuring.compare({"": {"rows": 3}, "peer": {"rows": 4}})


def test_beside__holds_the_promise_against_the_best_peer(bench):
    """Three times the slow peer is not three times the fast one, and a peer that does half the work is only shown."""
    lines, measuring = bench
    samples = {
        "": samples_of(measuring, 1, 1),
        "slow": samples_of(measuring, 5, 5),
        "fast": samples_of(measuring, 2, 2),
        "half": samples_of(measuring, 1, 1),
    }
    made = lines.beside("p", "w", "cpu_s", samples, 3, least_rows=1_000, partial=frozenset({"half"}))
    assert [(line.peer, line.promised, line.holds) for line in made] == [
        ("", ">= 0.001 M rows/s", True),
        ("slow", "", None),
        ("fast", ">= 3 x", False),
        ("half", "", None),
    ]
    assert made[2].cells()[3:8] == ["500", "0.000", "2,000,000.0", "4.000", "2.00 (2.00-2.00) cpu"]
    assert made[2].cells()[-1] == "NO"


@pytest.mark.parametrize(("least_bytes", "holds"), [(9_000, True), (11_000, False)])
def test_beside__holds_a_promise_of_bytes(bench, least_bytes, holds):
    """Bytes a second, by the basis of the line."""
    lines, measuring = bench
    samples = {"": samples_of(measuring, 1), "peer": samples_of(measuring, 1)}
    own, peer = lines.beside("p", "w", "cpu_s", samples, None, least_bytes=least_bytes)
    assert (own.holds, peer.promised) == (holds, "")


def test_save__writes_every_run(bench, tmp_path, monkeypatch):
    """What is printed is kept with the runs behind it, and the machine."""
    lines, measuring = bench
    monkeypatch.setattr(lines, "RESULTS", tmp_path)
    table = lines.Table()
    table.add([lines.Line("p", "w", "", "wall_s", samples_of(measuring, 1, 2))])
    table.save("some")
    kept = json.loads((tmp_path / "some.json").read_text())
    assert kept["machine"]
    assert [sample["wall_s"] for sample in kept["lines"][0]["samples"]] == [2, 4]


def test_run_command__shows_what_a_failing_command_said(bench):
    """A benchmark that cannot run says why."""
    _, measuring = bench
    with pytest.raises(SystemExit, match=r"ended with 3: it failed"):
        measuring.run_command(["sh", "-c", "echo it failed >&2; exit 3"], measuring.ONE_CORE)
