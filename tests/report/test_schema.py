"""The words of a report fit the codes they stand for."""

from __future__ import annotations

import pytest

from auditor.ir.model import VERDICT_OF, Direction, Reason
from auditor.report import schema
from kernels import codes

COLUMNS = """
time_start time_end src_ip dst_ip src_port dst_port protocol src_kind dst_kind src_namespace src_name
src_workload dst_namespace dst_name dst_workload observed verdict finding egress_verdict ingress_verdict
egress_reason ingress_reason egress_rule ingress_rule egress_policies ingress_policies opener opener_basis
bytes packets weight source_file source_row
"""


def test_flows__has_the_public_columns():
    """Names and order of the columns are a contract."""
    assert schema.FLOWS.names == COLUMNS.split()


@pytest.mark.parametrize("table", [schema.FLOWS, schema.SUMMARY, schema.RULES, schema.REJECTED])
def test_schemas__carry_their_version(table):
    """Every file says which version of the columns it has."""
    assert table.metadata == {b"auditor.schema": b"1"}


@pytest.mark.parametrize(
    ("prefix", "names"),
    [
        ("OBSERVED_", schema.OBSERVED_NAMES),
        ("VERDICT_", (*schema.VERDICT_NAMES, "NOT_APPLICABLE")),
        ("FINDING_", schema.FINDING_NAMES),
        ("KIND_", schema.KIND_NAMES),
        ("OPENER_", schema.OPENER_NAMES),
        ("BASIS_", schema.BASIS_NAMES),
        ("OUTCOME_", schema.REASON_NAMES),
    ],
)
def test_names__stand_at_their_codes(prefix, names):
    """Each name is at the place that the code of the same name says."""
    found = {name.removeprefix(prefix): code for name, code in vars(codes).items() if name.startswith(prefix)}
    assert {name.upper().replace("-", "_"): place for place, name in enumerate(names)} == found


def test_side_verdict_of_reason__agrees_with_the_specification():
    """The verdict of every reason is the one the specification gives it."""
    for reason, verdict in zip(Reason, schema.SIDE_VERDICT_OF_REASON, strict=True):
        assert schema.SIDE_VERDICT_NAMES[verdict] == VERDICT_OF[reason].value


def test_direction_names__stand_at_their_direction():
    """Direction names are found by direction."""
    assert [schema.DIRECTION_NAMES[direction] for direction in Direction] == ["ingress", "egress"]
