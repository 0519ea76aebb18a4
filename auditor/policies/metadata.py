"""``metadata`` of an object: its name, and what else the API server looks at."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from auditor.policies.names import label_key_fault, label_value_fault, namespace_fault, object_name_fault
from auditor.policies.nodes import quoted

if TYPE_CHECKING:
    from auditor.policies.fields import Field

METADATA_FIELDS = (
    "annotations",
    "clusterName",
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "finalizers",
    "generateName",
    "generation",
    "labels",
    "managedFields",
    "name",
    "namespace",
    "ownerReferences",
    "resourceVersion",
    "selfLink",
    "uid",
)


class Metadata(NamedTuple):
    """Which object it is; ``namespace`` is None where it is not written."""

    name: str
    namespace: str | None


def read_metadata(metadata: Field) -> Metadata | None:
    """Return the name of an object; None if it has none that is valid."""
    fields = metadata.fields(METADATA_FIELDS)
    if fields is None:
        return None
    name = namespace = None
    if written := metadata.required(fields, "name"):
        name = written.text()
        if name is not None and (fault := object_name_fault(name)):
            written.refuse(f"expected {fault}, came {quoted(name)}")
    if "namespace" in fields:
        namespace = fields["namespace"].text()
        # The API takes an empty namespace for none.
        if namespace and (fault := namespace_fault(namespace)):
            fields["namespace"].refuse(f"expected {fault}, came {quoted(namespace)}")
    if "labels" in fields:
        read_labels(fields["labels"])
    if "annotations" in fields:
        _check_annotations(fields["annotations"])
    return None if name is None else Metadata(name, namespace or None)


def read_labels(labels: Field) -> dict[str, str]:
    """Return a map of labels; what is wrong with a key or value is written down."""
    read: dict[str, str] = {}
    for key, field in (labels.fields(None) or {}).items():
        value = field.text()
        if fault := label_key_fault(key):
            field.refuse(f"expected {fault}, came {quoted(key)}")
        if value is not None:
            if fault := label_value_fault(value):
                field.refuse(f"expected {fault}, came {quoted(value)}")
            read[key] = value
    return read


def _check_annotations(annotations: Field) -> None:
    for key, field in (annotations.fields(None) or {}).items():
        field.text()
        # The API server folds the case of annotation keys before it looks at them.
        if fault := label_key_fault(key.lower()):
            field.refuse(f"expected {fault}, came {quoted(key)}")
