"""The names that reports attach to slots, rules and subject classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from auditor.compiler.slots import KIND_CODES
from auditor.ir.model import Direction
from auditor.tables.tableset import SlotNames

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from auditor.compiler.slots import SlotMap
    from auditor.compiler.subjects import Subject
    from auditor.ir.model import Inventory, PolicySet


def slot_names(
    slot_map: SlotMap, inventory: Inventory, subject_classes: dict[Direction, NDArray[np.int32]]
) -> tuple[SlotNames, pa.StringArray]:
    """Return who each slot is, and the texts that the names are places in."""
    numbers: dict[str, int] = {}

    def number(text: str | None) -> int:
        return -1 if text is None else numbers.setdefault(text, len(numbers))

    n = len(slot_map.slots)
    namespaces, names, workloads = (np.full(n, -1, dtype=np.int32) for _ in range(3))
    for place, slot in enumerate(slot_map.slots):
        if slot.endpoint >= 0:
            endpoint = inventory.endpoints[slot.endpoint]
            namespaces[place] = number(endpoint.namespace)
            names[place] = number(endpoint.name)
            workloads[place] = number(endpoint.workload)
    kinds = np.array([KIND_CODES[slot.kind] for slot in slot_map.slots], dtype=np.uint8)
    found = SlotNames(
        kind=kinds,
        namespace=namespaces,
        name=names,
        workload=workloads,
        ingress_subject=subject_classes[Direction.INGRESS],
        egress_subject=subject_classes[Direction.EGRESS],
    )
    return found, pa.array(list(numbers), type=pa.string())


def rule_texts(policies: PolicySet) -> pa.StringArray:
    """Return ``kind/namespace/name:direction[index]`` of each rule."""
    return pa.array(
        [
            f"{policy.kind}/{policy.namespace}/{policy.name}:{rule.direction.name.lower()}[{rule.index}]"
            for policy, rule in policies.rules
        ],
        type=pa.string(),
    )


def isolating_texts(policies: PolicySet, subjects: Sequence[Subject]) -> pa.StringArray:
    """Return the policies that isolate each subject class or leave it unknown, comma-separated; null without any."""
    names = [f"{policy.kind}/{policy.namespace}/{policy.name}" for policy in policies.policies]
    opaque = ["/".join(filter(None, (each.kind, each.namespace, each.name))) for each in policies.opaque]
    texts = [
        [*(names[place] for place in subject.isolating), *(opaque[place] for place in subject.opaque)]
        for subject in subjects
    ]
    return pa.array([",".join(text) or None for text in texts], type=pa.string())
