"""Pods: their addresses and ports, and what they say of their hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from auditor.inventory.owners import workload_of
from auditor.ir.address_text import parse_address
from auditor.ir.model import SCTP, TCP, UDP, ContainerPort, Endpoint, Kind
from auditor.sources.yaml_scalars import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from auditor.errors import Origin
    from auditor.inventory.nodes import NodeBook
    from auditor.inventory.notes import Notes
    from auditor.inventory.objects import Pod, PodAddress, PodPort, PodStatus
    from auditor.inventory.state import Living
    from auditor.ir.model import Address

PROTOCOLS = {None: TCP, "": TCP, "TCP": TCP, "UDP": UDP, "SCTP": SCTP}
"""IANA number by name; TCP is the default of the API."""
_FINISHED = frozenset({"Succeeded", "Failed", "Completed"})
_WAITING = frozenset({"Pending"})


class Lowered(NamedTuple):
    """What a pod comes to.

    Attributes
    ----------
    endpoint : Endpoint or None
        None for a pod on the host network: its addresses went to its node.
    listening : tuple of (int, int)
        (protocol, port) pairs it declares.
    node_ports : tuple of (int, int)
        (protocol, port) pairs of its node that are translated to it.
    """

    endpoint: Endpoint | None
    listening: tuple[tuple[int, int], ...]
    node_ports: tuple[tuple[int, int], ...]


def is_finished(pod: Pod) -> bool:
    """Return whether a pod has given its addresses back, though its status may still show them.

    Either its containers have ended for good, or it is being deleted and the network plugin says so by an
    empty annotation (Calico ``cni.projectcalico.org/podIP``, AWS ``vpc.amazonaws.com/pod-ips``).
    """
    if pod.status is not None and pod.status.phase in _FINISHED:
        return True
    annotations = pod.metadata.annotations
    if pod.metadata.deletion_timestamp is None or annotations is None:
        return False
    return "" in (annotations.calico_pod_ip, annotations.aws_pod_ips)


def lower_pod(living: Living, pod: Pod, nodes: NodeBook, notes: Notes) -> Lowered:
    """Return what an unfinished pod comes to, and note its host.

    Parameters
    ----------
    living : Living
        Its identity and place.
    pod : Pod
        Its content, not finished.
    nodes : NodeBook
        Takes the addresses of its host.
    notes : Notes
        Takes bad addresses as errors; as warnings a pod without address though it should have one, and two
        ports of one name.

    Returns
    -------
    Lowered
        With ``podIPs`` and ``podIP`` as addresses, without repeats.
    """
    origin, title = living.origin, f"{living.namespace}/{living.name}"
    status = pod.status
    addresses = _addresses(status, origin, notes)
    hosts = _host_addresses(status, origin, notes)
    declared = tuple(_declared(pod))
    listening = tuple((PROTOCOLS[port.protocol], port.container_port) for port in declared)
    is_on_host = pod.spec is not None and pod.spec.host_network is True
    node_name = (pod.spec.node_name or None) if pod.spec is not None else None
    node = nodes.add_host(node_name, (*hosts, *addresses) if is_on_host else hosts, origin)
    if not addresses and (status is None or status.phase not in _WAITING):
        phase = (status.phase if status is not None else None) or "unknown"
        notes.warn(f"pod `{shown(title)}` has no address in phase `{shown(phase)}`", origin)
    if is_on_host:
        return Lowered(None, listening, ())
    endpoint = Endpoint(
        Kind.POD,
        living.namespace,
        living.name,
        pod.metadata.labels or {},
        addresses,
        node=node,
        workload=workload_of(pod),
        ports=_named(declared, title, origin, notes),
    )
    node_ports = tuple((PROTOCOLS[port.protocol], port.host_port) for port in declared if port.host_port)
    return Lowered(endpoint, listening, node_ports)


def _declared(pod: Pod) -> Iterator[PodPort]:
    """Yield the ports of containers, then of sidecars: init containers that are always restarted."""
    if pod.spec is None:
        return
    for container in pod.spec.containers or ():
        yield from container.ports or ()
    for container in pod.spec.init_containers or ():
        if container.restart_policy == "Always":
            yield from container.ports or ()


def _named(
    declared: Sequence[PodPort], title: str, origin: Origin, notes: Notes
) -> tuple[ContainerPort, ...]:
    """Return the named ports; of two numbers under one name and protocol the first, as for services."""
    by_name: dict[tuple[str, int], int] = {}
    for port in declared:
        if not port.name:
            continue
        key = (port.name, PROTOCOLS[port.protocol])
        first = by_name.setdefault(key, port.container_port)
        if first != port.container_port:
            notes.warn(
                f"pod `{shown(title)}` declares port `{shown(port.name)}` as `{first}` and as "
                f"`{port.container_port}`; the first is taken",
                origin,
            )
    return tuple(ContainerPort(name, protocol, number) for (name, protocol), number in by_name.items())


def _addresses(status: PodStatus | None, origin: Origin, notes: Notes) -> tuple[Address, ...]:
    if status is None:
        return ()
    found = _parsed(status.pod_ips, ".status.podIPs", origin, notes)
    if status.pod_ip in [entry.ip for entry in status.pod_ips or ()]:
        return found
    # The API repeats the first address here; where a file says otherwise, the pod must not lose one of them.
    return tuple(dict.fromkeys((*_parsed_one(status.pod_ip, ".status.podIP", origin, notes), *found)))


def _host_addresses(status: PodStatus | None, origin: Origin, notes: Notes) -> tuple[Address, ...]:
    if status is None:
        return ()
    one = _parsed_one(status.host_ip, ".status.hostIP", origin, notes)
    return tuple(dict.fromkeys(one + _parsed(status.host_ips, ".status.hostIPs", origin, notes)))


def _parsed(
    written: Sequence[PodAddress] | None, below: str, origin: Origin, notes: Notes
) -> tuple[Address, ...]:
    found: dict[Address, None] = {}
    for index, entry in enumerate(written or ()):
        for address in _parsed_one(entry.ip, f"{below}[{index}].ip", origin, notes):
            found[address] = None
    return tuple(found)


def _parsed_one(text: str | None, below: str, origin: Origin, notes: Notes) -> tuple[Address, ...]:
    if not text:
        return ()
    address = parse_address(text)
    if address is None:
        notes.error(f"expected an IP address, got `{shown(text)}`", origin, below)
        return ()
    return (address,)
