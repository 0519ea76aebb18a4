"""Which state of an object holds when files tell of it more than once.

The newest one, as far as that can be known: events in their order, snapshots by ``resourceVersion`` or
``creationTimestamp``. Two different states without an order are an error, since a guess would move addresses.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from auditor.inventory.objects import Node, Pod
from auditor.sources.yaml_scalars import shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from auditor.errors import Origin
    from auditor.inventory.notes import Notes
    from auditor.inventory.objects import KubernetesObject, Metadata
    from auditor.inventory.read import Found

NAMESPACED = frozenset({"Pod", "Service", "EndpointSlice"})
DEFAULT_NAMESPACE = "default"
NAME_LABEL = "kubernetes.io/metadata.name"
"""The control plane puts it on every namespace, with the name as its value."""
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)


class Living(NamedTuple):
    """An object as it is in the end.

    Attributes
    ----------
    kind, namespace, name : str
        Its identity; the namespace is empty for kinds without one.
    content : KubernetesObject
        The newest state.
    origin : Origin
        Where that state is.
    """

    kind: str
    namespace: str
    name: str
    content: KubernetesObject
    origin: Origin


def latest(found: Iterable[Found], notes: Notes) -> list[Living]:
    """Return every object that was not deleted, once, in the order of first mention.

    Parameters
    ----------
    found : iterable of Found
        In the order of reading. A DELETED event ends an object, also against an older state read later.
    notes : Notes
        Takes a warning where the newer of two snapshot states was taken, an error where neither is newer.

    Returns
    -------
    list of Living
        A namespaced object without a namespace is in ``default``.
    """
    states: dict[tuple[str, str, str], Found] = {}
    for new in found:
        metadata = new.content.metadata
        namespace = (metadata.namespace or DEFAULT_NAMESPACE) if new.kind in NAMESPACED else ""
        key = (new.kind, namespace, metadata.name or "")
        old = states.get(key)
        states[key] = new if old is None else _newer(old, new, notes)
    return [
        Living(*key, state.content, state.origin) for key, state in states.items() if state.event != "DELETED"
    ]


def time_stamp(text: str | None) -> str:
    """Return RFC 3339 text in whole seconds UTC, which sorts by time; empty for anything else."""
    return text if text is not None and _TIME.fullmatch(text) else ""


def _newer(old: Found, new: Found, notes: Notes) -> Found:
    before, after = old.content.metadata, new.content.metadata
    is_same_uid = before.uid is not None and before.uid == after.uid
    versions = (before.resource_version or "", after.resource_version or "")
    if is_same_uid and versions[0].isdecimal() and versions[1].isdecimal():
        newer = new if int(versions[1]) >= int(versions[0]) else old
    elif old.event is not None or new.event is not None:
        is_end_of_another = new.event == "DELETED" and _are_other_uids(before, after)
        return old if is_end_of_another else new
    else:
        times = (time_stamp(before.creation_timestamp), time_stamp(after.creation_timestamp))
        if not _are_other_uids(before, after) or not all(times) or times[0] == times[1]:
            if not _says_the_same(old, new):
                notes.error(
                    f"expected {_title(new)} once, got another one (first at {old.origin})", new.origin
                )
            return old
        newer = new if times[1] > times[0] else old
    if old.event is None and new.event is None and not _says_the_same(old, new):
        other = old if newer is new else new
        notes.warn(
            f"{_title(new)} is described twice; the older one is ignored (at {other.origin})", newer.origin
        )
    return newer


def _are_other_uids(before: Metadata, after: Metadata) -> bool:
    return before.uid is not None and after.uid is not None and before.uid != after.uid


def _says_the_same(old: Found, new: Found) -> bool:
    """Return whether two states agree in everything that decides who holds an address."""
    return _bare(old.content) == _bare(new.content)


def _bare(content: KubernetesObject) -> KubernetesObject:
    """Return an object without what tells its version and what the cluster adds by itself."""
    labels = {key: text for key, text in (content.metadata.labels or {}).items() if key != NAME_LABEL}
    metadata = msgspec.structs.replace(
        content.metadata,
        namespace=None,
        uid=None,
        resource_version=None,
        creation_timestamp=None,
        deletion_timestamp=None,
        labels=labels,
    )
    content = msgspec.structs.replace(content, metadata=metadata)
    if isinstance(content, Pod | Node) and content.status is not None:
        content.status = msgspec.structs.replace(content.status, conditions=None)
    return content


def _title(found: Found) -> str:
    metadata = found.content.metadata
    namespace = f"{metadata.namespace or DEFAULT_NAMESPACE}/" if found.kind in NAMESPACED else ""
    return f"{found.kind} `{shown(namespace + (metadata.name or ''))}`"
