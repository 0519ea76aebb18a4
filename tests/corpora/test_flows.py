"""Captured logs: every row is a flow with a verdict, a record known not to be one, or rejected for a known cause."""

from __future__ import annotations

import pytest

import auditor
from tests.corpora.cases import ABSENT, CORPORA

if not CORPORA.exists():
    pytest.skip(ABSENT, allow_module_level=True)

FILES = sorted(path for path in (CORPORA / "flows").rglob("*.*") if path.is_file())
WITHOUT_PROTOCOL = "protocol is missing"
ELLIPSIS = "number of fields is not that of the header or --vpc-format"
# By file: flows by what was observed, skipped and rejected rows by reason, losses by cause. The rejected rows are
# examples whose header names addresses only, and a line of three dots between two of them.
KNOWN = {
    "awsdocs-examples-v2-v5.txt": (
        {"FORWARDED": 17, "REFUSED": 2},
        {"header": 4, "NODATA": 1, "SKIPDATA": 1},
        {WITHOUT_PROTOCOL: 6, ELLIPSIS: 1},
        {"SKIPDATA": 1},
    ),
    "vrl-test-lines-v2-v11.txt": (
        {"FORWARDED": 19, "REFUSED": 3},
        {"header": 6, "NODATA": 1, "SKIPDATA": 1},
        {WITHOUT_PROTOCOL: 6},
        {"SKIPDATA": 1},
    ),
    "330-dns-flows.jsonl": ({}, {"l7-record": 330}, {}, {}),
    "400-icmpv4-flows.jsonl": ({"FORWARDED": 18}, {}, {}, {}),
    "400-tcp-flows.jsonl": ({"FORWARDED": 335}, {"l7-record": 65}, {}, {}),
    "5-http-flows.jsonl": ({}, {"l7-record": 5}, {}, {}),
    "cilium-docs-export-fieldmask.jsonl": ({"DROPPED": 1, "REFUSED": 1}, {}, {}, {}),
}
POLICY = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny, namespace: kube-system}
spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
"""


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """Return tables for a real cluster."""
    policies = tmp_path_factory.mktemp("policies") / "policy.yaml"
    policies.write_text(POLICY, encoding="utf-8")
    return auditor.compile(policies=policies, inventory=CORPORA / "inventory" / "aks-pods.json")


def test_files__are_all_there():
    """No captured file that was there when this was written is missing."""
    assert {path.name for path in FILES} >= KNOWN.keys()


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_audit__accounts_for_every_row(tables, path, threads):
    """Rows are flows, skipped and rejected; every flow is a row of the report with one verdict and one finding."""
    run = auditor.audit(tables, flows=path, rows="all", threads=threads)
    rows = run.to_arrow()
    totals = run.totals
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    assert totals.n_rows == len(lines)
    assert totals.n_rows == totals.n_flows + totals.n_skipped + totals.n_rejected
    counts = totals.verdicts, totals.findings, totals.observed, totals.egress_reasons, totals.ingress_reasons
    assert [sum(count.values()) for count in counts] == [totals.n_flows] * len(counts)
    assert rows.num_rows == totals.n_flows
    numbers = rows["source_row"].to_pylist()
    assert numbers == sorted(set(numbers))
    found = {word: count for word, count in totals.observed.items() if count}
    if path.name in KNOWN:
        observed, skipped, rejected, losses = KNOWN[path.name]
        assert (found, totals.skipped, totals.rejected) == (observed, skipped, rejected)
        assert totals.losses == losses
    else:
        assert totals.rejected == {}
