"""The names that reports attach to rules and subject classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterable

    from auditor.compiler.subjects import Subject
    from auditor.ir.model import PolicySet


def rule_texts(policies: PolicySet) -> pa.StringArray:
    """Return ``kind/namespace/name:direction[index]`` of each rule."""
    return pa.array(
        [
            f"{policy.kind}/{policy.namespace}/{policy.name}:{rule.direction.name.lower()}[{rule.index}]"
            for policy, rule in policies.rules
        ],
        type=pa.string(),
    )


def isolating_texts(policies: PolicySet, subjects: Iterable[Subject]) -> pa.StringArray:
    """Return the policies that isolate each subject class or leave it unknown, comma-separated; null without any."""
    names = [f"{policy.kind}/{policy.namespace}/{policy.name}" for policy in policies.policies]
    opaque = ["/".join(filter(None, (each.kind, each.namespace, each.name))) for each in policies.opaque]
    texts = [
        [*(names[place] for place in subject.isolating), *(opaque[place] for place in subject.opaque)]
        for subject in subjects
    ]
    return pa.array([",".join(text) or None for text in texts], type=pa.string())
