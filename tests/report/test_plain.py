"""The summary for scripts."""

from __future__ import annotations

import json

import pyarrow as pa
import yaml

from auditor.report.plain import as_json, as_yaml, summary_rows

HOSTILE = "\x1b[2J\x9b\x7f\u202e\r\n</script>: [x]"


def _hostile(table):
    place = table.column_names.index("source")
    names = pa.array([HOSTILE] * table.num_rows).dictionary_encode()
    return table.set_column(place, table.field(place), names)


def test_summary_rows__come_in_the_order_of_the_summary(cluster, row, outcomes):
    """Every group is a row."""
    flows = [
        row(**outcomes["PERMITTED"]),
        *(row(dst_port=n) for n in (6, 5)),
        row(**outcomes["MISDROPPED"]),
    ]
    rows = summary_rows(cluster.summary(cluster.rows(flows)))
    assert [(found.finding, found.port) for found in rows] == [
        ("VIOLATION", 5),
        ("VIOLATION", 6),
        ("MISDROPPED", 5432),
        ("PERMITTED", 5432),
    ]


def test_summary_rows__writes_times_with_the_digits_they_have(cluster, row):
    """Times are RFC 3339 to the nanosecond, without digits nobody gave; unknown times are None."""
    flows = [row(time=at, dst_port=port) for port, at in enumerate((1_700_000_000 * 10**9, 1, None), 1)]
    rows = summary_rows(cluster.summary(cluster.rows(flows)))
    assert [found.first_seen for found in rows] == [
        "2023-11-14T22:13:20Z",
        "1970-01-01T00:00:00.000000001Z",
        None,
    ]
    assert rows[0].last_seen == "2023-11-14T22:13:21Z"


def test_summary_rows__of_nothing_are_none(cluster):
    """An empty summary has no rows."""
    assert summary_rows(cluster.summary()) == []


def test_as_json__holds_groups_and_run(cluster, row):
    """The document is what the summary and the record of the run say."""
    document = json.loads(as_json(cluster.summary(cluster.rows([row()])), {"complete": True}))
    assert document == {
        "groups": [
            {
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
                "flows": 1,
                "connections": 1,
                "bytes": 100,
                "packets": 2,
                "first_seen": "1970-01-01T00:00:00Z",
                "last_seen": "1970-01-01T00:00:01Z",
                "examples": ["flows.log:1"],
            }
        ],
        "run": {"complete": True},
    }


def test_as_yaml__says_what_json_says(cluster, row):
    """Both forms are one document, hostile names included."""
    table = _hostile(cluster.summary(cluster.rows([row(time=None), row(dst_port=7)])))
    document = {"warnings": [HOSTILE], "missing": [], "same": [HOSTILE]}
    assert yaml.safe_load(as_yaml(table, document)) == json.loads(as_json(table, document))
    assert json.loads(as_json(table, document))["groups"][0]["source"] == HOSTILE


def test_as_json_and_as_yaml__print_nothing_a_terminal_obeys(cluster, row):
    """Only printable ASCII and line ends leave, whatever the names hold."""
    table = _hostile(cluster.summary(cluster.rows([row()])))
    for text in (as_json(table, {"warnings": [HOSTILE]}), as_yaml(table, {"warnings": [HOSTILE]})):
        assert text.isascii()
        assert text.replace("\n", "").isprintable()
