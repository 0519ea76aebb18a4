"""The two ways to a verdict, side by side: the specification in plain Python, and the compiled tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.compiler.build import build
from auditor.ir.evaluate import evaluate
from auditor.verdicts.classify import classify
from tests.worlds import flow_batch, side_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from auditor.ir.evaluate import Side
    from auditor.ir.model import Connection, Inventory, PolicySet, Switches

    Sides = list[tuple[Side, Side]]
    Engine = Callable[[Inventory, PolicySet, Sequence[Connection], Switches], Sides]


def by_oracle(
    inventory: Inventory, policies: PolicySet, connections: Sequence[Connection], switches: Switches
) -> Sides:
    """Return egress and ingress of each connection as the specification judges them."""
    judged = [evaluate(inventory, policies, each, switches) for each in connections]
    return [(each.egress, each.ingress) for each in judged]


def by_tables(
    inventory: Inventory, policies: PolicySet, connections: Sequence[Connection], switches: Switches
) -> Sides:
    """Return egress and ingress of each connection as the compiled tables judge them, in one batch."""
    found = classify(build(policies, inventory, switches), flow_batch(connections), "as-recorded")
    return [
        (side_of(egress), side_of(ingress))
        for egress, ingress in zip(found.egress.tolist(), found.ingress.tolist(), strict=True)
    ]


ENGINES: dict[str, Engine] = {"oracle": by_oracle, "tables": by_tables}
