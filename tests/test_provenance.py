"""What a report says of the files its tables came from, whoever asked for it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from blake3 import blake3

import auditor
from auditor.errors import InventoryError, RejectLimitError
from auditor.tables.provenance import Provenance
from tests.console import record
from tests.small_cluster import HEADER, OBJECTS, POLICY, VIOLATION, cluster

__all__ = ["cluster"]

V2 = "2 1 eni 10.0.0.1 10.0.0.2 40000 5432 6 1 1 1700000000 1700000060 ACCEPT OK\n"
WITHOUT_PACKETS = (
    "the log has no `pkt-srcaddr` and `pkt-dstaddr`, so pod-level claims are not possible on EKS, because `srcaddr` "
    "and `dstaddr` hold the primary address of a network interface and pods have secondary ones"
)
ASKING = POLICY.replace(
    "podSelector: {matchLabels: {app: web}}",
    "namespaceSelector: {matchExpressions: [{key: env, operator: NotIn, values: [prod]}]}",
)


def written(name, content):
    """Write a file of the working folder; return its name."""
    Path(name).write_text(content, encoding="utf-8")
    return name


def test_run__knows_the_files_behind_its_tables(cluster):
    """Policies, inventory and logs are in the record with size and hash, in the library as on the command line."""
    written("empty.yaml", "")
    tables = auditor.compile(["policies.yaml", "empty.yaml"], "cluster.json", pod_networks=["10.9.0.0/16"])
    auditor.audit(tables, "flows.log").write("report")
    files = {"policies": "policies.yaml", "inventory": "cluster.json", "flows": "flows.log"}
    assert [
        (each["role"], each["file"], each.get("sha256") or each["blake3"]) for each in record()["inputs"]
    ] == [
        (role, name, (blake3 if role == "flows" else hashlib.sha256)(Path(name).read_bytes()).hexdigest())
        for role, name in files.items()
    ]
    assert record()["skipped_files"] == {"empty.yaml": "empty"}
    assert record()["options"]["pod_cidr"] == ["10.9.0.0/16"]
    assert record()["options"]["allow_unsupported"] is False


def test_run__keeps_the_warnings_of_its_tables(cluster):
    """What was doubtful in policies and inventory stands in the record, and beside the tables."""
    odd = POLICY.replace("[Ingress]", "[Egress]")
    tables = auditor.compile(written("odd.yaml", odd), "cluster.json")
    assert tables.provenance.warnings == (
        "rules of `ingress` have no effect, as `policyTypes` does not list `Ingress` - at odd.yaml[1]:7 $.spec.ingress",
    )
    auditor.audit(tables, "flows.log").write("report")
    assert tuple(record()["warnings"]) == tables.provenance.warnings


def test_provenance__is_empty_for_tables_from_memory():
    """Nothing is claimed of files that were not there."""
    assert Provenance() == Provenance(inputs=(), skipped_files={}, warnings=(), options={})


def test_run__takes_the_time_of_all_its_stages(cluster):
    """The seconds of the run are those of its stages together, and the speed is over all of them."""
    auditor.audit(auditor.compile("policies.yaml", "cluster.json"), "flows.log").write("report")
    time = record()["time"]
    assert time["wall_s"] == pytest.approx(sum(stage["wall_s"] for stage in time["stages"].values()))
    assert time["cpu_s"] == pytest.approx(sum(stage["cpu_s"] for stage in time["stages"].values()))


@pytest.mark.parametrize(("n", "place"), [(1, "1.log"), (3, "1.log and 2 more")])
def test_run__warns_of_logs_once(cluster, n, place):
    """The same warning about many logs is one, and names the first of them."""
    logs = [written(f"{number}.log", V2) for number in range(1, n + 1)]
    auditor.audit(auditor.compile("policies.yaml", "cluster.json"), logs).write("report")
    assert record()["warnings"] == [f"{WITHOUT_PACKETS} - at {place}"]


def test_run__warns_of_pods_outside_of_the_networks_it_knows(cluster):
    """Without the networks of pods, an address of one that is gone passes for an external one."""
    without = [each for each in OBJECTS if each["kind"] != "Node"]
    written("cluster.json", json.dumps({"kind": "List", "items": without}))
    tables = auditor.compile("policies.yaml", "cluster.json", pod_networks=["172.16.0.0/16"])
    auditor.audit(tables, "flows.log").write("report")
    (warning,) = record()["warnings"]
    assert warning.startswith("`2` of `2` pods have addresses outside of the pod networks that nodes and")


def test_run__stops_at_the_first_rejected_row(cluster):
    """Under ``fail`` the row that ends the run is the first of the part, whatever it is rejected for."""
    broken = [VIOLATION.replace("ACCEPT", "DROP"), VIOLATION.replace(" 40000 ", " 99999 ")]
    tables = auditor.compile("policies.yaml", "cluster.json")
    for lines, reason in (
        (broken, "action is neither ACCEPT nor REJECT"),
        (broken[::-1], "source port is no number from 0 to 65535"),
    ):
        log = written("flows.log", "".join([HEADER, *lines]))
        with pytest.raises(RejectLimitError) as caught:
            list(auditor.audit(tables, log, on_rejected="fail"))
        sentence = f"expected no rejected row under `--on-rejected fail`, came one: {reason}"
        assert str(caught.value) == f"{sentence} - at flows.log:2"


def test_load__needs_the_labels_that_policies_ask_for(cluster):
    """A namespace without labels would match `NotIn` and be allowed; a name is known without an object."""
    without = [each for each in OBJECTS if each["kind"] != "Namespace"]
    bare = written("bare.json", json.dumps({"kind": "List", "items": without}))
    asking = written("asking.yaml", ASKING)
    with pytest.raises(InventoryError) as caught:
        auditor.compile(asking, bare)
    assert str(caught.value) == (
        "expected the labels of namespace `shop`, for which this rule asks, came no Namespace object of it; add what "
        "`kubectl get namespaces -o json` prints to the inventory - at asking.yaml[1]:8 $.spec.ingress[0]"
    )
    auditor.compile(asking, "cluster.json")
    auditor.compile("policies.yaml", bare)
    by_name = ASKING.replace("key: env", "key: kubernetes.io/metadata.name")
    auditor.compile(written("named.yaml", by_name), bare)
