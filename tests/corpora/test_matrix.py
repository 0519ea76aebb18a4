"""Feature cases as full matrices of pods, through every way to a verdict."""

from __future__ import annotations

import csv

import pytest

import auditor
from tests.corpora.cases import ABSENT, CORPORA, SWITCHES, folders, is_denied, matrix, name_of, world
from tests.engines import ENGINES
from tests.worlds import as_text

if not CORPORA.exists():
    pytest.skip(ABSENT, allow_module_level=True)

FOLDERS = folders("expected.txt", plain=True)


def test_folders__are_all_there():
    """The corpus is not silently empty, and nothing in it is left out."""
    assert len(FOLDERS) >= 60
    assert sum(len(matrix(folder)) for folder in FOLDERS) >= 29_916
    assert folders("expected.txt", plain=False) == []


@pytest.mark.parametrize("folder", FOLDERS, ids=name_of)
def test_engines__give_every_cell(folder):
    """Both letters of every cell are as expected, and both engines name the same reason and rule."""
    inventory, policies = world(folder)
    cells = matrix(folder)
    connections = [cell.connection for cell in cells]
    found = {name: judge(inventory, policies, connections, SWITCHES) for name, judge in ENGINES.items()}
    for cell, oracle, tables in zip(cells, found["oracle"], found["tables"], strict=True):
        assert tuple(is_denied(side.verdict) for side in oracle) == cell.denied, cell
        assert tables == oracle, cell


@pytest.mark.parametrize("folder", FOLDERS[::8], ids=name_of)
def test_audit__gives_every_cell(tmp_path, folder):
    """From files to report rows, the cells written as a flow log."""
    cells = matrix(folder)
    with (tmp_path / "flows.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["protocol", "dst_port", "src_ip", "dst_ip"])
        for cell in cells:
            flow = cell.connection
            rows.writerow([flow.protocol, flow.port, as_text(flow.source), as_text(flow.destination)])
    tables = auditor.compile(policies=folder / "policies.yaml", inventory=folder / "cluster.yaml")
    run = auditor.audit(
        tables, flows=tmp_path / "flows.csv", rows="all", replies="as-recorded", own_node="judge"
    )
    found = run.to_arrow().select(["egress_verdict", "ingress_verdict"]).to_pylist()
    words = [tuple(word == "denied" for word in row.values()) for row in found]
    assert words == [cell.denied for cell in cells]
    assert run.totals.verdicts["UNKNOWN"] == 0
