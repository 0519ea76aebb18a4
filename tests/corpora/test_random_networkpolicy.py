"""Random clusters whose every verdict two independent engines agreed on, through every way to a verdict."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import auditor
from tests.corpora.cases import ABSENT, CORPORA, SWITCHES, folders, is_denied, listed, name_of, world
from tests.engines import ENGINES
from tests.worlds import address, as_text

if not CORPORA.exists():
    pytest.skip(ABSENT, allow_module_level=True)

FOLDERS = folders("expected.csv", plain=True)
TIERED = folders("expected.csv", plain=False)
NAMES = {6: "TCP", 17: "UDP", 132: "SCTP"}


def test_folders__are_all_there():
    """The corpus is not silently empty."""
    assert len(FOLDERS) >= 60
    assert sum(len(listed(folder)) for folder in FOLDERS) >= 12_000
    assert len(TIERED) >= 50


@pytest.mark.parametrize("folder", FOLDERS, ids=name_of)
def test_engines__give_every_verdict(folder):
    """Both sides of every row are as expected, and both engines name the same reason and rule."""
    inventory, policies = world(folder)
    rows = listed(folder)
    connections = [row.connection for row in rows]
    found = {name: judge(inventory, policies, connections, SWITCHES) for name, judge in ENGINES.items()}
    for row, oracle, tables in zip(rows, found["oracle"], found["tables"], strict=True):
        assert tuple(is_denied(side.verdict) for side in oracle) == row.denied, row
        assert tables == oracle, row


@pytest.mark.parametrize("folder", FOLDERS, ids=name_of)
def test_audit__gives_every_verdict(folder):
    """From files to report rows: the table of expected verdicts is read as a flow log of its own."""
    check(folder, folder / "expected.csv")


@pytest.mark.parametrize("folder", FOLDERS[:5], ids=name_of)
def test_audit__gives_every_verdict_from_parquet(tmp_path, folder):
    """The same from Parquet with integers and dictionaries."""
    rows = [row.connection for row in listed(folder)]
    columns = {
        "src_ip": pa.array([as_text(row.source) for row in rows]).dictionary_encode(),
        "dst_ip": pa.array([as_text(row.destination) for row in rows]).dictionary_encode(),
        "protocol": pa.array([row.protocol for row in rows], pa.uint8()),
        "dst_port": pa.array([row.port for row in rows], pa.int32()),
    }
    pq.write_table(pa.table(columns), tmp_path / "flows.parquet", row_group_size=33)
    check(folder, tmp_path / "flows.parquet")


def check(folder, flows):
    """Audit a flow log with the rows of a case; compare every row of the report."""
    expected = listed(folder)
    tables = auditor.compile(policies=folder / "policies.yaml", inventory=folder / "cluster.yaml")
    run = auditor.audit(tables, flows=flows, rows="all", replies="as-recorded", own_node="judge")
    found = run.to_arrow().to_pylist()
    assert len(found) == len(expected) == run.totals.n_rows
    for number, (row, wanted) in enumerate(zip(found, expected, strict=True), start=1):
        flow = wanted.connection
        assert (address(row["src_ip"]), address(row["dst_ip"])) == (flow.source, flow.destination)
        assert (row["protocol"], row["dst_port"]) == (NAMES[flow.protocol], flow.port)
        sides = row["egress_verdict"], row["ingress_verdict"]
        assert tuple(side == "denied" for side in sides) == wanted.denied, number
        assert "unknown" not in sides
        assert row["verdict"] == ("DENIED" if any(wanted.denied) else "ALLOWED")


@pytest.mark.parametrize("folder", TIERED, ids=name_of)
def test_audit__never_claims_what_it_does_not_understand(folder):
    """Beside policies of other kinds a verdict is unknown, or right."""
    tables = auditor.compile(
        policies=folder / "policies.yaml", inventory=folder / "cluster.yaml", allow_unsupported=True
    )
    run = auditor.audit(
        tables, flows=folder / "expected.csv", rows="all", replies="as-recorded", own_node="judge"
    )
    sides = run.to_arrow().select(["egress_verdict", "ingress_verdict"]).to_pylist()
    for found, expected in zip(sides, listed(folder), strict=True):
        for word, denied in zip(found.values(), expected.denied, strict=True):
            assert word == "unknown" or (word == "denied") is denied, expected
