"""Flow rows say what the batches and tables say."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from auditor.report import schema
from auditor.report.reported import Reported
from auditor.report.rows import flow_rows
from kernels import codes


def test_flow_rows__hold_every_column_of_a_violation(cluster, row):
    """Every column of a row is filled from the batch, its evidence and the tables."""
    batch = cluster.rows([row(time=1_700_000_000_123_456_789)])
    batch.validate(full=True)
    assert batch.schema.equals(schema.FLOWS, check_metadata=True)
    values = {name: batch.column(name)[0] for name in batch.schema.names}
    assert values.pop("time_start").value == 1_700_000_000_123_456_789
    assert values.pop("time_end").value == 1_700_000_001_123_456_789
    assert {name: value.as_py() for name, value in values.items()} == {
        "src_ip": "10.0.0.1",
        "dst_ip": "10.0.0.3",
        "src_port": 40000,
        "dst_port": 5432,
        "protocol": "TCP",
        "src_kind": "pod",
        "dst_kind": "pod",
        "src_namespace": "shop",
        "src_name": "web-1",
        "src_workload": "web",
        "dst_namespace": "pay",
        "dst_name": "db-0",
        "dst_workload": "db",
        "observed": "FORWARDED",
        "verdict": "DENIED",
        "finding": "VIOLATION",
        "egress_verdict": "allowed",
        "ingress_verdict": "denied",
        "egress_reason": "not-isolated",
        "ingress_reason": "no-rule-matched",
        "egress_rule": None,
        "ingress_rule": None,
        "egress_policies": "NetworkPolicy/shop/out",
        "ingress_policies": "NetworkPolicy/pay/db",
        "opener": "source",
        "opener_basis": "recorded",
        "bytes": 100,
        "packets": 2,
        "weight": 1,
        "source_file": "flows.log",
        "source_row": 1,
    }


def test_flow_rows__name_the_rule_that_allowed(cluster, row, outcomes):
    """An outcome past the reasons is a rule, named on its side only."""
    ingress = codes.OUTCOME_ALLOWED_BY_RULE + 1
    batch = cluster.rows([row(**{**outcomes["PERMITTED"], "ingress": ingress}), row()])
    assert batch["ingress_rule"].to_pylist() == ["NetworkPolicy/pay/db:ingress[1]", None]
    assert batch["ingress_reason"].to_pylist() == ["allowed-by-rule", "no-rule-matched"]
    assert batch["ingress_verdict"].to_pylist() == ["allowed", "denied"]
    assert batch["egress_rule"].to_pylist() == [None, None]


def test_flow_rows__judge_egress_at_the_opener(cluster, row):
    """In a record of a reply the egress policies are the recorded destination's; ends stay as recorded."""
    ends = {"src": "10.0.0.3", "dst": "10.0.0.1", "src_port": 5432, "dst_port": 40000}
    reply = row(**ends, opener=codes.OPENER_DESTINATION, basis=codes.BASIS_INFERRED)
    batch = cluster.rows([reply])
    assert batch["egress_policies"].to_pylist() == ["NetworkPolicy/shop/out"]
    assert batch["ingress_policies"].to_pylist() == ["NetworkPolicy/pay/db"]
    assert batch["src_name"].to_pylist() == ["db-0"]
    assert batch["src_port"].to_pylist() == [5432]
    assert batch["opener"].to_pylist() == ["destination"]
    assert batch["opener_basis"].to_pylist() == ["inferred"]


def test_flow_rows__leave_null_what_nobody_knows(cluster, row):
    """Names of external addresses, ports of protocols without, and evidence the log lacks are null."""
    batch = cluster.rows(
        [row(dst="198.51.100.7", protocol=1, src_port=0, dst_port=0, time=None, n_bytes=None, packets=None)]
    )
    names = ("src_port", "dst_port", "dst_namespace", "dst_name", "dst_workload", "ingress_policies")
    for name in (*names, "time_start", "time_end", "bytes", "packets"):
        assert batch[name].to_pylist() == [None], name
    assert batch["dst_kind"].to_pylist() == ["external"]
    assert batch["protocol"].to_pylist() == ["ICMP"]


def test_flow_rows__keep_port_zero_where_it_was_judged(cluster, row):
    """Port 0 is what was recorded for the end that did not open; ports no protocol should have are shown too."""
    reply = {"opener": codes.OPENER_DESTINATION}
    flows = [row(dst_port=0), row(src_port=0, **reply), row(protocol=47, src_port=7, dst_port=0)]
    batch = cluster.rows(flows)
    assert batch["dst_port"].to_pylist() == [0, 5432, None]
    assert batch["src_port"].to_pylist() == [40000, 0, 7]


def test_flow_rows__know_no_port_zero_of_the_opener(cluster, row):
    """No client has port 0, so it says that the log does not have the port."""
    reply = {"opener": codes.OPENER_DESTINATION}
    for protocol in (6, 17, 132):
        batch = cluster.rows(
            [row(protocol=protocol, src_port=0), row(protocol=protocol, dst_port=0, **reply)]
        )
        assert batch["src_port"].to_pylist() == [None, 40000]
        assert batch["dst_port"].to_pylist() == [5432, None]


def test_flow_rows__write_protocols_without_a_name_as_numbers(cluster, row):
    """Protocols are named where a short name is common."""
    batch = cluster.rows([row(protocol=number) for number in (6, 17, 132, 1, 58, 0, 255)])
    assert batch["protocol"].to_pylist() == ["TCP", "UDP", "SCTP", "ICMP", "ICMPv6", "0", "255"]


def test_flow_rows__take_the_chosen_flows_in_order(cluster, row):
    """Rows are those chosen, and dictionaries hold what they use."""
    flows, verdicts = cluster.batches([row(src=f"198.51.100.{n}") for n in range(9)], first=10)
    batch = flow_rows(cluster.tables, Reported.of(flows, verdicts.at(np.array([2, 5, 8]))))
    assert batch["source_row"].to_pylist() == [12, 15, 18]
    assert batch["src_ip"].dictionary.to_pylist() == ["198.51.100.2", "198.51.100.5", "198.51.100.8"]
    assert batch["dst_namespace"].dictionary.to_pylist() == ["pay"]


def test_flow_rows__of_nothing_are_an_empty_batch(cluster, row):
    """Choosing no flow gives no row, of the same schema."""
    flows, verdicts = cluster.batches([row()])
    batch = flow_rows(cluster.tables, Reported.of(flows, verdicts.at(np.array([], dtype=np.int64))))
    assert batch.num_rows == 0
    assert batch.schema.equals(schema.FLOWS, check_metadata=True)


def test_flow_rows__weigh_one_where_the_log_counts_no_weight(cluster, row):
    """A batch without weights stands for one flow a row."""
    flows, verdicts = cluster.batches([row(weight=9)])
    plain = type(flows)(**{name: getattr(flows, name) for name in flows.__slots__} | {"weight": None})
    assert cluster.rows([row(weight=9)])["weight"].to_pylist() == [9]
    assert flow_rows(cluster.tables, Reported.of(plain, verdicts.at(np.array([0]))))[
        "weight"
    ].to_pylist() == [1]


def test_flow_rows__share_one_dictionary_entry_between_equal_texts(cluster, row):
    """Two subject classes isolated by the same policies give one dictionary value."""
    batch = cluster.rows([row(), row(dst="10.0.0.4")])
    assert batch["ingress_policies"].to_pylist() == ["NetworkPolicy/pay/db"] * 2
    assert batch["ingress_policies"].dictionary.to_pylist() == ["NetworkPolicy/pay/db"]


def test_flow_rows__escape_file_names_that_are_no_utf8(cluster, row):
    """A byte of a file name that is no UTF-8 is stored as an escape."""
    batch = cluster.rows([row()], file="flows-\udcff.log")
    assert batch["source_file"].to_pylist() == ["flows-\\udcff.log"]


def test_flow_rows__have_text_columns_of_one_type():
    """Every text column is a dictionary of strings with 32-bit places."""
    texts = {field.type for field in schema.FLOWS if pa.types.is_dictionary(field.type)}
    assert texts == {pa.dictionary(pa.int32(), pa.string())}
    assert not any(pa.types.is_string(field.type) for field in schema.FLOWS)
