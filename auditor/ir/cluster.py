"""What a cluster was at one time: namespaces, endpoints and who holds which address."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from auditor.ir.addresses import Address, Network


class Kind(StrEnum):
    """What an address belongs to."""

    POD = "pod"
    NODE = "node"
    SERVICE = "service"
    EXTERNAL = "external"
    UNKNOWN = "unknown"


class ContainerPort(NamedTuple):
    """A port that a pod declares under a name."""

    name: str
    protocol: int
    number: int


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A pod, node or service, with the addresses it holds.

    Pods on the host network are no endpoints: their addresses are their node's. Finished pods hold no address and are
    none either.

    Attributes
    ----------
    kind : Kind
        POD, NODE or SERVICE.
    namespace : str or None
        None for nodes.
    name : str
        Object name.
    labels : mapping of str to str
        Label set at the time of the snapshot.
    addresses : tuple of Address
        Without repeats, in the order of the object.
    node : str or None
        Name of the node a pod runs on; a node's own name; None if not known.
    workload : str or None
        Name of the owner that makes identical pods, the pod's own name if it has none; None for nodes and services.
    ports : tuple of ContainerPort
        Named ports of a pod.
    """

    kind: Kind
    namespace: str | None
    name: str
    labels: Mapping[str, str]
    addresses: tuple[Address, ...]
    node: str | None = None
    workload: str | None = None
    ports: tuple[ContainerPort, ...] = ()


@dataclass(frozen=True, slots=True)
class Inventory:
    """What the cluster was, at one time.

    Attributes
    ----------
    namespaces : mapping of str to mapping of str to str
        Labels by namespace name, ``kubernetes.io/metadata.name`` among them. Holds every namespace a pod lies in.
    endpoints : tuple of Endpoint
        Sorted by kind (pods, nodes, services), namespace and name.
    pod_networks : tuple of Network
        Address ranges the cluster gives to pods: an address inside without a pod is unknown, not external.
    node_ports : frozenset of (int, int)
        (protocol, port) pairs on which every node stands for a service.
    listening : frozenset of (int, int)
        (protocol, port) pairs that some pod declares or some service targets: known listening ports.
    as_of : str or None
        When the snapshot was taken, as far as it says so (RFC 3339).
    """

    namespaces: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    endpoints: tuple[Endpoint, ...] = ()
    pod_networks: tuple[Network, ...] = ()
    node_ports: frozenset[tuple[int, int]] = frozenset()
    listening: frozenset[tuple[int, int]] = frozenset()
    as_of: str | None = None
