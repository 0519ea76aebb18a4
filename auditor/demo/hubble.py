"""Connections as a Hubble flow log: what each node saw of them, in order of time."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, NamedTuple

from auditor.demo.hubble_events import (
    DROP_EVENT,
    L7_EVENT,
    NS_A_SECOND,
    TRACE_EVENT,
    VERDICT_EVENT,
    Sighting,
    flow,
    wrapped,
)
from auditor.demo.traffic import End, Link

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from auditor.demo.cluster import Cluster


class Point(NamedTuple):
    """Where in the datapath a trace was taken; 0 is left out of JSON."""

    name: str
    number: int


TO_ENDPOINT, TO_STACK, FROM_ENDPOINT = (
    Point("TO_ENDPOINT", 0),
    Point("TO_STACK", 3),
    Point("FROM_ENDPOINT", 5),
)
LENGTH_NS = 3_600 * NS_A_SECOND
POLICY_DENIED = {"drop_reason": 133, "drop_reason_desc": "POLICY_DENIED"}
UNROUTABLE = {"drop_reason": 151, "drop_reason_desc": "STALE_OR_UNROUTABLE_IP"}
L3_L4_MATCH = 2
UNROUTABLE_SHARE = 0.004
LAYER_7_SHARE = 0.1
N_LOST = 3
"""Lines in which the agent reports lost events."""
PROBED, PROBED_PORT = "shop/web", 8_080
"""The workload whose health the nodes ask for."""
DNS_PORT = 53
HTTP_PORTS = frozenset(range(8_080, 8_085))


def hubble_events(
    cluster: Cluster, legal: Sequence[Link], planted: Sequence[Link], n_events: int, seed: int
) -> list[dict[str, Any]]:
    """Make the lines of a Hubble log.

    Parameters
    ----------
    cluster : Cluster
        Its nodes run the agents.
    legal, planted : sequence of Link
        Legal traffic, and gaps; every gap is there as often as it says, legal traffic fills the rest.
    n_events : int
        How many lines, about.
    seed : int
        The same seed gives the same lines.

    Returns
    -------
    list of dict
        By time; the last connection may take it a few lines past ``n_events``, and all gaps further.
    """
    rng = random.Random(seed)
    lines = [*_agent_lines(cluster, rng), *_probes(cluster, rng)]
    for link in _occurrences(planted, rng):
        lines += _seen(link, rng)
    for link in rng.choices(legal, weights=[link.weight for link in legal], k=n_events):
        if len(lines) >= n_events:
            break
        lines += _seen(link, rng)
    return sorted(lines, key=lambda line: str(line["time"]))


def _occurrences(planted: Sequence[Link], rng: random.Random) -> Iterator[Link]:
    by_gap: dict[str, list[Link]] = {}
    for link in planted:
        if link.gap is not None:
            by_gap.setdefault(link.gap.name, []).append(link)
    for links in by_gap.values():
        gap = links[0].gap
        if gap is not None:
            yield from rng.choices(links, k=gap.events)


def _seen(link: Link, rng: random.Random) -> Iterator[dict[str, Any]]:
    """Yield what the nodes of both ends say of one connection."""
    at_ns = rng.randrange(LENGTH_NS - NS_A_SECOND)
    port = rng.randrange(32_768, 61_000)
    outcome = link.gap.outcome if link.gap else "forwarded"
    # An address that no pod holds has a node, but nothing there that would report it.
    client = Sighting(link, port, link.client.node, at_ns) if link.client.node and link.client.pod else None
    server = Sighting(link, port, link.server.node, at_ns + 210_117) if link.server.node else None
    if server and outcome in {"dropped", "refused"}:
        yield _verdict(server, "DROPPED")
        yield _drop(server, POLICY_DENIED)
    elif server and outcome == "audited":
        yield _verdict(server, "AUDIT")
    elif client and link.gap and link.gap.server.startswith("service:"):
        yield _before_translation(client, link.gap.server.removeprefix("service:"))
    elif server and link.gap is None and rng.random() < UNROUTABLE_SHARE:
        yield _drop(server, UNROUTABLE)
    else:
        yield from _forwarded(client, server, is_answered=outcome != "unanswered")
        if server and link.gap is None and rng.random() < LAYER_7_SHARE:
            yield from _layer_7(server)


def _forwarded(
    client: Sighting | None, server: Sighting | None, *, is_answered: bool
) -> Iterator[dict[str, Any]]:
    # What no rule allows cannot have been allowed by one: of a gap, the traces alone tell.
    if client:
        if client.link.gap is None:
            yield _verdict(client, "FORWARDED", "EGRESS")
        if server is None:
            yield _trace(_later(client, 40_000), TO_STACK, "EGRESS")
    if server:
        if server.link.gap is None and server.link.server.pod:
            yield _verdict(server, "FORWARDED")
        yield _trace(_later(server, 40_000), TO_ENDPOINT, "INGRESS")
    if not is_answered:
        return
    if client:
        yield _trace(_later(client, 500_000), TO_ENDPOINT, "EGRESS", is_reply=True)
    elif server:
        yield _trace(_later(server, 500_000), TO_STACK, "INGRESS", is_reply=True)


def _later(sighting: Sighting, wait_ns: int) -> Sighting:
    return sighting._replace(at_ns=sighting.at_ns + wait_ns)


def _verdict(sighting: Sighting, verdict: str, direction: str = "INGRESS") -> dict[str, Any]:
    """Return a policy verdict; a match type of 0, which is no policy, is left out."""
    return flow(
        sighting,
        is_reply=False,
        verdict=verdict,
        event_type={"type": VERDICT_EVENT},
        traffic_direction=direction,
        policy_match_type=L3_L4_MATCH if verdict == "FORWARDED" else None,
    )


def _trace(sighting: Sighting, point: Point, direction: str, *, is_reply: bool = False) -> dict[str, Any]:
    line = flow(
        sighting,
        is_reply=is_reply,
        verdict="FORWARDED",
        event_type={"type": TRACE_EVENT} | ({"sub_type": point.number} if point.number else {}),
        traffic_direction=direction,
        trace_observation_point=point.name,
    )
    # A wrapped boolean: false is written, absent is unknown.
    line["flow"]["is_reply"] = is_reply
    return line


def _before_translation(sighting: Sighting, service: str) -> dict[str, Any]:
    namespace, _, name = service.partition("/")
    line = _trace(sighting, FROM_ENDPOINT, "EGRESS")
    line["flow"]["destination_service"] = {"name": name, "namespace": namespace}
    return line


def _drop(sighting: Sighting, reason: dict[str, Any]) -> dict[str, Any]:
    """Return a drop; whether it was a reply is not known there."""
    event_type = {"type": DROP_EVENT, "sub_type": reason["drop_reason"]}
    return flow(
        sighting,
        is_reply=False,
        verdict="DROPPED",
        event_type=event_type,
        traffic_direction="INGRESS",
        **reason,
    )


def _layer_7(sighting: Sighting) -> Iterator[dict[str, Any]]:
    """Yield the access log of a proxy; such lines repeat a connection and are no flows."""
    if sighting.link.port == DNS_PORT:
        question = {"query": "orders-db.shop.svc.cluster.local.", "qtypes": ["A"], "rrtypes": ["A"]}
        content: dict[str, Any] = {"type": "REQUEST", "dns": question}
    elif sighting.link.port in HTTP_PORTS:
        content = {"type": "REQUEST", "http": {"method": "GET", "url": "/", "protocol": "HTTP/1.1"}}
    else:
        return
    line = _trace(_later(sighting, 900_000), TO_ENDPOINT, "INGRESS")
    del line["flow"]["trace_observation_point"]
    line["flow"] |= {"Type": "L7", "event_type": {"type": L7_EVENT}, "l7": content}
    yield line


def _probes(cluster: Cluster, rng: random.Random) -> Iterator[dict[str, Any]]:
    """Yield health checks: a pod's own node may always talk to it."""
    for pod in cluster.reachable(PROBED):
        ends = End(pod.node.address, pod.node), End(pod.addresses[0], pod.node, pod)
        link = Link(*ends, "TCP", PROBED_PORT, 0.0, None)
        sighting = Sighting(link, rng.randrange(32_768, 61_000), pod.node, rng.randrange(LENGTH_NS))
        yield _trace(sighting, TO_ENDPOINT, "INGRESS")


def _agent_lines(cluster: Cluster, rng: random.Random) -> Iterator[dict[str, Any]]:
    for node in cluster.nodes:
        status = {"state_change": "NODE_CONNECTED", "node_names": [f"demo/{node.name}"]}
        yield wrapped("node_status", status, node, rng.randrange(NS_A_SECOND))
    for place in range(N_LOST):
        loss = {"source": "PERF_EVENT_RING_BUFFER", "num_events_lost": str(17 + 20 * place)}
        yield wrapped("lost_events", loss, cluster.nodes[place], rng.randrange(LENGTH_NS))
