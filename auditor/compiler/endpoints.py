"""Pods that nothing can tell apart, and which of them a selector chooses: posting bitsets over distinct label sets."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from auditor.compiler import bitsets
from auditor.ir.model import Kind, Operator

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from auditor.ir.model import ContainerPort, EndpointPeer, Inventory, Requirement, Selector


class LabelIndex:
    """Label to the set of label sets that carry it.

    Parameters
    ----------
    label_sets : sequence of mapping of str to str
        The label sets, numbered by place.
    """

    def __init__(self, label_sets: Sequence[Mapping[str, str]]) -> None:
        self._everything = bitsets.full(len(label_sets))
        members: dict[str, dict[str, list[int]]] = {}
        for number, labels in enumerate(label_sets):
            for key, value in labels.items():
                members.setdefault(key, {}).setdefault(value, []).append(number)
        self._by_value = {
            key: {value: bitsets.of(numbers) for value, numbers in values.items()}
            for key, values in members.items()
        }
        self._by_key = {key: bitsets.union(values.values()) for key, values in self._by_value.items()}
        self._chosen: dict[Selector, int] = {}

    def select(self, selector: Selector) -> int:
        """Return the set of label sets that meet every requirement."""
        found = self._chosen.get(selector)
        if found is None:
            found = self._everything
            for requirement in selector.requirements:
                found &= self._meeting(requirement)
            self._chosen[selector] = found
        return found

    def _meeting(self, requirement: Requirement) -> int:
        present = self._by_key.get(requirement.key, 0)
        if requirement.operator is Operator.EXISTS:
            return present
        if requirement.operator is Operator.DOES_NOT_EXIST:
            return self._everything & ~present
        values = self._by_value.get(requirement.key, {})
        listed = bitsets.union(values.get(value, 0) for value in requirement.values)
        return listed if requirement.operator is Operator.IN else self._everything & ~listed


class GroupKey(NamedTuple):
    """All that policies can see of a pod, but for the labels of its namespace."""

    namespace: str
    labels: frozenset[tuple[str, str]]
    ports: tuple[ContainerPort, ...]


class Groups:
    """Pods of one namespace with equal labels and equal named ports, as one member each of all sets.

    Parameters
    ----------
    keys : iterable of GroupKey
        The groups, each once.
    namespaces : mapping of str to mapping of str to str
        Labels of the namespaces.

    Attributes
    ----------
    keys : list of GroupKey
        What each group is.
    """

    def __init__(self, keys: Iterable[GroupKey], namespaces: Mapping[str, Mapping[str, str]]) -> None:
        self.keys = list(keys)
        self._labels = LabelIndex([dict(key.labels) for key in self.keys])
        members: dict[str, list[int]] = {}
        for number, key in enumerate(self.keys):
            members.setdefault(key.namespace, []).append(number)
        self._in_namespace = {namespace: bitsets.of(found) for namespace, found in members.items()}
        self._namespace_names = list(members)
        self._namespace_labels = LabelIndex([namespaces[name] for name in members])
        self._in_namespaces: dict[Selector, int] = {}

    def __len__(self) -> int:
        """Return how many groups there are."""
        return len(self.keys)

    def select(self, namespaces: str | Selector, pods: Selector) -> int:
        """Return the groups that ``pods`` chooses in one namespace, or in all that a selector chooses."""
        if isinstance(namespaces, str):
            inside = self._in_namespace.get(namespaces, 0)
            return inside and inside & self._labels.select(pods)
        found = self._in_namespaces.get(namespaces)
        if found is None:
            chosen = self._namespace_labels.select(namespaces)
            found = bitsets.union(
                self._in_namespace[self._namespace_names[number]]
                for number in bitsets.to_indices(chosen, len(self._namespace_names))
            )
            self._in_namespaces[namespaces] = found
        return found and found & self._labels.select(pods)

    def chosen_by(self, peers: Iterable[EndpointPeer]) -> int:
        """Return the set of groups that any of ``peers`` chooses."""
        return bitsets.union(self.select(peer.namespaces, peer.pods) for peer in peers)


def group_pods(inventory: Inventory) -> tuple[list[GroupKey], NDArray[np.int32]]:
    """Return the groups of a cluster, and by endpoint the place of its group, -1 for what is no pod."""
    numbers: dict[GroupKey, int] = {}
    # Sets of labels cost more than labels as they are written, which pods of one workload have alike.
    as_written: dict[tuple[object, ...], int] = {}
    group_of = np.full(len(inventory.endpoints), -1, dtype=np.int32)
    for place, endpoint in enumerate(inventory.endpoints):
        if endpoint.kind is not Kind.POD:
            continue
        written = (endpoint.namespace, tuple(endpoint.labels.items()), endpoint.ports)
        number = as_written.get(written)
        if number is None:
            assert endpoint.namespace is not None
            key = GroupKey(endpoint.namespace, frozenset(endpoint.labels.items()), endpoint.ports)
            number = as_written[written] = numbers.setdefault(key, len(numbers))
        group_of[place] = number
    return list(numbers), group_of
