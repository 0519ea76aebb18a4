"""Groups of what a user would fix together."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.report import schema
from auditor.report.groups import group_rows
from auditor.report.summary import Summary
from kernels import codes

KEY = ["finding", "source", "destination", "port", "protocol", "reason"]


def _keys(table):
    return [tuple(row[name] for name in KEY) for row in table.to_pylist()]


def test_finish__sums_a_group(cluster, row):
    """Flows of equal ends, port, protocol and reason are one row with their sums, times and first places."""
    rows = [
        row(time=second * 10**9 + 5, src=f"10.0.0.{1 + second % 2}", n_bytes=7) for second in (3, 1, 2, 9)
    ]
    table = cluster.summary(cluster.rows(rows, first=20))
    assert table.schema.equals(schema.SUMMARY, check_metadata=True)
    table.validate(full=True)
    assert table.num_rows == 1
    values = {name: table[name][0] for name in table.column_names}
    assert values.pop("first_seen").value == 10**9 + 5
    assert values.pop("last_seen").value == 10 * 10**9 + 5
    assert {name: value.as_py() for name, value in values.items()} == {
        "finding": "VIOLATION",
        "source_kind": "pod",
        "source": "shop/web",
        "destination_kind": "pod",
        "destination": "pay/db",
        "port": 5432,
        "protocol": "TCP",
        "reason": "no-rule-matched",
        "direction": "ingress",
        "egress_policies": "NetworkPolicy/shop/out",
        "ingress_policies": "NetworkPolicy/pay/db",
        "flows": 4,
        "connections": 2,
        "bytes": 28,
        "packets": 8,
        "examples": ["flows.log:20", "flows.log:21", "flows.log:22"],
    }


def test_finish__names_every_kind_of_end(cluster, row):
    """Pods are named by workload, else by name; nodes and services by name; the rest by address."""
    addresses = ("10.0.0.4", "10.1.0.1", "10.2.0.1", "10.0.9.9", "198.51.100.7")
    table = cluster.summary(cluster.rows([row(dst=address) for address in addresses]))
    assert sorted(
        zip(table["destination_kind"].to_pylist(), table["destination"].to_pylist(), strict=True)
    ) == [
        ("external", "198.51.100.7"),
        ("node", "node/node-a"),
        ("pod", "pay/bare"),
        ("service", "service/pay/db"),
        ("unknown", "10.0.9.9"),
    ]


def test_finish__puts_replies_with_their_connection(cluster, row):
    """A record of a reply counts for the connection it answers: opener to other end, the other end's port."""
    reply = row(src="10.0.0.3", dst="10.0.0.1", src_port=5432, dst_port=40000, opener=1)
    table = cluster.summary(cluster.rows([row(), reply]))
    assert _keys(table) == [("VIOLATION", "shop/web", "pay/db", 5432, "TCP", "no-rule-matched")]
    assert table["flows"].to_pylist() == [2]
    assert table["connections"].to_pylist() == [1]


def test_finish__puts_the_worst_first(cluster, row, outcomes):
    """Findings stand worst first, then the most flows, then names."""
    rows = [
        row(**outcomes["PERMITTED"]),
        row(verdict=1, finding=codes.FINDING_BLOCKED, observed=codes.OBSERVED_DROPPED),
        row(**outcomes["UNDECIDED"]),
        row(**outcomes["MISDROPPED"]),
        row(dst_port=2),
        row(dst_port=1),
        row(dst_port=3, weight=2),
    ]
    table = cluster.summary(cluster.rows(rows))
    assert [(key[0], key[3]) for key in _keys(table)] == [
        ("VIOLATION", 3),
        ("VIOLATION", 1),
        ("VIOLATION", 2),
        ("MISDROPPED", 5432),
        ("UNDECIDED", 5432),
        ("BLOCKED", 5432),
        ("PERMITTED", 5432),
    ]
    assert table["reason"].to_pylist()[-4:] == [
        "allowed-by-rule",
        "unknown-address",
        "no-rule-matched",
        "allowed-by-rule",
    ]


@pytest.mark.parametrize(
    ("sides", "reason", "direction"),
    [
        (("NO_RULE_MATCHED", "UNKNOWN_ADDRESS"), "no-rule-matched", "egress"),
        (("UNKNOWN_ADDRESS", "NO_RULE_MATCHED"), "no-rule-matched", "ingress"),
        (("NO_RULE_MATCHED", "NO_RULE_MATCHED"), "no-rule-matched", "both"),
        (("ALLOWED_BY_RULE", "UNSUPPORTED_POLICY"), "unsupported-policy", "ingress"),
        (("SERVICE_ADDRESS", "UNKNOWN_ADDRESS"), "unknown-address", "ingress"),
        (("ALLOWED_BY_RULE", "NOT_ISOLATED"), "allowed-by-rule", "egress"),
        (("NOT_A_POD", "OWN_NODE"), "own-node", "ingress"),
        (("NOT_A_POD", "NOT_A_POD"), "not-a-pod", "both"),
    ],
)
def test_finish__gives_the_reason_that_decides(cluster, row, sides, reason, direction):
    """What denies speaks before what is unknown, and that before what allows; the side is named."""
    egress, ingress = (getattr(codes, f"OUTCOME_{side}") for side in sides)
    table = cluster.summary(cluster.rows([row(egress=egress, ingress=ingress)]))
    assert table["reason"].to_pylist() == [reason]
    assert table["direction"].to_pylist() == [direction]


def test_finish__says_both_where_sides_differ_within_a_group(cluster, row):
    """A group whose flows were denied now here, now there, is of both sides."""
    other = row(egress=codes.OUTCOME_NO_RULE_MATCHED, ingress=codes.OUTCOME_NOT_ISOLATED)
    table = cluster.summary(cluster.rows([row(), other]))
    assert table["direction"].to_pylist() == ["both"]


def test_finish__leaves_null_what_no_row_says(cluster, row):
    """Volumes and times are null if never known, and sums of what is known otherwise."""
    silent = row(time=None, n_bytes=None, packets=None, dst_port=1)
    table = cluster.summary(cluster.rows([silent, row(n_bytes=None), row(n_bytes=0)]), cluster.rows([silent]))
    assert table["bytes"].to_pylist() == [None, 0]
    assert table["packets"].to_pylist() == [None, 4]
    assert table["first_seen"].null_count == table["last_seen"].null_count == 1


@pytest.mark.parametrize("unclear", [{"src_port": 0}, {"weight": 3}, {"protocol": 1, "dst_port": 0}])
def test_finish__counts_no_connections_it_does_not_know(cluster, row, unclear):
    """One row without ports, or standing for several flows, leaves its group's connections unknown."""
    table = cluster.summary(cluster.rows([row(**{"protocol": unclear.get("protocol", 6), **unclear})]))
    assert table["connections"].to_pylist() == [None]


def test_finish__counts_a_connection_once_over_batches(cluster, row):
    """Records of one connection in several batches are one connection."""
    batches = [cluster.rows([row(src_port=1000 + n), row(src_port=7)]) for n in range(5)]
    assert cluster.summary(*batches)["connections"].to_pylist() == [6]


def test_notes__say_that_connections_are_too_many(cluster, row):
    """Past the limit no group counts connections, and the report says so."""
    summary = Summary(max_connections=3)
    summary.add(cluster.rows([row(src_port=1 + n) for n in range(4)]))
    assert summary.finish()["connections"].to_pylist() == [None]
    assert summary.notes == ["connections are not counted: there are more than `3`"]


def test_notes__say_where_groups_are_coarser(cluster, row):
    """Past each limit the next coarser grouping begins; flows are all counted."""
    rows = [
        row(src="198.51.100.1"),
        row(src="198.51.100.2"),
        row(src="198.51.100.3"),  # a third group: external addresses become one
        row(src="198.51.100.4"),
        row(src="198.51.100.1"),  # a group that exists counts on
        row(src="198.51.100.5", dst_port=1),
        row(src="10.0.9.9", dst_port=2),  # a fifth group: ports become none
        row(dst="198.51.100.6", dst_port=3),
        row(dst="10.0.0.4", dst_port=4),  # a seventh: ends become kinds
    ]
    summary = Summary(max_groups=2)
    summary.add(cluster.rows(rows))
    table = summary.finish()
    assert sorted(
        zip(*(table[name].to_pylist() for name in ("source", "destination", "flows")), strict=True)
    ) == [
        ("198.51.100.1", "pay/db", 2),
        ("198.51.100.2", "pay/db", 1),
        ("external", "pay/db", 1),
        ("external", "pay/db", 2),
        ("pod", "pod", 1),
        ("shop/web", "external", 1),
        ("unknown", "pay/db", 1),
    ]
    assert table["port"].null_count == 3
    assert summary.notes == [
        "past `2` groups, those of further external and unknown addresses are counted as one end each",
        "past `4` groups, those of further ports are counted without their port",
        "past `6` groups, those of further ends are counted by the kind of the ends",
    ]


def test_notes__are_empty_for_a_common_run(cluster, row):
    """Nothing is said where nothing was coarsened."""
    summary = Summary()
    summary.add(cluster.rows([row()]))
    assert summary.notes == []
    assert Summary().finish().num_rows == 0


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["10.0.0.1", "10.0.0.3", "10.1.0.1", "198.51.100.1", "198.51.100.2", "10.0.9.9"]),
        st.sampled_from([80, 443, 0]),
        st.sampled_from([1, 7]),
        st.sampled_from([None, 5, 9]),
    ),
    max_size=30,
)


@given(rows=ROWS, size=st.integers(1, 7), max_groups=st.integers(1, 40), most=st.sampled_from([1, 2, 256]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_add__does_not_depend_on_the_cut(cluster, row, rows, size, max_groups, most):
    """Batches of any size give the summary of one batch, coarse groups and examples among it, however many wait."""
    flows = [
        row(src=src, dst_port=port, src_port=100 + at % 3, weight=weight, time=time)
        for at, (src, port, weight, time) in enumerate(rows)
    ]
    whole = cluster.summary(cluster.rows(flows), max_groups=max_groups)
    cuts = [cluster.rows(flows[at : at + size], first=at + 1) for at in range(0, len(flows), size)]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("auditor.report.summary._MAX_WAITING", most)
        assert cluster.summary(*cuts, max_groups=max_groups).equals(whole)
    assert sum(whole["flows"].to_pylist()) == sum(flow.weight for flow in flows)
    examples = [example for found in whole["examples"].to_pylist() for example in found]
    assert len(set(examples)) == sum(min(3, count) for count in _rows_by_group(cluster, flows, max_groups))


def _rows_by_group(cluster, flows, max_groups):
    """Return how many rows each group has."""
    plain = [flow._replace(weight=1) for flow in flows]
    return cluster.summary(cluster.rows(plain), max_groups=max_groups)["flows"].to_pylist()


def test_add__takes_as_many_groups_as_come(cluster, row, monkeypatch):
    """Groups that wait are added when there are many, and those that follow find them."""
    monkeypatch.setattr("auditor.report.summary._MIN_WAITING_GROUPS", 10)
    batches = [
        cluster.rows([row(src=f"192.0.2.{number}", src_port=1 + at) for number in range(8)], file=f"{at}.log")
        for at in range(9)
    ]
    table = cluster.summary(*batches)
    assert table["flows"].to_pylist() == table["connections"].to_pylist() == [9] * 8
    assert table["examples"].to_pylist()[2] == ["0.log:3", "1.log:3", "2.log:3"]


def test_add__of_nothing_adds_nothing(cluster, row):
    """An empty batch changes no group."""
    table = cluster.summary(cluster.rows([row()]))
    assert cluster.summary(cluster.rows([]), cluster.rows([row()]), cluster.rows([])).equals(table)


def test_merge__goes_on_after_finish(cluster, row):
    """A summary may be looked at while it grows, and a later look sees what came since."""
    summary = Summary()
    for n_flows in (1, 2):
        summary.merge(group_rows(cluster.rows([row()])))
        assert summary.finish()["flows"].to_pylist() == summary.finish()["flows"].to_pylist() == [n_flows]


def test_finish__gives_the_policies_of_the_first_flow(cluster, row):
    """Policies are those that isolate the ends of the first row of a group; null where none does."""
    external = row(src="198.51.100.1")
    later = row(dst="198.51.100.1", egress=codes.OUTCOME_NO_RULE_MATCHED, ingress=codes.OUTCOME_NOT_A_POD)
    table = cluster.summary(cluster.rows([external, row()]), cluster.rows([later, row()]))
    assert {
        (row["source"], row["destination"]): (row["egress_policies"], row["ingress_policies"])
        for row in table.to_pylist()
    } == {
        ("198.51.100.1", "pay/db"): (None, "NetworkPolicy/pay/db"),
        ("shop/web", "pay/db"): ("NetworkPolicy/shop/out", "NetworkPolicy/pay/db"),
        ("shop/web", "198.51.100.1"): ("NetworkPolicy/shop/out", None),
    }
