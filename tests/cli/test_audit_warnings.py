"""What `auditor audit` and `auditor explain` warn of and refuse: each said once, and nothing left behind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from auditor.cli.audit import audit
from auditor.flows.sniff import FORMATS
from tests.console import auditor, record
from tests.small_cluster import AUDIT, FLOWS, HEADER, INVENTORY, SOUND, flow

NO_NETWORK = (
    "no pod network is known, so an address that no pod holds counts as outside the cluster - name them with "
    "--pod-cidr (on EKS, the subnets of the pods) - at cluster.json"
)
NO_POD = "none of the 2 flows has a pod of the inventory at either end; is the inventory of the same cluster and time?"


def without_nodes():
    """Take the nodes, and with them the pod networks, out of the inventory."""
    objects = [each for each in json.loads(INVENTORY)["items"] if each["kind"] != "Node"]
    Path("cluster.json").write_text(
        json.dumps({"kind": "List", "apiVersion": "v1", "items": objects}), "utf-8"
    )


def test_audit__warns_of_no_pod_network(cluster):
    """Without nodes and --pod-cidr, gone pods look external: said once, on standard error, and in the record."""
    without_nodes()
    ended = auditor(*AUDIT)
    assert (ended.code, ended.err) == (1, f"auditor: warning: {NO_NETWORK}\n")
    assert "no pod network" not in ended.out
    assert record()["warnings"] == [NO_NETWORK]
    assert auditor(*AUDIT, "--force", "--pod-cidr", "10.0.0.0/24").err == ""


def test_explain__warns_of_no_pod_network(cluster):
    """An explanation says so too; lint, which judges no address, does not."""
    without_nodes()
    connection = ("10.0.0.1", "10.0.0.2", "5432/TCP")
    assert auditor("explain", *SOUND, *connection).err == f"auditor: warning: {NO_NETWORK}\n"
    assert auditor("lint", *SOUND) == (0, "1 policy, 0 warnings\n", "")


def test_audit__warns_if_no_flow_has_a_pod(cluster):
    """Flows of another cluster are all allowed, which says nothing: a warning, and the same exit code."""
    lines = flow("198.51.100.9", "198.51.100.8", 443) + flow("198.51.100.7", "192.0.2.1", 22)
    Path("flows.log").write_text(HEADER + lines, encoding="utf-8")
    ended = auditor(*AUDIT)
    assert (ended.code, ended.err) == (0, f"auditor: warning: {NO_POD}\n")
    assert record()["warnings"] == [NO_POD]


def test_audit__sees_a_pod_beside_an_unknown_address(cluster):
    """A pod at either end is enough, whatever the other end is."""
    for line in (flow("10.0.0.2", "10.0.0.99", 443), flow("10.0.0.99", "10.0.0.2", 5432)):
        Path("flows.log").write_text(HEADER + line, encoding="utf-8")
        assert auditor(*AUDIT, "--force").err == ""


def test_audit__says_what_is_missing_once(cluster):
    """An incomplete run is said on standard error alone, and to programs."""
    Path("flows.log").write_text(FLOWS + "5 broken\n", encoding="utf-8")
    ended = auditor(*AUDIT, "--max-rejected", "0")
    assert (ended.code, ended.err.count("auditor: incomplete: "), "INCOMPLETE" in ended.out) == (3, 1, False)
    assert len(record()["missing"]) == 1


@pytest.mark.parametrize(("chosen", "code"), [("misdropped,undecided", 1), ("misdropped,rejected", 0)])
def test_audit__fails_on_any_of_several(cluster, chosen, code):
    """--fail-on takes several findings, with commas or many times."""
    assert auditor(*AUDIT, "--fail-on", chosen).code == code
    many = [word for each in chosen.split(",") for word in ("--fail-on", each)]
    assert auditor(*AUDIT, "--force", *many).code == code


@pytest.mark.parametrize("out", ["new/report", "report"])
def test_audit__leaves_no_folder_if_refused(cluster, out):
    """A log of no known format is refused, and what was created for its report is gone; what was there stays."""
    Path("report").mkdir()
    Path("flows.log").write_text("what is this\n", encoding="utf-8")
    assert auditor(*AUDIT[:-2], out, "-q").code == 2
    assert not Path("new").exists()
    assert Path("report").is_dir()


@pytest.mark.parametrize(("flag", "n_more"), [("--policies", 81), ("--inventory", 31)])
def test_audit__asks_whether_a_file_is_a_flow_log(cluster, flag, n_more):
    """A flow log among the policies or in the inventory's place is asked about, with few of its problems."""
    event = {"flow": {"verdict": "FORWARDED", "IP": {"source": "10.0.0.1", "destination": "10.0.0.2"}}}
    Path("events.json").write_text((json.dumps(event) + "\n") * 50, encoding="utf-8")
    ended = auditor(*AUDIT, flag, "events.json")
    lines = ended.err.splitlines()
    assert ended.code == 2
    assert lines[0] == "auditor: error: is it a flow log meant for --flows? - at events.json"
    assert lines[-1] == f"auditor: error: and {n_more} more in events.json"
    assert len(lines) == 21


def test_audit__lists_every_format():
    """Help names the formats that are read, each of them."""
    (option,) = (each for each in audit.params if each.name == "format")
    listed = option.help.partition(": ")[2].rstrip(".").replace(" or ", ", ")
    assert tuple(listed.split(", ")) == FORMATS
