"""Label selectors: k8s.io/apimachinery ``pkg/apis/meta/v1/validation`` ``ValidateLabelSelector``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.ir.model import Operator
from auditor.policies.kubernetes import LabelExpression, LabelSelector
from auditor.policies.metadata import read_labels
from auditor.policies.names import label_key_fault, label_value_fault
from auditor.policies.nodes import quoted

if TYPE_CHECKING:
    from auditor.policies.fields import Field

_OPERATORS = tuple(operator.value for operator in Operator)
_WITH_VALUES = ("In", "NotIn")


def read_selector(selector: Field) -> LabelSelector | None:
    """Return a label selector; what is wrong with it is written down."""
    fields = selector.fields(("matchLabels", "matchExpressions"))
    if fields is None:
        return None
    labels = read_labels(fields["matchLabels"]) if "matchLabels" in fields else None
    expressions = None
    if "matchExpressions" in fields:
        read = (_expression(element) for element in fields["matchExpressions"].elements())
        expressions = tuple(expression for expression in read if expression is not None)
    return LabelSelector(labels, expressions)


def _expression(expression: Field) -> LabelExpression | None:
    fields = expression.fields(("key", "operator", "values"))
    if fields is None:
        return None
    key = operator = None
    if key_field := expression.required(fields, "key"):
        key = key_field.text()
        if key is not None and (fault := label_key_fault(key)):
            key_field.refuse(f"expected {fault}, came {quoted(key)}")
    if operator_field := expression.required(fields, "operator"):
        operator = operator_field.choice(_OPERATORS)
    values = _values(fields["values"]) if "values" in fields else None
    if operator in _WITH_VALUES and not values:
        expression.refuse(f"expected at least one value for operator `{operator}`, came none")
    if operator is not None and operator not in _WITH_VALUES and values:
        fields["values"].refuse(f"expected no values for operator `{operator}`, came `{len(values)}`")
    return None if key is None or operator is None else LabelExpression(key, operator, values)


def _values(values: Field) -> tuple[str, ...]:
    read = []
    for element in values.elements():
        value = element.text()
        if value is not None and (fault := label_value_fault(value)):
            element.refuse(f"expected {fault}, came {quoted(value)}")
        read.append(value or "")
    return tuple(read)
