"""The compiled tables against the specification."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from auditor.compiler.build import build
from auditor.ir.evaluate import evaluate
from auditor.verdicts.classify import classify
from tests.strategies import connections, inventories, policy_sets, switches
from tests.worlds import flow_batch, side_of


@given(inventories(), policy_sets(), switches, st.lists(connections, min_size=1, max_size=40))
def test_build__equals_the_oracle(inventory, policies, chosen, flows):
    """For any cluster and any flow, compiled verdict, reason and deciding rule equal the oracle's."""
    tables = build(policies, inventory, chosen)
    found = classify(tables, flow_batch(flows), "as-recorded")
    for flow, egress, ingress in zip(flows, found.egress.tolist(), found.ingress.tolist(), strict=True):
        expected = evaluate(inventory, policies, flow, chosen)
        assert (side_of(egress), side_of(ingress)) == (expected.egress, expected.ingress)
