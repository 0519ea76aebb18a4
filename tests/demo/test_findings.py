"""An audit of the demonstration finds the planted gaps, all of them, and nothing else."""

from __future__ import annotations

import pytest

import auditor
from auditor.demo.gaps import GAPS
from auditor.demo.write import write_demo

GROUP = ["finding", "source", "destination", "port", "protocol"]
pytestmark = pytest.mark.jit_only


def test_audit__finds_every_gap_and_nothing_else(tmp_path):
    """Each gap is one group of the summary, and every group is a gap."""
    files = write_demo(tmp_path, n_flows=200_000, n_events=10_000)
    tables = auditor.compile(policies=str(files.policies), inventory=str(files.inventory))
    run = auditor.audit(tables, flows=str(files.flows))
    for _ in run:
        pass
    found = {
        (group["finding"], group["source"], group["destination"], group["port"] or 0, group["protocol"])
        for group in run.summary().select(GROUP).to_pylist()
    }
    planted = {
        (gap.finding, spelled(gap.client), spelled(gap.server), gap.port, gap.protocol)
        for gap in GAPS
        if gap.finding != "BLOCKED"
    }
    assert found == planted
    assert run.summary().num_rows == len(planted)


def spelled(end):
    """Return one end of a gap as reports write it."""
    kind, _, rest = end.partition(":")
    return {"outside": rest.rpartition("/")[0], "address": rest, "service": f"service/{rest}"}.get(kind, end)
