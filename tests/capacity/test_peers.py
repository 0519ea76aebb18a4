"""Peers find what this program finds, or there is no figure of them."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec

import pytest

from auditor.capacity import steps_peers
from auditor.capacity.beside import beside
from auditor.capacity.inputs import Made
from auditor.capacity.job_peers import run
from auditor.capacity.peers.contest import OURS, contenders, differences
from auditor.capacity.plan import QUICK, Bench
from auditor.capacity.results import NEITHER, Figure, Results
from auditor.errors import SourceError
from auditor.synthetic.flows import Traffic
from auditor.synthetic.shapes import Shape

SHAPE = Shape(30, 200)
LOGS = {"hubble-json": "none", "vpc-text": "none", "vpc-text-v2": "none", "vpc-parquet": "zstd"}
ALL = [(contest, name) for contest in LOGS for name in contenders(contest, {"rules": ""}) if name != OURS]

pytestmark = pytest.mark.jit_only


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Generate a small cluster."""
    return Made(tmp_path_factory.mktemp("inputs"), 1)


@pytest.fixture(scope="module")
def settings(made):
    """Return what a contest is told, by its name."""
    given = made.cluster(SHAPE)
    common = {
        "policies": given.policies,
        "inventory": given.inventory,
        "pod_cidrs": [],
        "own_node": "judge",
        "rules": str(made.rules(SHAPE)),
    }

    def told(contest):
        log = made.log(SHAPE, contest, 700, LOGS[contest], Traffic(0.1))
        return common | {"contest": contest, "path": log.path, "is_checked": True}

    return told


@pytest.mark.parametrize(("contest", "name"), ALL)
def test_peers__find_what_this_program_finds(settings, contest, name):
    """Rows, flows and sums of columns; of queries, the denied flows and connections."""
    peer = contenders(contest, settings(contest))[name]
    assert peer.better.endswith(".")
    pytest.importorskip(peer.needs)
    expected, found = (run(settings(contest) | {"name": each})["checks"] for each in (OURS, name))
    assert expected["flows"] > 400
    assert len(found) >= 4
    assert differences(expected, found) == []


def test_queries__have_something_to_find(settings):
    """Violations are in the log, and counted as in the report."""
    checks = run(settings("vpc-parquet") | {"name": OURS})["checks"]
    assert checks["denied"] > checks["connections"] > 0


def test_sql__denies_the_connections_of_the_report(settings, made, tmp_path):
    """Not only as many: the same ones, equally often."""
    pytest.importorskip("duckdb")
    import auditor
    from auditor.capacity.peers import sql

    told = settings("vpc-parquet")
    tables = auditor.compile(told["policies"], told["inventory"], own_node="judge")
    auditor.audit(tables, told["path"]).write(tmp_path / "report")
    assert sql.n_differing(made.rules(SHAPE), told["path"], tmp_path / "report", 1) == 0


def test_differences__say_what_was_found():
    """What a peer does not know is left out."""
    assert differences({"rows": 3, "ports": 9, "bytes": 1}, {"rows": 3, "ports": 8}) == [
        "ports: expected 9, came 8"
    ]


def test_run__refuses_what_is_not_installed(settings, monkeypatch):
    """In one sentence."""
    monkeypatch.setattr("auditor.capacity.job_peers.find_spec", lambda _: None)
    name = "polars read_csv, 1 thread"
    with pytest.raises(SourceError) as caught:
        run(settings("vpc-text") | {"name": name})
    assert str(caught.value) == "polars is not installed"


def test_peers__are_said_to_be_missing_or_to_differ(made, monkeypatch):
    """A row each: what is not installed with the command for it, what finds something else with what it found."""
    monkeypatch.setattr(steps_peers, "MAIN", SHAPE)
    monkeypatch.setattr(steps_peers, "find_spec", lambda name: None if name == "duckdb" else find_spec(name))
    monkeypatch.setattr(
        steps_peers, "differences", lambda _, found: [] if "observed" in found else ["ports: other"]
    )
    bench = Bench(replace(QUICK, peer_runs=2), made, 1, None, Results({}), made.cluster(SHAPE))
    bench.logs = (made.log(SHAPE, "hubble-json", 700), made.log(SHAPE, "vpc-text", 700))
    try:
        found = {each.labels["by"]: each for each in steps_peers.peers(bench)}
    finally:
        bench.close()
    orjson = found["orjson.loads a line"]
    assert (len(orjson.runs), orjson.better, orjson.unit) == (2, NEITHER, "ns/row")
    assert found["DuckDB read_json, columns"].why_not == (
        "no figure: `duckdb` is not installed; `pip install duckdb` installs it"
    )
    assert found["polars read_csv, 1 thread"].why_not == "no figure: ports: other"


def test_beside__shows_ratios_and_what_others_do_better():
    """With the reason in the row of what was not measured, and equal ones named as equal."""

    def figure(by, *runs, why_not=""):
        labels = {"log": "vpc-text", "compression": "none", "by": by}
        return Figure(
            "peers", labels, "ns/row", runs, why_not=why_not, note="" if "this" in by else "Better."
        )

    results = Results({})
    results.figures = [
        figure("this program", 100.0, 101.0, 102.0),
        figure("slow", 300.0, 303.0, 306.0),
        figure("alike", 100.0, 102.0, 103.0),
        figure("absent", why_not="no figure: not there"),
    ]
    table, bars, words = beside(results).blocks
    assert [row[0] for row in table.rows] == ["this program", "slow", "alike", "absent"]
    assert table.rows[1][4:] == [3.0, "Better."]
    assert table.rows[3][1:] == [None, None, None, None, "no figure: not there. Better."]
    assert [bar[0] for bar in bars.bars] == ["this program", "slow", "alike"]
    assert words == "As quick as this program, as far as these runs tell: alike."
