"""One Hubble event as the exporter writes it: canonical proto3 JSON, which leaves out zeros and false."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from auditor.demo.catalog import WORKLOADS

if TYPE_CHECKING:
    from auditor.demo.cluster import Node
    from auditor.demo.traffic import End, Link

FIRST_IDENTITY = 21_000
IDENTITIES = {workload.key: FIRST_IDENTITY + 7 * place for place, workload in enumerate(WORKLOADS)}
HOST, WORLD, REMOTE_NODE = 1, 2, 6
L7_EVENT, TRACE_EVENT, DROP_EVENT, VERDICT_EVENT = 129, 4, 1, 5
NS_A_SECOND = 1_000_000_000
ICMP_ECHO = 8
_RESERVED = {HOST: "reserved:host", WORLD: "reserved:world", REMOTE_NODE: "reserved:remote-node"}


class Sighting(NamedTuple):
    """What a node saw: a connection, the port of its client, itself, and when (ns from 12:00)."""

    link: Link
    client_port: int
    node: Node
    at_ns: int


def timestamp(at_ns: int) -> str:
    """Return RFC 3339 text of a time in the hour from 2026-01-05T12:00:00Z, with 6 or 9 digits as needed."""
    seconds, rest = divmod(at_ns, NS_A_SECOND)
    fraction = f"{rest // 1_000:06d}" if rest % 1_000 == 0 else f"{rest:09d}"
    return f"2026-01-05T12:{seconds // 60:02d}:{seconds % 60:02d}.{fraction}Z"


def wrapped(kind: str, content: dict[str, Any], node: Node, at_ns: int) -> dict[str, Any]:
    """Return the line around a flow, a loss or a node status."""
    return {kind: content, "node_name": f"demo/{node.name}", "time": timestamp(at_ns)}


def flow(sighting: Sighting, *, is_reply: bool, **rest: object) -> dict[str, Any]:
    """Return one event about a connection.

    Parameters
    ----------
    sighting : Sighting
        What was seen.
    is_reply : bool
        Whether the packet ran from server to client.
    **rest
        Fields that say more: ``verdict``, ``event_type``, and so on; None leaves one out.

    Returns
    -------
    dict
        A line of the log.
    """
    link, client_port, node, at_ns = sighting
    source, destination = (link.server, link.client) if is_reply else (link.client, link.server)
    content: dict[str, Any] = {
        "time": timestamp(at_ns),
        "uuid": f"{at_ns >> 16:08x}-0000-4000-8000-{at_ns & 0xFFFF:06x}{client_port:06x}",
        "IP": {
            "source": source.address,
            "destination": destination.address,
            "ipVersion": "IPv6" if ":" in source.address else "IPv4",
        },
        "source": endpoint(source, node),
        "destination": endpoint(destination, node),
        "Type": "L3_L4",
        "node_name": f"demo/{node.name}",
        "l4": _transport(link, client_port, is_reply=is_reply),
    }
    content |= {key: value for key, value in rest.items() if value is not None}
    return wrapped("flow", content, node, at_ns)


def endpoint(end: End, node: Node) -> dict[str, Any]:
    """Return what Hubble says of one end, as seen from ``node``."""
    if end.pod is None:
        is_node = end.node is not None and end.address == end.node.address
        identity = (HOST if end.node is node else REMOTE_NODE) if is_node else WORLD
        return {"identity": identity, "labels": [_RESERVED[identity]]}
    workload = end.pod.workload
    namespace = workload.namespace
    # The hash of the template is left out of identities, as by default.
    labels = {key: value for key, value in end.pod.labels.items() if key != "pod-template-hash"}
    described = {
        "identity": IDENTITIES[workload.key],
        "cluster_name": "demo",
        "namespace": namespace,
        "labels": [
            *(f"k8s:{key}={value}" for key, value in sorted(labels.items())),
            f"k8s:io.kubernetes.pod.namespace={namespace}",
        ],
        "pod_name": end.pod.name,
        "workloads": [{"name": workload.name, "kind": workload.kind}],
    }
    # Only the node of a pod knows its local number.
    return (
        {"ID": 100 + int(end.pod.addresses[0].rsplit(".", 1)[1]), **described}
        if end.node is node
        else described
    )


def _transport(link: Link, client_port: int, *, is_reply: bool) -> dict[str, Any]:
    if link.protocol == "ICMP":
        name = "ICMPv6" if ":" in link.client.address else "ICMPv4"
        return {name: {} if is_reply else {"type": ICMP_ECHO}}
    ports = (link.port, client_port) if is_reply else (client_port, link.port)
    content: dict[str, Any] = {"source_port": ports[0], "destination_port": ports[1]}
    if link.protocol == "TCP":
        content["flags"] = {"SYN": True, "ACK": True} if is_reply else {"SYN": True}
    return {link.protocol: content}
