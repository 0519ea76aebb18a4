"""The tables of rules and of rejected rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa

from auditor.flows.schema import Account
from auditor.ir.model import PolicySet
from auditor.report import schema
from auditor.report.rules import rejected_table, rules_table, texts
from auditor.report.tally import Tally


def test_rules_table__lists_rules_that_never_decided(cluster, row, outcomes):
    """Every rule of the policies has a row, with the flows it decided or 0."""
    table = rules_table(cluster.tables, cluster.totals([row(**outcomes["PERMITTED"]), row()]))
    table.validate(full=True)
    assert table.schema.equals(schema.RULES, check_metadata=True)
    assert table.to_pylist() == [
        {
            "rule": "NetworkPolicy/pay/db:ingress[0]",
            "kind": "NetworkPolicy",
            "namespace": "pay",
            "name": "db",
            "direction": "ingress",
            "index": 0,
            "description": "allows ingress to every pod in namespace `pay` from pods where `app=web` in "
            "namespace `shop` on TCP 5432",
            "file": "policies/pay.yaml",
            "document": 1,
            "line": 12,
            "flows": 1,
        },
        {
            "rule": "NetworkPolicy/pay/db:ingress[1]",
            "kind": "NetworkPolicy",
            "namespace": "pay",
            "name": "db",
            "direction": "ingress",
            "index": 1,
            "description": "allows ingress to every pod in namespace `pay` from anywhere on every port",
            "file": "policies/pay.yaml",
            "document": 1,
            "line": 12,
            "flows": 0,
        },
    ]


def test_rules_table__describes_the_policies_it_is_given(cluster, row):
    """What was said of others before, or of the same with other counts, changes nothing."""
    totals = cluster.totals([row()])
    first = rules_table(cluster.tables, totals)
    (policy,) = cluster.tables.policies.policies
    moved = PolicySet((replace(policy, rules=tuple(replace(rule, ports=None) for rule in policy.rules)),))
    other = rules_table(replace(cluster.tables, policies=moved), totals)
    assert other["description"].to_pylist() == [
        text.replace("TCP 5432", "every port") for text in first["description"].to_pylist()
    ]
    counted = rules_table(cluster.tables, replace(totals, rules=np.array([5, 7])))
    assert counted["flows"].to_pylist() == [5, 7]
    assert counted.drop(["flows"]).equals(first.drop(["flows"]))


def test_rejected_table__has_a_row_a_reason_and_file(cluster, row):
    """Reasons are counted by file, with their first positions."""
    tally = Tally.create(2)
    for file, rows in (("b.log", [3, 4, 5, 6, 7, 8]), ("a.log", [2]), ("c\udcff.log", [])):
        account = Account(n_rows=1 + len(rows) + (file == "a.log"))
        account.reject("no address", rows)
        if file == "a.log":
            account.reject("a protocol is missing", [9])
        tally.add(*cluster.batches([row()], file=file, account=account))
    table = rejected_table(tally.finish())
    table.validate(full=True)
    assert table.schema.equals(schema.REJECTED, check_metadata=True)
    assert [tuple(found.values()) for found in table.to_pylist()] == [
        ("b.log", "no address", 6, [3, 4, 5, 6, 7]),
        ("a.log", "a protocol is missing", 1, [9]),
        ("a.log", "no address", 1, [2]),
    ]


def test_rejected_table__is_empty_for_a_clean_run(cluster, row):
    """A run without rejected rows has a table without rows, of the same schema."""
    table = rejected_table(cluster.totals([row()]))
    assert table.num_rows == 0
    assert table.schema.equals(schema.REJECTED, check_metadata=True)


def test_texts__stores_what_is_no_utf8_as_escapes():
    """Texts become a text column; None is null."""
    column = texts(["a", None, "b\udcff", "a"])
    assert column.to_pylist() == ["a", None, "b\\udcff", "a"]
    assert column.type == pa.dictionary(pa.int32(), pa.string())
    assert np.array_equal(column.indices.is_null(), [False, True, False, False])
