"""`auditor audit`: every flag does what its help says."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest
import yaml

from tests.console import auditor, record
from tests.small_cluster import ALLOWED, AUDIT, FLOWS, HEADER, POLICY, SOUND, VIOLATION, flow

MISDROPPED_HUBBLE = {
    "verdict": "DROPPED",
    "drop_reason_desc": "POLICY_DENIED",
    "IP": {"source": "10.0.0.1", "destination": "10.0.0.2"},
    "l4": {"TCP": {"source_port": 40000, "destination_port": 5432, "flags": {"SYN": True}}},
    "is_reply": False,
    "traffic_direction": "INGRESS",
}


def rows(name="violations-00000.arrow"):
    """Return the flow rows of the report."""
    return pa.ipc.open_file(Path("report") / name).read_all().to_pylist()


def audited(*arguments, flows=None, **rest):
    """Run an audit that has nothing to complain of."""
    if flows is not None:
        Path("flows.log").write_text(flows, encoding="utf-8")
    ended = auditor(*AUDIT, *arguments, **rest)
    assert ended.err == ""
    return ended


def test_audit__prints_findings_and_counts(cluster):
    """The table names each group with its reason, and the numbers add up."""
    ended = audited()
    assert ended.code == 1
    assert "VIOLATION" in ended.out
    assert "flows       7 (3 allowed, 3 denied, 1 unknown)\n" in ended.out
    assert "findings    2 violation, 0 misdropped, 1 undecided, 1 blocked, 3 permitted\n" in ended.out
    assert "rows        8 read, 1 skipped, 0 rejected\n" in ended.out
    assert ended.out.endswith("report      report\n")


def test_audit__writes_findings_or_every_flow(cluster):
    """--rows violations writes what asks for a look, --rows all everything in the order of the input."""
    audited()
    assert [(row["source_row"], row["finding"]) for row in rows()] == [
        (3, "VIOLATION"),
        (4, "VIOLATION"),
        (7, "UNDECIDED"),
    ]
    audited("--rows", "all", "--force")
    found = rows("verdicts-00000.arrow")
    assert [row["source_row"] for row in found] == [2, 3, 4, 5, 6, 7, 8]
    assert [row["finding"] for row in found] == [
        "PERMITTED",
        "VIOLATION",
        "VIOLATION",
        "BLOCKED",
        "PERMITTED",
        "UNDECIDED",
        "PERMITTED",
    ]
    assert not Path("report/violations-00000.arrow").exists()


def test_audit__prints_json_and_yaml_of_one_content(cluster):
    """-o json and -o yaml hold the groups and the record, and nothing else is on standard output."""
    printed = json.loads(audited("-o", "json").out)
    assert [(group["finding"], group["flows"]) for group in printed["groups"]] == [
        ("VIOLATION", 1),
        ("VIOLATION", 1),
        ("UNDECIDED", 1),
    ]
    stored = record()
    assert {**printed["run"], "time": 0} == {**stored, "time": 0}
    again = yaml.safe_load(audited("-o", "yaml", "--force").out)
    assert again["groups"] == printed["groups"]
    assert again["run"]["flows"] == printed["run"]["flows"]


def test_audit__prints_more_when_wide(cluster):
    """-o wide adds connections, counters, times and an example of each group."""
    table, wide = audited().out, audited("-o", "wide", "--force").out
    assert "EXAMPLE" in wide
    assert "EXAMPLE" not in table
    assert "flows.log:4" in wide


@pytest.mark.parametrize(
    ("fail_on", "code"),
    [("violation", 1), ("misdropped", 0), ("undecided", 1), ("rejected", 0), ("never", 0)],
)
def test_audit__fails_on_what_was_chosen(cluster, fail_on, code):
    """--fail-on makes its finding, and no other, code 1."""
    assert audited("--fail-on", fail_on).code == code


def test_audit__fails_on_flows_that_should_have_passed(cluster):
    """A flow that the policies allow and a policy dropped is MISDROPPED."""
    line = json.dumps({"flow": MISDROPPED_HUBBLE, "time": "2023-11-14T22:13:20Z"}) + "\n"
    assert audited("--fail-on", "misdropped", flows=line).code == 1
    assert [row["finding"] for row in rows()] == ["MISDROPPED"]


@pytest.mark.parametrize(("limit", "code"), [("0", 3), ("1", 1), ("5%", 1), ("1%", 3), ("0%", 3)])
def test_audit__bears_so_many_rejected_rows(cluster, limit, code):
    """--max-rejected is a number of rows or a share of them; the limit itself is still fine."""
    Path("flows.log").write_text(FLOWS + "5 broken\n" + ALLOWED * 11, encoding="utf-8")
    ended = auditor(*AUDIT, "--max-rejected", limit)
    assert ended.code == code
    assert ended.err.count("\n") == (code == 3)
    assert record()["rows"]["rejected"] == {"number of fields is not that of the header or --vpc-format": 1}
    (rejected,) = rows("rejected.arrow")
    assert (rejected["source_file"], rejected["count"], rejected["positions"]) == ("flows.log", 1, [9])


def test_audit__fails_on_rejected_rows_within_the_limit(cluster):
    """--fail-on rejected makes one rejected row code 1, even where the run is complete."""
    Path("flows.log").write_text(HEADER + ALLOWED + "5 broken\n", encoding="utf-8")
    assert auditor(*AUDIT, "--max-rejected", "1", "--fail-on", "rejected").code == 1


def test_audit__takes_every_record_as_recorded(cluster):
    """A reply is judged as the connection it belongs to, or, if asked, as if its source had opened it."""
    reply = flow("10.0.0.2", "10.0.0.1", 40000, src_port=5432)
    audited("--rows", "all", flows=HEADER + reply)
    (inferred,) = rows("verdicts-00000.arrow")
    audited("--rows", "all", "--replies", "as-recorded", "--force")
    (recorded,) = rows("verdicts-00000.arrow")
    assert (inferred["opener"], inferred["ingress_rule"]) == (
        "destination",
        "NetworkPolicy/shop/db:ingress[0]",
    )
    assert (recorded["opener"], recorded["ingress_rule"]) == ("source", None)


def test_audit__judges_the_own_node_if_asked(cluster):
    """Traffic from the pod's own node is let in, or judged like any address."""
    node = HEADER + flow("192.0.2.1", "10.0.0.2", 9999)
    assert audited(flows=node).code == 0
    assert audited("--own-node", "judge", "--force").code == 1


def test_audit__leaves_other_protocols_alone_if_asked(cluster):
    """ICMP to an isolated pod is denied where no rule takes it, or no policy's matter."""
    icmp = HEADER + flow("198.51.100.9", "10.0.0.2", 0, protocol=1, src_port=0)
    assert audited(flows=icmp).code == 1
    assert audited("--other-protocols", "ignore", "--force").code == 0
    assert record()["flows"]["ingress_reason"]["protocol-not-judged"] == 1


def test_audit__knows_further_pod_networks(cluster):
    """--pod-cidr makes an address without a pod unknown instead of external."""
    stranger = HEADER + flow("10.99.0.1", "10.0.0.2", 5432)
    audited(flows=stranger)
    assert [row["finding"] for row in rows()] == ["VIOLATION"]
    audited("--pod-cidr", "10.99.0.0/16", "--force")
    assert [row["finding"] for row in rows()] == ["UNDECIDED"]


def test_audit__goes_on_with_unsupported_policies_if_asked(cluster):
    """What a policy of another kind could touch is unknown, and said."""
    cilium = (
        "---\napiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: a, namespace: shop}\n"
    )
    Path("policies.yaml").write_text(POLICY + cilium, encoding="utf-8")
    assert auditor(*AUDIT).code == 2
    ended = auditor(*AUDIT, "--allow-unsupported")
    assert (ended.code, record()["flows"]["finding"]["UNDECIDED"]) == (0, 6)
    assert ended.err == (
        "auditor: warning: kind `CiliumNetworkPolicy` of `cilium.io/v2` is not judged: pods of namespace `shop` become "
        "unknown - at policies.yaml[2]:13 $\n"
    )


def test_audit__reads_text_without_a_header_as_told(cluster):
    """--vpc-format names the fields of records without a header."""
    fields = " ".join(f"${{{name}}}" for name in HEADER.split())
    assert audited("--vpc-format", fields, flows=ALLOWED + VIOLATION).code == 1
    assert record()["rows"]["classified"] == 2


def test_audit__reads_json_of_any_shape(cluster):
    """--json-fields says where its values stand, and is kept in the record of the run."""
    line = (
        '{"from":{"ip":"10.0.0.1"},"to":{"ip":"10.0.0.2","port":5432},"proto":"tcp","observed":"forwarded"}\n'
    )
    fields = "src_ip=from.ip,dst_ip=to.ip,dst_port=to.port,protocol=proto"
    assert audited("--json-fields", fields, flows=line * 2).code == 0
    assert (record()["rows"]["classified"], record()["options"]["json_fields"]) == (2, fields)


def test_audit__judges_a_span_of_time(cluster):
    """--since and --until, from the command line or a TOML file, leave out what does not touch the span."""
    n_rows = 7
    for given, code, n_judged in ((("--since", "1971-01-01"), 1, n_rows), (("--until", "1971-01-01"), 0, 0)):
        assert audited(*given, "--force").code == code
        skipped = record()["rows"]["skipped"].get("outside --since and --until", 0)
        assert (record()["rows"]["classified"], skipped) == (n_judged, n_rows - n_judged)
        assert record()["options"][given[0].removeprefix("--")] == given[1]
    Path("auditor.toml").write_text("until = 1971-01-01\n", encoding="utf-8")
    assert audited("--force", "--config", "auditor.toml").code == 0
    assert record()["options"]["until"] == "1971-01-01"


def test_audit__refuses_what_is_no_time(cluster):
    """Before anything is read."""
    ended = auditor(*AUDIT, "--since", "noon")
    assert (ended.code, ended.err) == (
        2,
        "auditor: error: expected a time such as `2026-01-05T08:00:00Z`, or a date, for `--since`, came `noon`\n",
    )


def test_audit__reads_the_format_it_is_told(cluster):
    """--format saves the guess."""
    assert audited("--format", "vpc-text").code == 1
    assert [each["format"] for each in record()["inputs"]] == [None, None, "vpc-text"]


def test_audit__replaces_a_report_if_asked(cluster):
    """--force replaces the report, and only when the new one begins."""
    audited("--rows", "all")
    Path("flows.log").write_bytes(b"")
    assert auditor(*AUDIT, "--force").code == 2
    assert Path("report/verdicts-00000.arrow").exists()
    audited("--force", flows=FLOWS)
    assert sorted(path.name for path in Path("report").iterdir()) == [
        "rejected.arrow",
        "rules.arrow",
        "run.json",
        "summary.arrow",
        "violations-00000.arrow",
    ]


def test_audit__caps_warnings_on_standard_error(cluster):
    """Many warnings are ten lines and a number there, and all of them in the record."""
    cilium = (
        "---\napiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: a%d, namespace: far}\n"
    )
    Path("policies.yaml").write_text(POLICY + "".join(cilium % n for n in range(30)), encoding="utf-8")
    ended = auditor(*AUDIT, "--allow-unsupported")
    assert ended.err.count("\n") == 11
    assert ended.err.endswith("auditor: warning: 20 more warnings; all of them are in run.json\n")
    assert len(record()["warnings"]) == 30


def test_audit__is_silent_if_asked(cluster, capfd):
    """-q leaves standard error empty, as does a run that is short."""
    assert auditor(*AUDIT).err == auditor(*AUDIT[:-1], "--force").err == ""


def test_audit__records_every_file(cluster):
    """The record has size and hash of every input, and the files that were found and not read."""
    for name in ("logs", "logs/.hidden"):
        Path(name).mkdir()
    Path("logs/a.log").write_text(FLOWS, encoding="utf-8")
    Path("logs/b.log").write_bytes(b"")
    Path("logs/_SUCCESS").write_bytes(b"")
    ended = auditor("audit", *SOUND, "--flows", "logs", "--flows", "logs/a.log", "--out", "report", "-q")
    assert (ended.code, ended.err) == (1, "")
    stored = record()
    assert [(each["role"], each["file"], each["size_bytes"]) for each in stored["inputs"]] == [
        ("policies", "policies.yaml", Path("policies.yaml").stat().st_size),
        ("inventory", "cluster.json", Path("cluster.json").stat().st_size),
        ("flows", "logs/a.log", len(FLOWS)),
    ]
    assert all(len(each.get("sha256") or each["blake3"]) == 64 for each in stored["inputs"])
    assert stored["skipped_files"] == {
        "logs/.hidden": "hidden",
        "logs/_SUCCESS": "mark of a table writer",
        "logs/a.log": "found twice",
        "logs/b.log": "empty",
    }
