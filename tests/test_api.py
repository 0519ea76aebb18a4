"""The library: what is lazy, that every face of a run shows the same, and what is refused."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

import auditor
from auditor.errors import AuditorError, ConfigError, InventoryError, PolicyError, SinkError, SourceError
from auditor.ir.model import Reason, Verdict
from auditor.report import schema
from tests.console import record
from tests.small_cluster import FLOWS, HEADER, POLICY, VIOLATION, cluster, flow

__all__ = ["cluster"]


@pytest.fixture
def tables(cluster):
    """Return the tables of the small cluster."""
    return auditor.compile(policies="policies.yaml", inventory="cluster.json")


def stored(name):
    """Return a table of the report."""
    return pa.ipc.open_file(Path("report") / name).read_all()


@pytest.mark.parametrize(
    "paths",
    ["policies.yaml", Path("policies.yaml"), ["policies.yaml"], (Path("policies.yaml"), "policies.yaml")],
)
def test_compile__takes_paths_of_any_sort(cluster, paths):
    """Text or path, one or several; the fingerprint knows the content alone."""
    expected = auditor.compile("policies.yaml", "cluster.json").fingerprint
    assert auditor.compile(paths, [Path("cluster.json")]).fingerprint == expected


def test_compile__fingerprints_what_it_was_built_from(tables):
    """Other policies or other switches are other tables."""
    more = auditor.compile("policies.yaml", "cluster.json", own_node="judge")
    Path("policies.yaml").write_text(POLICY.replace("5432", "5433"), encoding="utf-8")
    other = auditor.compile("policies.yaml", "cluster.json")
    assert len({tables.fingerprint, more.fingerprint, other.fingerprint}) == 3


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"own_node": "x"}, "expected one of `allow`, `judge` for `own_node`, came `x`"),
        ({"other_protocols": "x"}, "expected one of `strict`, `ignore` for `other_protocols`, came `x`"),
        ({"pod_networks": ["x"]}, "expected a pod network like `10.0.0.0/16`, got `x`"),
    ],
)
def test_compile__refuses_values_without_a_meaning(cluster, given, message):
    """Every keyword is checked."""
    with pytest.raises(ConfigError) as caught:
        auditor.compile("policies.yaml", "cluster.json", **given)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("policies", "inventory", "error"),
    [
        ("broken", "cluster.json", PolicyError),
        ("policies.yaml", "broken", InventoryError),
        ("x", "cluster.json", SourceError),
    ],
)
def test_compile__raises_its_own_errors(cluster, policies, inventory, error):
    """Whatever is wrong is an error of this project."""
    Path("broken").write_text("- a", encoding="utf-8")
    with pytest.raises(error) as caught:
        auditor.compile(policies, inventory)
    assert isinstance(caught.value, AuditorError)


def test_audit__reads_nothing_before_it_is_asked(tables):
    """A run is a promise: a log that is not there yet is no error yet."""
    run = auditor.audit(tables, flows="later.log")
    with pytest.raises(SourceError) as caught:
        list(run)
    assert str(caught.value) == "expected a file or folder, `later.log` does not exist"
    Path("later.log").write_text(FLOWS, encoding="utf-8")
    assert run.totals.n_flows == 7


@pytest.mark.parametrize("rows", ["violations", "all"])
def test_run__shows_the_same_everywhere(tables, rows):
    """Iteration, tables of Arrow and polars, summary, counts and the written report agree."""
    run = auditor.audit(tables, "flows.log", rows=rows)
    batches = list(run)
    assert all(batch.schema.equals(schema.FLOWS) for batch in batches)
    table = run.to_arrow()
    plain = table.to_pylist()
    assert plain == pa.Table.from_batches(batches).to_pylist()
    frame = run.to_polars()
    assert isinstance(frame, pl.DataFrame)
    assert frame.columns == table.column_names
    assert frame["source_row"].to_list() == table["source_row"].to_pylist()
    assert frame["ingress_reason"].cast(pl.String).to_list() == table["ingress_reason"].to_pylist()
    outcome = auditor.audit(tables, "flows.log", rows=rows).write("report")
    assert stored(f"{'verdicts' if rows == 'all' else rows}-00000.arrow").to_pylist() == plain
    assert stored("summary.arrow").to_pylist() == run.summary().to_pylist() == outcome.summary.to_pylist()
    assert outcome.totals.findings == run.totals.findings == record()["flows"]["finding"]
    assert len(plain) == (7 if rows == "all" else 3)
    assert record()["fingerprint"] == tables.fingerprint


def test_run__keeps_the_order_of_the_input(tables):
    """With rows="all" there is a row for every flow, file after file, row after row."""
    Path("more.log").write_text(FLOWS, encoding="utf-8")
    table = auditor.audit(tables, ["more.log", "flows.log"], rows="all", threads=3).to_arrow()
    assert table["source_file"].to_pylist() == ["more.log"] * 7 + ["flows.log"] * 7
    assert table["source_row"].to_pylist() == [*range(2, 9)] * 2


def test_run__reads_anew_on_every_pass(tables):
    """A run can be asked again; counts are those of the last pass."""
    run = auditor.audit(tables, "flows.log", rows="all")
    assert run.to_arrow().num_rows == 7
    Path("flows.log").write_text(HEADER + VIOLATION, encoding="utf-8")
    assert run.totals.n_flows == 7
    assert run.to_arrow().num_rows == 1
    assert run.totals.n_flows == 1


def test_run__overrides_what_was_compiled(tables):
    """own_node may be chosen at the audit: the compiled choice is a default."""
    Path("flows.log").write_text(HEADER + flow("192.0.2.1", "10.0.0.2", 9999), encoding="utf-8")
    judging = auditor.compile("policies.yaml", "cluster.json", own_node="judge")

    def n_violations(compiled, **options):
        return auditor.audit(compiled, "flows.log", **options).totals.findings["VIOLATION"]

    assert [n_violations(tables), n_violations(tables, own_node="judge")] == [0, 1]
    assert [n_violations(judging), n_violations(judging, own_node="allow")] == [1, 0]
    auditor.audit(judging, "flows.log", own_node="allow").write("report")
    assert record()["options"]["own_node"] == "allow"


def test_run__infers_who_opened_unless_told(tables):
    """A reply belongs to the connection of the other end, unless every record is taken as it is."""
    Path("flows.log").write_text(
        HEADER + flow("10.0.0.2", "10.0.0.1", 40000, src_port=5432), encoding="utf-8"
    )
    openers = [
        auditor.audit(tables, "flows.log", rows="all", replies=replies).to_arrow()["opener"].to_pylist()
        for replies in ("infer", "as-recorded")
    ]
    assert openers == [["destination"], ["source"]]


def test_run__says_at_the_end_what_is_missing(tables):
    """Whoever iterates gets all there is, then the error; whoever writes gets it in the record."""
    Path("cut.log").write_bytes(b"\x1f\x8b\x08\x00" + bytes(6))
    run = auditor.audit(tables, ["flows.log", "cut.log"], format="vpc-text")
    sentence = (
        "file cannot be read further than 0 decompressed bytes: the gzip stream is cut off - at cut.log:1"
    )
    rows = []
    with pytest.raises(SourceError) as caught:
        rows.extend(run)
    assert str(caught.value) == sentence
    outcome = run.write("report")
    assert (outcome.record.missing, outcome.totals.n_flows) == ([sentence], 7)


@pytest.mark.parametrize(
    ("limit", "is_complete"), [(0, False), ("0", False), (1, True), ("20%", True), ("1%", False)]
)
def test_run__bears_so_many_rejected_rows(tables, limit, is_complete):
    """max_rejected is a number, or text as the flag takes it."""
    Path("flows.log").write_text(FLOWS + "5 broken\n", encoding="utf-8")
    outcome = auditor.audit(tables, "flows.log", max_rejected=limit).write("report")
    assert outcome.record.is_complete is is_complete


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"rows": "x"}, "expected one of `violations`, `all` for `rows`, came `x`"),
        (
            {"since": "2026-01-05", "until": "2026-01-04"},
            "expected `--since` before `--until`, came `2026-01-05` and `2026-01-04`",
        ),
        ({"threads": 0}, "expected at least 1 thread, came `0`"),
        (
            {"max_rejected": ""},
            "expected a number of rows or a share such as `1%` for `--max-rejected`, came ``",
        ),
    ],
)
def test_audit__refuses_values_without_a_meaning(tables, given, message):
    """Every keyword is checked at once, not when the run begins."""
    with pytest.raises(ConfigError) as caught:
        auditor.audit(tables, "flows.log", **given)
    assert str(caught.value) == message


def test_run__may_find_nothing(tables):
    """No row is an empty table of the same columns, in every face."""
    Path("flows.log").write_text(HEADER, encoding="utf-8")
    run = auditor.audit(tables, "flows.log")
    assert run.to_arrow().schema.equals(schema.FLOWS)
    assert (run.to_arrow().num_rows, run.to_polars().shape) == (0, (0, len(schema.FLOWS)))
    assert run.summary().num_rows == 0


def test_run__needs_flows(tables):
    """No path is an error, and so are empty files alone; an empty file beside others is skipped."""
    with pytest.raises(ConfigError) as caught:
        list(auditor.audit(tables, []))
    assert str(caught.value) == "expected flow logs, came none; `--flows` takes files, folders or patterns"
    Path("empty").write_bytes(b"")
    with pytest.raises(SourceError) as found:
        auditor.audit(tables, "empty").write("report")
    assert str(found.value) == "expected flow logs, came nothing: every file is empty - at empty"
    assert auditor.audit(tables, ["empty", "flows.log"]).write("report").record.skipped_files == {
        "empty": "empty"
    }


def test_write__refuses_a_folder_with_a_report(tables):
    """A report is replaced only by force."""
    run = auditor.audit(tables, "flows.log")
    run.write("report")
    with pytest.raises(SinkError) as caught:
        run.write("report")
    assert str(caught.value) == (
        "expected a folder without a report, found `rejected.arrow`; `--force` replaces the report - at report"
    )
    assert run.write(Path("report"), force=True).totals.n_flows == 7


def test_explain__agrees_with_the_rows(tables):
    """Asking about one connection gives the verdict and reasons that its row has."""
    table = auditor.audit(tables, "flows.log", rows="all", replies="as-recorded").to_arrow().to_pylist()
    for row in table:
        found = tables.explain(row["src_ip"], row["dst_ip"], row["dst_port"], row["protocol"])
        assert found.judgement.verdict.value.upper() == row["verdict"]
        assert found.egress.side.reason.value == row["egress_reason"]
        assert (found.ingress.side.reason.value, found.ingress.rule) == (
            row["ingress_reason"],
            row["ingress_rule"],
        )


def test_explain__takes_pods_by_name(tables):
    """A pod of the inventory stands for its address."""
    found = tables.explain("shop/web", "shop/db", 5432)
    assert (found.judgement.verdict, found.ingress.side.reason) == (Verdict.ALLOWED, Reason.ALLOWED_BY_RULE)
    assert str(found.ingress.origin) == "policies.yaml[1]:8 $.spec.ingress[0]"


def test_auditor__has_no_other_names():
    """A name that is not exported is an error of Python."""
    with pytest.raises(AttributeError, match="module `auditor` has no attribute `nothing`"):
        _ = auditor.nothing
