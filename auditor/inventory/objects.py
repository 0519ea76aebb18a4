"""What is read of Kubernetes objects: the fields that decide who holds an address, and nothing else.

Field types are those of the API; a JSON null is an absent field, as in the API server. Fields not named here
(``managedFields`` is a third of a pod) are skipped while decoding. Defaults are applied in lowering.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

PortNumber = Annotated[int, msgspec.Meta(ge=1, le=65535)]
MaybePortNumber = Annotated[int, msgspec.Meta(ge=0, le=65535)]
"""0 stands for absent, as in the API."""
Protocol = Literal["", "TCP", "UDP", "SCTP"]
"""Empty stands for absent, as in the API."""


# No object can contain itself, so the garbage collector need not look at the many small ones.
class _Part(msgspec.Struct, gc=False, rename="camel"):
    """Part of an object; snake_case here is camelCase there."""


class OwnerReference(_Part):
    """An owner; the one with ``controller`` true makes the object."""

    kind: str | None = None
    name: str | None = None
    controller: bool | None = None


class Annotations(_Part):
    """Addresses that network plugins write into annotations: of nodes, and the last two of pods."""

    cilium_host: str | None = msgspec.field(default=None, name="network.cilium.io/ipv4-cilium-host")
    cilium_host_v6: str | None = msgspec.field(default=None, name="network.cilium.io/ipv6-cilium-host")
    old_cilium_host: str | None = msgspec.field(default=None, name="io.cilium.network.ipv4-cilium-host")
    old_cilium_host_v6: str | None = msgspec.field(default=None, name="io.cilium.network.ipv6-cilium-host")
    calico_ipip: str | None = msgspec.field(default=None, name="projectcalico.org/IPv4IPIPTunnelAddr")
    calico_vxlan: str | None = msgspec.field(default=None, name="projectcalico.org/IPv4VXLANTunnelAddr")
    calico_vxlan_v6: str | None = msgspec.field(default=None, name="projectcalico.org/IPv6VXLANTunnelAddr")
    calico_wireguard: str | None = msgspec.field(
        default=None, name="projectcalico.org/IPv4WireguardInterfaceAddr"
    )
    calico_wireguard_v6: str | None = msgspec.field(
        default=None, name="projectcalico.org/IPv6WireguardInterfaceAddr"
    )
    calico_pod_ip: str | None = msgspec.field(default=None, name="cni.projectcalico.org/podIP")
    aws_pod_ips: str | None = msgspec.field(default=None, name="vpc.amazonaws.com/pod-ips")

    def node_addresses(self) -> list[tuple[str, str]]:
        """Return key and text of those that are addresses of a node."""
        present = msgspec.structs.asdict(self)
        return [
            (field.encode_name, present[field.name])
            for field in msgspec.structs.fields(self)
            if present[field.name] and field.name not in ("calico_pod_ip", "aws_pod_ips")
        ]


class Metadata(_Part):
    """What every object has; times are RFC 3339 text."""

    name: str | None = None
    namespace: str | None = None
    uid: str | None = None
    resource_version: str | None = None
    creation_timestamp: str | None = None
    deletion_timestamp: str | None = None
    labels: dict[str, str] | None = None
    annotations: Annotations | None = None
    owner_references: list[OwnerReference] | None = None


class PodPort(_Part):
    """A port that a container declares."""

    container_port: PortNumber
    name: str | None = None
    protocol: Protocol | None = None
    host_port: MaybePortNumber | None = None


class Container(_Part):
    """A container; ``restart_policy`` is set for init containers only."""

    ports: list[PodPort] | None = None
    restart_policy: str | None = None


class PodSpec(_Part):
    """Where a pod runs and what it declares."""

    host_network: bool | None = None
    node_name: str | None = None
    containers: list[Container] | None = None
    init_containers: list[Container] | None = None


class PodAddress(_Part):
    """An element of ``podIPs`` or ``hostIPs``."""

    ip: str | None = None


class Condition(_Part):
    """Times at which something was last known."""

    last_transition_time: str | None = None
    last_heartbeat_time: str | None = None


class PodStatus(_Part):
    """Addresses and phase of a pod."""

    phase: str | None = None
    pod_ip: str | None = msgspec.field(default=None, name="podIP")
    pod_ips: list[PodAddress] | None = msgspec.field(default=None, name="podIPs")
    host_ip: str | None = msgspec.field(default=None, name="hostIP")
    host_ips: list[PodAddress] | None = msgspec.field(default=None, name="hostIPs")
    start_time: str | None = None
    conditions: list[Condition] | None = None


class Pod(_Part):
    """Pod of v1."""

    metadata: Metadata
    spec: PodSpec | None = None
    status: PodStatus | None = None


class Namespace(_Part):
    """Namespace of v1."""

    metadata: Metadata


class NodeSpec(_Part):
    """Address ranges a node gives to its pods."""

    pod_cidr: str | None = msgspec.field(default=None, name="podCIDR")
    pod_cidrs: list[str] | None = msgspec.field(default=None, name="podCIDRs")


class NodeAddress(_Part):
    """An address or a name of a node."""

    type: str | None = None
    address: str | None = None


class NodeStatus(_Part):
    """Addresses of a node."""

    addresses: list[NodeAddress] | None = None
    conditions: list[Condition] | None = None


class Node(_Part):
    """Node of v1."""

    metadata: Metadata
    spec: NodeSpec | None = None
    status: NodeStatus | None = None


class ServicePort(_Part):
    """A port of a service; ``target_port`` is a number, a name, or absent for the same number."""

    port: MaybePortNumber | None = None
    target_port: int | str | None = None
    node_port: MaybePortNumber | None = None
    protocol: Protocol | None = None


class ServiceSpec(_Part):
    """Addresses and ports of a service."""

    type: str | None = None
    cluster_ip: str | None = msgspec.field(default=None, name="clusterIP")
    cluster_ips: list[str] | None = msgspec.field(default=None, name="clusterIPs")
    external_ips: list[str] | None = msgspec.field(default=None, name="externalIPs")
    load_balancer_ip: str | None = msgspec.field(default=None, name="loadBalancerIP")
    ports: list[ServicePort] | None = None


class LoadBalancerIngress(_Part):
    """An address a load balancer gave; absent where it gave a name."""

    ip: str | None = None


class LoadBalancerStatus(_Part):
    """What a load balancer gave."""

    ingress: list[LoadBalancerIngress] | None = None


class ServiceStatus(_Part):
    """Status of a service."""

    load_balancer: LoadBalancerStatus | None = None


class Service(_Part):
    """Service of v1."""

    metadata: Metadata
    spec: ServiceSpec | None = None
    status: ServiceStatus | None = None


class SlicePort(_Part):
    """A port of an endpoint slice; absent is every port."""

    port: MaybePortNumber | None = None
    protocol: Protocol | None = None


class EndpointSlice(_Part):
    """EndpointSlice of discovery.k8s.io."""

    metadata: Metadata
    ports: list[SlicePort] | None = None


KubernetesObject = Pod | Namespace | Node | Service | EndpointSlice

NEEDED: dict[str, tuple[str, type[KubernetesObject]]] = {
    "Pod": ("", Pod),
    "Namespace": ("", Namespace),
    "Node": ("", Node),
    "Service": ("", Service),
    "EndpointSlice": ("discovery.k8s.io", EndpointSlice),
}
"""API group and type by kind; a kind of this name in another group is another kind."""
