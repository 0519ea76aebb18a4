"""Kubernetes objects to the inventory of the ir: its defaults are decided here and in what this calls."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from auditor.inventory.nodes import NodeBook
from auditor.inventory.objects import EndpointSlice, Namespace, Node, Pod, Service
from auditor.inventory.pods import is_finished, lower_pod
from auditor.inventory.services import lower_service, slice_ports
from auditor.inventory.state import NAME_LABEL, time_stamp
from auditor.ir.address_text import address_text
from auditor.ir.model import Inventory, Kind
from auditor.sources.yaml_scalars import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from auditor.errors import Origin
    from auditor.inventory.notes import Notes
    from auditor.inventory.objects import KubernetesObject
    from auditor.inventory.services import LoweredService
    from auditor.inventory.state import Living
    from auditor.ir.model import Address, Endpoint, Network

_ORDER = {Kind.POD: 0, Kind.NODE: 1, Kind.SERVICE: 2}
_HOLDERS_SHOWN = 3


class Counts(NamedTuple):
    """How many pods are no endpoints, and why."""

    n_host_network: int
    n_finished: int


def lower(
    objects: Sequence[Living], pod_networks: Iterable[Network], notes: Notes
) -> tuple[Inventory, Counts]:
    """Return the inventory of a cluster.

    Parameters
    ----------
    objects : sequence of Living
        Every object once.
    pod_networks : iterable of Network
        Pod address ranges beside those that nodes name.
    notes : Notes
        Takes the problems: bad addresses as errors; as warnings an address with two holders, a namespace that
        no object describes, and what ``pods``, ``nodes`` and ``services`` warn of.

    Returns
    -------
    Inventory
        ``as_of`` is the newest time any object mentions, a lower bound: the snapshot was not taken before.
    Counts
        Pods on the host network and finished pods, which are no endpoints.
    """
    nodes = NodeBook(notes)
    for living in objects:
        if isinstance(living.content, Node):
            nodes.add_node(living.name, living.content, living.origin)
    placed: list[tuple[Endpoint, Origin]] = []
    listening: set[tuple[int, int]] = set()
    node_ports: set[tuple[int, int]] = set()
    services: list[LoweredService] = []
    n_host_network = 0
    n_finished = 0
    for living in objects:
        content = living.content
        if isinstance(content, Pod):
            if is_finished(content):
                n_finished += 1
                continue
            pod = lower_pod(living, content, nodes, notes)
            listening.update(pod.listening)
            node_ports.update(pod.node_ports)
            if pod.endpoint is None:
                n_host_network += 1
            else:
                placed.append((pod.endpoint, living.origin))
        elif isinstance(content, Service):
            service = lower_service(living, content, notes)
            listening.update(service.listening)
            node_ports.update(service.node_ports)
            services.append(service)
            placed.append((service.endpoint, living.origin))
        elif isinstance(content, EndpointSlice):
            listening.update(slice_ports(content))
    nodes.warn_of_strangers()
    placed.extend(nodes.endpoints())
    node_ports.update(_on_nodes(services, placed))
    _warn_of_shared_addresses(placed, notes)
    inventory = Inventory(
        namespaces=_namespaces(objects, placed, notes),
        endpoints=tuple(sorted((endpoint for endpoint, _ in placed), key=_by_identity)),
        pod_networks=tuple(sorted({*nodes.pod_networks, *pod_networks})),
        node_ports=frozenset(node_ports),
        listening=frozenset(listening),
        # Most times are those of many objects: each is looked at once.
        as_of=max(
            map(time_stamp, {text for living in objects for text in _times(living.content)}), default=""
        )
        or None,
    )
    return inventory, Counts(n_host_network, n_finished)


def _by_identity(endpoint: Endpoint) -> tuple[int, str, str]:
    return _ORDER[endpoint.kind], endpoint.namespace or "", endpoint.name


def _on_nodes(
    services: Iterable[LoweredService], placed: Sequence[tuple[Endpoint, Origin]]
) -> Iterator[tuple[int, int]]:
    """Yield the ports of services that stand on addresses of nodes: what goes there is translated to their pods.

    Such are external addresses, and those that a balancer made of pods with host ports gives.
    """
    nodes = {
        address for endpoint, _ in placed if endpoint.kind is Kind.NODE for address in endpoint.addresses
    }
    for service in services:
        if not nodes.isdisjoint(service.endpoint.addresses):
            yield from service.ports


def _namespaces(
    objects: Sequence[Living], placed: Sequence[tuple[Endpoint, Origin]], notes: Notes
) -> dict[str, dict[str, str]]:
    """Return labels by namespace, sorted; a namespace known from pods only has the automatic label."""
    labels: dict[str, dict[str, str]] = {}
    for living in objects:
        if isinstance(living.content, Namespace):
            written = living.content.metadata.labels or {}
            label = written.get(NAME_LABEL, living.name)
            if label != living.name:
                message = f"expected label `{NAME_LABEL}` to be the name, got `{shown(label)}`; it is ignored"
                notes.warn(message, living.origin, ".metadata.labels")
            labels[living.name] = {**written, NAME_LABEL: living.name}
    for endpoint, origin in placed:
        name = endpoint.namespace
        if endpoint.kind is Kind.POD and name is not None and name not in labels:
            labels[name] = {NAME_LABEL: name}
            message = f"namespace `{shown(name)}` has pods but no Namespace object: its labels are not known"
            notes.warn(message, origin, ".metadata.namespace")
    return dict(sorted(labels.items()))


def _warn_of_shared_addresses(placed: Sequence[tuple[Endpoint, Origin]], notes: Notes) -> None:
    """Warn of addresses that are ambiguous.

    No warning where services share one, or one stands on a node: both are usual, and no pod is meant.
    """
    holders: defaultdict[Address, list[int]] = defaultdict(list)
    for index, (endpoint, _) in enumerate(placed):
        for address in endpoint.addresses:
            holders[address].append(index)
    for address, indexes in holders.items():
        if len(indexes) == 1:
            continue
        endpoints = [placed[index][0] for index in indexes]
        kinds = [endpoint.kind for endpoint in endpoints]
        if Kind.POD not in kinds and kinds.count(Kind.NODE) <= 1:
            continue
        titles = [_title(endpoint) for endpoint in endpoints[:_HOLDERS_SHOWN]]
        if len(endpoints) > _HOLDERS_SHOWN:
            titles.append(f"{len(endpoints) - _HOLDERS_SHOWN} more")
        message = f"address `{address_text(address)}` is held by {' and '.join(titles)}"
        notes.warn(f"{message}: whose flows it has is not known", placed[indexes[1]][1])


def _title(endpoint: Endpoint) -> str:
    name = endpoint.name if endpoint.namespace is None else f"{endpoint.namespace}/{endpoint.name}"
    return f"{endpoint.kind} `{shown(name)}`"


def _times(content: KubernetesObject) -> Iterator[str | None]:
    """Yield the times at which something of an object was known to be so, as they are written."""
    yield content.metadata.creation_timestamp
    if isinstance(content, Pod | Node) and content.status is not None:
        for condition in content.status.conditions or ():
            yield condition.last_transition_time
            yield condition.last_heartbeat_time
    if isinstance(content, Pod) and content.status is not None:
        yield content.status.start_time
