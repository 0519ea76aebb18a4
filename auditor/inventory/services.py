"""Services and endpoint slices: addresses that stand for pods before translation, and ports."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from auditor.inventory.pods import PROTOCOLS
from auditor.ir.address_text import parse_address
from auditor.ir.model import LAST_PORT, Endpoint, Kind
from auditor.sources.yaml_scalars import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.errors import Origin
    from auditor.inventory.notes import Notes
    from auditor.inventory.objects import EndpointSlice, Service, ServicePort
    from auditor.inventory.state import Living
    from auditor.ir.model import Address

_ON_NODES = frozenset({"NodePort", "LoadBalancer"})
_BY_NAME = "ExternalName"
_HEADLESS = "None"


class LoweredService(NamedTuple):
    """What a service comes to.

    Attributes
    ----------
    endpoint : Endpoint
        With its cluster, external and load-balancer addresses; none for a headless one.
    listening : tuple of (int, int)
        (protocol, port) pairs it targets by number.
    node_ports : tuple of (int, int)
        (protocol, port) pairs on which every node stands for it.
    ports : tuple of (int, int)
        (protocol, port) pairs on which its own addresses stand for it.
    """

    endpoint: Endpoint
    listening: tuple[tuple[int, int], ...]
    node_ports: tuple[tuple[int, int], ...]
    ports: tuple[tuple[int, int], ...]


def lower_service(living: Living, service: Service, notes: Notes) -> LoweredService:
    """Return what a service comes to.

    Parameters
    ----------
    living : Living
        Its identity and place.
    service : Service
        Its content, of any type; an ExternalName has no addresses and no ports of pods.
    notes : Notes
        Takes bad addresses and target ports as errors; ``loadBalancerIP``, which is a wish, as a warning.

    Returns
    -------
    LoweredService
        Addresses without repeats.
    """
    origin = living.origin
    spec = service.spec
    ports = () if spec is None or spec.type == _BY_NAME else tuple(spec.ports or ())
    addresses = tuple(dict.fromkeys(_addresses(service, origin, notes)))
    on_nodes = spec is not None and spec.type in _ON_NODES
    return LoweredService(
        Endpoint(Kind.SERVICE, living.namespace, living.name, service.metadata.labels or {}, addresses),
        tuple(_targets(ports, origin, notes)),
        tuple((PROTOCOLS[port.protocol], port.node_port) for port in ports if on_nodes and port.node_port),
        tuple((PROTOCOLS[port.protocol], port.port) for port in ports if port.port),
    )


def slice_ports(endpoint_slice: EndpointSlice) -> Iterator[tuple[int, int]]:
    """Yield the (protocol, port) pairs of an endpoint slice; its addresses are those of pods, or external."""
    for port in endpoint_slice.ports or ():
        if port.port:
            yield PROTOCOLS[port.protocol], port.port


def _addresses(service: Service, origin: Origin, notes: Notes) -> Iterator[Address]:
    spec, status = service.spec, service.status
    if spec is not None and spec.type != _BY_NAME:
        written = [(spec.cluster_ip, ".spec.clusterIP")]
        written += [(text, f".spec.clusterIPs[{index}]") for index, text in enumerate(spec.cluster_ips or ())]
        written += [
            (text, f".spec.externalIPs[{index}]") for index, text in enumerate(spec.external_ips or ())
        ]
    else:
        written = []
    balancer = status.load_balancer if status is not None else None
    for index, ingress in enumerate((balancer.ingress if balancer is not None else None) or ()):
        written.append((ingress.ip, f".status.loadBalancer.ingress[{index}].ip"))
    for text, below in written:
        if not text or text == _HEADLESS:
            continue
        address = parse_address(text)
        if address is not None:
            yield address
        else:
            notes.error(f"expected an IP address, got `{shown(text)}`", origin, below)
    wished = spec.load_balancer_ip if spec is not None else None
    if wished:
        address = parse_address(wished)
        if address is not None:
            yield address
        else:
            message = f"expected an IP address, got `{shown(wished)}`; it is left out"
            notes.warn(message, origin, ".spec.loadBalancerIP")


def _targets(ports: tuple[ServicePort, ...], origin: Origin, notes: Notes) -> Iterator[tuple[int, int]]:
    """Yield targets by number; a name is a port that pods declare and is known from them."""
    for index, port in enumerate(ports):
        target = port.target_port
        if isinstance(target, str):
            continue
        number = target or port.port
        if number and 1 <= number <= LAST_PORT:
            yield PROTOCOLS[port.protocol], number
        elif number:
            message = f"expected a port from 1 to {LAST_PORT}, got `{number}`"
            notes.error(message, origin, f".spec.ports[{index}].targetPort")
