"""Names beside the numbers of the tables."""

from __future__ import annotations

from hypothesis import given, settings

from auditor.compiler.build import build
from auditor.ir.evaluate import isolating_policies, opaque_policies, owner_of
from auditor.ir.explain import rule_text
from auditor.ir.model import Direction, Inventory, Kind, PolicySet
from auditor.report.schema import KIND_NAMES
from kernels.addresses import slots_of
from tests.strategies import connections, inventories, policy_sets
from tests.worlds import flow_batch

FEW = settings(max_examples=max(1, settings.default.max_examples // 4))


@FEW
@given(inventories(), policy_sets(), connections)
def test_slot_names__say_who_holds_an_address(inventory, policies, flow):
    """Kind, namespace, name and workload are the holder's; so are the policies that isolate it or leave it unknown."""
    tables = build(policies, inventory)
    known = flow_batch([flow]).sources
    place = int(slots_of(tables.layout.addresses, known.high, known.low)[0])
    owner = owner_of(inventory, min(flow.source, flow.destination))
    texts = [*tables.texts.to_pylist(), None]
    names = tables.slots
    found = KIND_NAMES[names.kind[place]], *(texts[column[place]] for column in names[1:4])
    end = owner.endpoint
    named = (None, None, None) if end is None else (end.namespace, end.name, end.workload)
    assert found == (owner.kind.value, *named)
    for direction, classes in (
        (Direction.INGRESS, names.ingress_subject),
        (Direction.EGRESS, names.egress_subject),
    ):
        found = ()
        if end is not None and end.kind is Kind.POD:
            found = (*isolating_policies(policies, end, direction), *opaque_policies(policies, end))
        named = [filter(None, (each.kind, each.namespace, each.name)) for each in found]
        text = ",".join("/".join(parts) for parts in named) or None
        assert tables.isolating[direction][classes[place]].as_py() == text


@FEW
@given(inventories(), policy_sets())
def test_rule_texts__are_numbered_as_rules_are(inventory, policies):
    """The text of each rule stands at its number."""
    texts = build(policies, inventory).rule_names.to_pylist()
    assert texts == [rule_text(policy, rule) for policy, rule in policies.rules]


def test_texts__of_an_empty_world_are_empty():
    """Without endpoints and policies there are no names, but the tables work."""
    tables = build(PolicySet(), Inventory())
    assert (tables.texts.to_pylist(), tables.rule_names.to_pylist()) == ([], [])
    assert [texts.to_pylist() for texts in tables.isolating] == [[None], [None]]
