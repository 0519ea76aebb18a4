"""Pods that nothing can tell apart, and which of them a selector chooses: posting bitsets over distinct label sets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.compiler import bitsets
from auditor.ir.model import Operator

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from auditor.ir.model import ContainerPort, Endpoint, EndpointPeer, Inventory, Requirement, Selector


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


class Groups:
    """Pods of one namespace with equal labels and equal named ports, as one member each of all sets.

    Parameters
    ----------
    inventory : Inventory
        Its pods are grouped.
    pods : sequence of Endpoint
        The pods, in inventory order.

    Attributes
    ----------
    of_pod : list of int
        Group of each pod.
    namespaces : list of str
        Namespace of each group.
    ports : list of tuple of ContainerPort
        Named ports of each group.
    """

    def __init__(self, inventory: Inventory, pods: Sequence[Endpoint]) -> None:
        numbers: dict[tuple[str, frozenset[tuple[str, str]], tuple[ContainerPort, ...]], int] = {}
        self.of_pod: list[int] = []
        self.namespaces: list[str] = []
        self.ports: list[tuple[ContainerPort, ...]] = []
        labels: list[Mapping[str, str]] = []
        for pod in pods:
            assert pod.namespace is not None
            key = (pod.namespace, frozenset(pod.labels.items()), pod.ports)
            number = numbers.setdefault(key, len(numbers))
            if number == len(labels):
                labels.append(pod.labels)
                self.namespaces.append(pod.namespace)
                self.ports.append(pod.ports)
            self.of_pod.append(number)
        self._labels = LabelIndex(labels)
        members: dict[str, list[int]] = {}
        for number, namespace in enumerate(self.namespaces):
            members.setdefault(namespace, []).append(number)
        self._in_namespace = {namespace: bitsets.of(found) for namespace, found in members.items()}
        self._namespace_names = list(inventory.namespaces)
        self._namespace_labels = LabelIndex([inventory.namespaces[name] for name in self._namespace_names])
        self._in_namespaces: dict[Selector, int] = {}

    def __len__(self) -> int:
        """Return how many groups there are."""
        return len(self.namespaces)

    def select(self, namespaces: str | Selector, pods: Selector) -> int:
        """Return the groups that ``pods`` chooses in one namespace, or in all that a selector chooses."""
        if isinstance(namespaces, str):
            return self._in_namespace.get(namespaces, 0) & self._labels.select(pods)
        inside = self._in_namespaces.get(namespaces)
        if inside is None:
            chosen = self._namespace_labels.select(namespaces)
            inside = bitsets.union(
                self._in_namespace.get(self._namespace_names[number], 0)
                for number in bitsets.to_indices(chosen, len(self._namespace_names))
            )
            self._in_namespaces[namespaces] = inside
        return inside & self._labels.select(pods)

    def chosen_by(self, peers: Iterable[EndpointPeer]) -> int:
        """Return the set of groups that any of ``peers`` chooses."""
        return bitsets.union(self.select(peer.namespaces, peer.pods) for peer in peers)
