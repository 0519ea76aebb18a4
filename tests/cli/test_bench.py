"""`auditor bench`: a report from the command line, and two of them compared."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.capacity import plan
from auditor.capacity.inputs import Made
from auditor.capacity.plan import QUICK
from auditor.cli.bench import parse_rate
from auditor.errors import ConfigError
from auditor.synthetic.flows import Traffic
from auditor.synthetic.shapes import Shape
from tests.capacity.conftest import made_results
from tests.console import auditor

SHAPE = Shape(30, 200)
TINY = replace(
    QUICK,
    rounds=3,
    audits=1,
    peer_runs=1,
    rows={"hubble-json": 400, "vpc-text": 400, "vpc-parquet": 400},
    flows=500,
    axes={
        "policies": (("10", Shape(10, 200)), ("30", SHAPE)),
        "CIDRs": (("50", Shape(30, 200, n_cidrs=50)),),
    },
    traffics=(("violations", "0", Traffic(0.0)), ("violations", "0.5", Traffic(0.5))),
    held_back=(Shape(20, 200), "vpc-text", "gzip", 0.2),
)


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """Measure a tiny cluster, everything once."""
    folder = tmp_path_factory.mktemp("bench")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(plan, "QUICK", TINY)
        patch.setattr("auditor.capacity.steps.MAIN", SHAPE)
        patch.setattr("auditor.capacity.steps_whole.MAIN", SHAPE)
        patch.setattr("auditor.capacity.steps_peers.MAIN", SHAPE)
        ended = auditor("bench", "--rate", "250k/s", "--out", "capacity", "--inputs", "inputs")
    return folder, ended


@pytest.mark.jit_only
def test_bench__writes_a_report(report):
    """Code 0, four files, the answer on standard output, and progress with the time that is left."""
    folder, ended = report
    assert ended.code == 0, ended.err
    names = {path.name for path in (folder / "capacity").iterdir()}
    assert names == {"report.html", "report.md", "results.arrow", "results.json"}
    assert "## What 250,000 flows a second need" in ended.out
    assert ended.out.endswith("report      capacity\n")
    assert "1/11 make or look at the inputs (0 s gone, about " in ended.err


@pytest.mark.jit_only
def test_bench__measures_what_it_names(report):
    """Every log by stage, growth, messages, start, memory, scaling, and a prediction beside what was held back."""
    folder, _ = report
    document = json.loads((folder / "capacity" / "results.json").read_text())
    groups = {each["group"] for each in document["figures"] if each["runs"]}
    assert groups >= {
        "stage",
        "once",
        "tables",
        "noise",
        "growth",
        "messages",
        "peers",
        "start",
        "memory",
        "scaling",
        "heldback",
    }
    totals = [each for each in document["figures"] if each["labels"].get("stage") == "total"]
    assert len(totals) == 8
    assert all(each["note"].startswith(("2", "1", "c")) for each in totals)
    missing = {each["why_not"] for each in document["figures"] if not each["runs"]}
    assert missing == {
        "needs a broker: `auditor bench --brokers HOST:PORT`",
        "only with --full",
        "only with --full: it compiles every kernel, which takes half a minute",
    }
    facts = document["facts"]
    assert facts["command"].startswith("auditor bench --rate 250k/s")
    assert (facts["n_policies"], facts["n_pods"], facts["seed"]) == (30, 200, 1)


@pytest.mark.jit_only
def test_bench__measures_what_a_user_has(tmp_path, monkeypatch):
    """Own policies, inventory and logs; growth with shares of the policies; what it needs and has not is said."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(plan, "QUICK", TINY)
    made = Made(tmp_path / "made", 1)
    given, log = made.cluster(SHAPE), made.log(SHAPE, "vpc-text", 400, "gzip")
    words = ["--policies", *given.policies, "--inventory", *given.inventory, "--flows", log.path]
    ended = auditor("bench", *words, "-q")
    assert (ended.code, ended.err) == (0, "")
    document = json.loads(Path("capacity/results.json").read_text())
    growth = [
        each["labels"]["at"] for each in document["figures"] if each["labels"].get("what") == "classify"
    ]
    assert growth == ["8", "15", "30"]
    assert "needs a Hubble and a VPC text log to make messages of" in Path("capacity/report.md").read_text()


def test_bench__refuses_a_folder_with_a_report(tmp_path, monkeypatch):
    """Before minutes are spent."""
    monkeypatch.chdir(tmp_path)
    Path("capacity").mkdir()
    Path("capacity/results.json").write_text("{}")
    ended = auditor("bench")
    assert ended.code == 2
    sentence = "expected a folder without a report, found `results.json`; `--force` replaces the report - at capacity"
    assert ended.err == f"auditor: error: {sentence}\n"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--quick", "--full"], "expected one of `--quick` and `--full`, came both"),
        (
            ["--policies", "p", "--flows", "f"],
            "expected `--policies`, `--inventory` and `--flows` together, came no `--inventory`",
        ),
        (["--brokers", "http://a:b@c"], "expected brokers as `host:port`, came something else"),
        (["--rate", "fast"], "expected flows a second such as `250k/s` for `--rate`, came `fast`"),
    ],
)
def test_bench__refuses_flags_without_a_meaning(tmp_path, monkeypatch, words, sentence):
    """One sentence, code 2, nothing made."""
    monkeypatch.chdir(tmp_path)
    ended = auditor("bench", *words)
    assert (ended.code, ended.err) == (2, f"auditor: error: {sentence}\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "expected"), [("100k", 1e5), ("250k/s", 250_000), ("1.5M/s", 1.5e6), ("2G", 2e9), ("7/s", 7)]
)
def test_parse_rate__reads_letters(text, expected):
    """Thousands, millions, thousands of millions, a second."""
    assert parse_rate(text) == expected


@pytest.mark.parametrize("text", ["0", "", "-1", "k", "1 m", "1e5"])
def test_parse_rate__refuses_the_rest(text):
    """A rate is a number above 0."""
    with pytest.raises(ConfigError) as caught:
        parse_rate(text)
    assert str(caught.value) == f"expected flows a second such as `250k/s` for `--rate`, came `{text}`"


def test_compare__exits_with_1_on_a_regression(tmp_path):
    """And with 0 where nothing got slower, the other way round too."""
    for name, results in (
        ("a", made_results(1)),
        ("b", made_results(2)),
        ("slow", made_results(3, slow={"decode": 1.5})),
    ):
        (tmp_path / name).mkdir()
        results.write(tmp_path / name)
    same, slower, faster = (
        auditor("bench", "compare", tmp_path / one, tmp_path / other)
        for one, other in (("a", "b"), ("a", "slow"), ("slow", "a"))
    )
    assert [ended.code for ended in (same, slower, faster)] == [0, 1, 0]
    assert "SLOWER  stage/log=vpc-text/compression=none/stage=decode: " in slower.out
    assert "faster  stage/log=vpc-text/compression=none/stage=decode: " in faster.out
    assert "SLOWER" not in same.out
    generous = auditor("bench", "compare", tmp_path / "a", tmp_path / "slow", "--least", "1")
    assert generous.code == 0


def test_compare__refuses_what_is_no_result(tmp_path):
    """Code 2, and where."""
    ended = auditor("bench", "compare", tmp_path / "none.json", tmp_path)
    assert ended.code == 2
    assert (
        ended.err
        == f"auditor: error: results cannot be read: No such file or directory - at {tmp_path}/none.json\n"
    )
