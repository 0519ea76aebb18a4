"""When a label set meets a selector.

Semantics of ``Requirement.Matches`` in k8s.io/apimachinery ``pkg/labels/selector.go``: NotIn and DoesNotExist hold
when the key is absent; In and Exists do not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.ir.model import Operator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from auditor.ir.model import Requirement, Selector


def meets(requirement: Requirement, labels: Mapping[str, str]) -> bool:
    """Return whether ``labels`` meet one requirement."""
    value = labels.get(requirement.key)
    match requirement.operator:
        case Operator.IN:
            return value is not None and value in requirement.values
        case Operator.NOT_IN:
            return value is None or value not in requirement.values
        case Operator.EXISTS:
            return value is not None
        case Operator.DOES_NOT_EXIST:
            return value is None


def matches(selector: Selector, labels: Mapping[str, str]) -> bool:
    """Return whether ``labels`` meet every requirement of ``selector``."""
    return all(meets(requirement, labels) for requirement in selector.requirements)
