"""Every golden case on the specification, on the compiled tables and from files, however it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest
import yaml

import auditor
from auditor.compiler.build import build
from auditor.flows.generic_columns import PROTOCOLS
from auditor.inventory.load import load_inventory
from auditor.ir.evaluate import evaluate
from auditor.ir.explain import rule_text
from auditor.ir.model import PORT_PROTOCOLS, Connection, Reason, Switches
from auditor.policies.load import load_policies
from auditor.report.schema import BASIS_NAMES, OPENER_NAMES, VERDICT_NAMES
from auditor.verdicts.classify import classify
from kernels import codes
from tests.golden.cases import EXPANSIONS, FOLDERS, read
from tests.worlds import address, flow_batch, side_of

if TYPE_CHECKING:
    from auditor.ir.evaluate import Side
    from auditor.ir.model import Inventory, PolicySet
    from tests.golden.cases import Case, Row

CASES = {folder.name: read(folder) for folder in FOLDERS}
FILES = {"README.md", "cluster.yaml", "expected.csv", "flows.csv", "policies.yaml"}
SYN, ACK = 2, 16


class World(NamedTuple):
    """A case, loaded."""

    inventory: Inventory
    policies: PolicySet
    switches: Switches


def load(case: Case) -> World:
    """Load a case through the files a user would write."""
    policies = load_policies(
        [("policies.yaml", yaml.safe_dump_all(case.policies).encode())],
        allow_unsupported=case.options["allow_unsupported"],
    )
    inventory = load_inventory(
        [("cluster.yaml", yaml.safe_dump_all(case.cluster).encode())],
        pod_networks=case.options["pod_networks"],
    )
    switches = Switches(case.options["own_node"], case.options["other_protocols"])
    return World(inventory.inventory, policies.policies, switches)


def by_oracle(case: Case, _size: int) -> list[Row]:
    """Judge a case by the specification, which must be told who opened."""
    world = load(case)
    found = []
    for flow, row in zip(case.flows, case.expected, strict=True):
        opener = row.get("opener", "source")
        recorded = recorded_connection(flow)
        asked = recorded
        if opener == "destination":
            asked = Connection(
                recorded.destination, recorded.source, recorded.protocol, int(flow["src_port"])
            )
        judged = evaluate(world.inventory, world.policies, asked, world.switches)
        sides = words(world, judged.egress, judged.ingress)
        basis = row.get("opener_basis", "recorded")
        found.append({"verdict": judged.verdict.name, **sides, "opener": opener, "opener_basis": basis})
    return found


def by_tables(case: Case, size: int) -> list[Row]:
    """Judge a case by the compiled tables, in batches of ``size`` flows."""
    world = load(case)
    tables = build(world.policies, world.inventory, world.switches)
    names = tables.rule_names.to_pylist()
    assert names == [rule_text(policy, rule) for policy, rule in world.policies.rules]
    found = []
    for start in range(0, len(case.flows), size):
        flows = case.flows[start : start + size]
        batch = flow_batch(
            [recorded_connection(flow) for flow in flows],
            src_ports=[int(flow.get("src_port") or 0) for flow in flows],
            hints=[hint_of(flow) for flow in flows],
        )
        verdicts = classify(tables, batch, case.options["replies"])
        found += [
            {
                "verdict": VERDICT_NAMES[verdicts.verdict[place]],
                **words(world, side_of(int(verdicts.egress[place])), side_of(int(verdicts.ingress[place]))),
                "opener": OPENER_NAMES[verdicts.opener[place]],
                "opener_basis": BASIS_NAMES[verdicts.opener_basis[place]],
            }
            for place in range(len(flows))
        ]
    return found


def recorded_connection(flow: Row) -> Connection:
    """Return a row as the connection it would be if its source had opened it."""
    text = flow["protocol"]
    protocol = PROTOCOLS[text.upper()] if text.upper() in PROTOCOLS else int(text)
    port = int(flow["dst_port"]) if protocol in PORT_PROTOCOLS else 0
    return Connection(address(flow["src_ip"]), address(flow["dst_ip"]), protocol, port)


def hint_of(flow: Row) -> int:
    """Return what a row itself says about who opened."""
    if flow.get("is_reply"):
        is_reply = flow["is_reply"] == "true"
        return codes.HINT_DESTINATION_REPLY_FLAG if is_reply else codes.HINT_SOURCE_REPLY_FLAG
    flags = int(flow.get("tcp_flags") or 0)
    if not flags & SYN:
        return codes.HINT_NONE
    return codes.HINT_DESTINATION_TCP_FLAGS if flags & ACK else codes.HINT_SOURCE_TCP_FLAGS


def words(world: World, egress: Side, ingress: Side) -> Row:
    """Return both sides as a report would write them."""
    found = {}
    for name, side in (("egress", egress), ("ingress", ingress)):
        rule = "" if side.rule_id is None else rule_text(*world.policies.rules[side.rule_id])
        found |= {
            f"{name}_verdict": side.verdict.value,
            f"{name}_reason": side.reason.value,
            f"{name}_rule": rule,
        }
    return found


def check(case: Case, found: list[Row]) -> None:
    """Compare what was found with what is expected, row by row."""
    assert len(found) == len(case.expected) == len(case.flows)
    for flow, row, wanted in zip(case.flows, found, case.expected, strict=True):
        keys = [key for key in wanted if case.is_ordered or not key.endswith("_rule")]
        assert {key: row[key] for key in keys} == {key: wanted[key] for key in keys}, flow


@pytest.mark.parametrize("expand", EXPANSIONS, ids=lambda expand: expand.__name__)
@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("judge", [by_oracle, by_tables], ids=lambda judge: judge.__name__)
def test_golden__holds_however_it_is_written(name, judge, expand):
    """Verdicts, reasons and deciding rules do not depend on order, repetition, names or strangers."""
    case = expand(CASES[name])
    check(case, judge(case, len(case.flows)))


@pytest.mark.parametrize("size", [1, 7])
@pytest.mark.parametrize("name", CASES)
def test_golden__holds_wherever_batches_end(name, size):
    """Nothing is carried from one flow to the next."""
    case = CASES[name]
    check(case, by_tables(case, size))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_golden__holds_from_files_to_report(folder):
    """The same folder through the library, down to the words of the report."""
    case = CASES[folder.name]
    options = dict(case.options)
    replies = options.pop("replies")
    tables = auditor.compile(policies=folder / "policies.yaml", inventory=folder / "cluster.yaml", **options)
    run = auditor.audit(tables, flows=folder / "flows.csv", rows="all", replies=replies)
    rows = run.to_arrow().to_pylist()
    assert run.totals.rejected == {}
    check(case, [{key: value or "" for key, value in row.items()} for row in rows])


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_golden__says_why_it_exists(folder):
    """Each folder has its files, and a README that names the sentence it pins."""
    present = {path.name for path in folder.iterdir()}
    assert FILES <= present <= FILES | {"options.yaml"}
    title, _, text = (folder / "README.md").read_text(encoding="utf-8").partition("\n")
    assert title.startswith("# ")
    assert "\nPins: " in text


def test_golden__covers_every_reason():
    """Each reason a side can have is in some case, on both sides unless it is of one only."""
    seen = {
        side: {row[f"{side}_reason"] for case in CASES.values() for row in case.expected}
        for side in ("egress", "ingress")
    }
    reasons = {reason.value for reason in Reason}
    assert seen["ingress"] == reasons
    assert seen["egress"] == reasons - {Reason.OWN_NODE.value}
