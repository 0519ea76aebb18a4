"""The workload of a pod: the owner that makes identical pods, found by the names controllers give."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from auditor.inventory.objects import OwnerReference, Pod

_HASH_LABELS = ("pod-template-hash", "rollouts-pod-template-hash")
# A Deployment hashes its template to decimal digits and writes each in this alphabet.
_HASH = re.compile(r"-[4-9bcdf]{6,10}", re.ASCII)
# A CronJob appends the scheduled time in minutes (8 digits), older ones in seconds (10).
_SCHEDULED = re.compile(r"-\d{8,10}", re.ASCII)


def workload_of(pod: Pod) -> str:
    """Return the name of the workload a pod belongs to.

    Parameters
    ----------
    pod : Pod
        With a name.

    Returns
    -------
    str
        The Deployment behind a ReplicaSet, the CronJob behind a Job, else the controlling owner. A pod
        without one is its own workload; so is a static pod, without the name of its node.
    """
    name = pod.metadata.name or ""
    owner = _controller(pod)
    if owner is None or not owner.name:
        return name
    if owner.kind == "ReplicaSet":
        labels = pod.metadata.labels or {}
        for label in _HASH_LABELS:
            if label in labels and owner.name.endswith(f"-{labels[label]}"):
                return owner.name.removesuffix(f"-{labels[label]}") or owner.name
        return _without_suffix(owner.name, _HASH)
    if owner.kind == "Job":
        return _without_suffix(owner.name, _SCHEDULED)
    if owner.kind == "Node":
        return name.removesuffix(f"-{owner.name}") or name
    return owner.name


def _controller(pod: Pod) -> OwnerReference | None:
    return next((owner for owner in pod.metadata.owner_references or () if owner.controller), None)


def _without_suffix(name: str, suffix: re.Pattern[str]) -> str:
    stem, dash, end = name.rpartition("-")
    return stem if stem and suffix.fullmatch(dash + end) else name
