"""Connections as an AWS VPC flow log, version 5, in the Parquet spelling.

As in a real log, the address columns of the interface's own side show the node; the packet columns show the
pod.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa

from auditor.demo.cluster import N_ZONES
from auditor.demo.gaps import GAPS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from auditor.demo.cluster import Cluster
    from auditor.demo.traffic import Link

FIRST_S = 1_767_614_400
"""2026-01-05T12:00:00Z, in seconds."""
LENGTH_S = 3_600
NUMBERS = {"ICMP": 1, "TCP": 6, "UDP": 17, "SCTP": 132}
N_NODATA = 12
N_SKIPDATA = 2
SYN = 2
SYN_ACK = 18
FIN = 1
HALF = 0.5
OPENED_HERE = 0.85
"""Share of TCP rows whose interval saw the opening; the others carry no flags."""
_SAME = {
    "account_id": "123456789012",
    "vpc_id": "vpc-0a1b2c3d4e5f60718",
    "region": "us-east-1",
    "sublocation_type": "-",
    "sublocation_id": "-",
    "pkt_src_aws_service": "-",
    "pkt_dst_aws_service": "-",
}
_TEXT = pa.dictionary(pa.int32(), pa.string())
SCHEMA = pa.schema(
    [
        ("version", pa.int32()),
        ("account_id", _TEXT),
        ("interface_id", _TEXT),
        ("srcaddr", _TEXT),
        ("dstaddr", _TEXT),
        ("srcport", pa.int32()),
        ("dstport", pa.int32()),
        ("protocol", pa.int32()),
        ("packets", pa.int64()),
        ("bytes", pa.int64()),
        ("start", pa.int64()),
        ("end", pa.int64()),
        ("action", _TEXT),
        ("log_status", _TEXT),
        ("vpc_id", _TEXT),
        ("subnet_id", _TEXT),
        ("instance_id", _TEXT),
        ("tcp_flags", pa.int32()),
        ("type", _TEXT),
        ("pkt_srcaddr", _TEXT),
        ("pkt_dstaddr", _TEXT),
        ("region", _TEXT),
        ("az_id", _TEXT),
        ("sublocation_type", _TEXT),
        ("sublocation_id", _TEXT),
        ("pkt_src_aws_service", _TEXT),
        ("pkt_dst_aws_service", _TEXT),
        ("flow_direction", _TEXT),
        ("traffic_path", pa.int32()),
    ]
)
"""Order and types as AWS documents them."""


class _Drawn(NamedTuple):
    """Columns over L links (all but the last three) or over the address texts."""

    client: NDArray[np.int32]
    server: NDArray[np.int32]
    protocol: NDArray[np.int32]
    port: NDArray[np.int32]
    is_answered: NDArray[np.bool_]
    is_refused: NDArray[np.bool_]
    texts: list[str]
    node: NDArray[np.int32]
    node_address: NDArray[np.int32]


def vpc_flows(
    cluster: Cluster, legal: Sequence[Link], planted: Sequence[Link], n_flows: int, seed: int
) -> pa.Table:
    """Draw flows.

    Parameters
    ----------
    cluster : Cluster
        Its nodes hold the interfaces.
    legal, planted : sequence of Link
        Legal traffic, and gaps; the weight of a planted link is its share of all rows.
    n_flows : int
        How many rows.
    seed : int
        The same seed gives the same rows.

    Returns
    -------
    pyarrow.Table
        ``n_flows`` rows of ``SCHEMA``, by start time.
    """
    rng = np.random.default_rng(seed)
    links = [*legal, *planted]
    drawn = _columns(cluster, links)
    share = 1 - sum(gap.vpc for gap in GAPS)
    bounds = np.cumsum([*(link.weight * share for link in legal), *(link.weight for link in planted)])
    chosen = np.searchsorted(bounds, rng.random(n_flows) * bounds[-1])
    is_reply = drawn.is_answered[chosen] & (rng.random(n_flows) < HALF)
    client, server = drawn.client[chosen], drawn.server[chosen]
    source, destination = np.where(is_reply, server, client), np.where(is_reply, client, server)
    # Either interface may have written the row; an outside end has none here.
    is_egress = (drawn.node[source] >= 0) & ((drawn.node[destination] < 0) | (rng.random(n_flows) < HALF))
    is_egress &= ~drawn.is_refused[chosen] | (drawn.node[destination] < 0)
    node = np.where(is_egress, drawn.node[source], drawn.node[destination])
    protocol = drawn.protocol[chosen]
    has_ports = protocol != NUMBERS["ICMP"]
    ephemeral = np.where(has_ports, rng.integers(32_768, 61_000, n_flows), 0).astype(np.int32)
    port = drawn.port[chosen]
    has_flags = (protocol == NUMBERS["TCP"]) & (
        (rng.random(n_flows) < OPENED_HERE) | ~drawn.is_answered[chosen]
    )
    flags = np.where(is_reply, SYN_ACK, SYN) | np.where(
        drawn.is_answered[chosen], rng.integers(0, 2, n_flows) * FIN, 0
    )
    packets = np.where(drawn.is_answered[chosen], rng.geometric(0.08, n_flows) + 3, 1)
    start = np.sort(FIRST_S + rng.integers(0, LENGTH_S, n_flows))
    is_v6 = np.array([":" in text for text in drawn.texts])[source]
    own = drawn.node_address[np.maximum(node, 0)]
    leaves = drawn.node[destination] < 0
    columns = {
        "version": np.full(n_flows, 5, dtype=np.int32),
        **{name: _same(text, n_flows) for name, text in _SAME.items()},
        **_of_node(cluster, node),
        "srcaddr": _coded(np.where(is_egress & ~is_v6, own, source), drawn.texts),
        "dstaddr": _coded(np.where(~is_egress & ~is_v6, own, destination), drawn.texts),
        "srcport": np.where(is_reply, port, ephemeral),
        "dstport": np.where(is_reply, ephemeral, port),
        "protocol": protocol,
        "packets": packets,
        "bytes": packets * rng.integers(60, 1_200, n_flows),
        "start": start,
        "end": start + rng.integers(1, 60, n_flows),
        "action": _coded(drawn.is_refused[chosen], ["ACCEPT", "REJECT"]),
        "log_status": _same("OK", n_flows),
        "tcp_flags": np.where(has_flags, flags, 0).astype(np.int32),
        "type": _coded(is_v6, ["IPv4", "IPv6"]),
        "pkt_srcaddr": _coded(source, drawn.texts),
        "pkt_dstaddr": _coded(destination, drawn.texts),
        "flow_direction": _coded(is_egress, ["ingress", "egress"]),
        # 1 is another interface of this VPC, 8 an internet gateway; rows of ingress have none.
        "traffic_path": pa.array(np.where(leaves, 8, 1).astype(np.int32), mask=~is_egress),
    }
    return pa.table([columns[field.name] for field in SCHEMA], schema=SCHEMA)


def rows_without_flows(cluster: Cluster) -> pa.Table:
    """Return the rows of quiet and of overrun capture windows: NODATA and SKIPDATA.

    In AWS Parquet a missing number is null and a missing text is ``-``.
    """
    count = N_NODATA + N_SKIPDATA
    node = np.arange(count) % len(cluster.nodes)
    start = FIRST_S + 60 * np.arange(count)
    known = {
        **{name: _same(_SAME[name], count) for name in ("account_id", "vpc_id")},
        **_of_node(cluster, node),
        "version": np.full(count, 5, dtype=np.int32),
        "start": start,
        "end": start + 59,
        "log_status": _coded(np.arange(count) >= N_NODATA, ["NODATA", "SKIPDATA"]),
    }
    missing = {
        field.name: _same("-", count) if field.type == _TEXT else pa.nulls(count, field.type)
        for field in SCHEMA
    }
    columns = missing | known
    return pa.table([columns[field.name] for field in SCHEMA], schema=SCHEMA)


def _columns(cluster: Cluster, links: Sequence[Link]) -> _Drawn:
    places: dict[str, int] = {}
    node_of: list[int] = []
    for end in (end for link in links for end in (link.client, link.server)):
        if end.address not in places:
            places[end.address] = len(places)
            node_of.append(end.node.place if end.node else -1)
    for node in cluster.nodes:
        if node.address not in places:
            places[node.address] = len(places)
            node_of.append(node.place)
    outcomes = [link.gap.outcome if link.gap else "forwarded" for link in links]
    return _Drawn(
        client=np.array([places[link.client.address] for link in links], dtype=np.int32),
        server=np.array([places[link.server.address] for link in links], dtype=np.int32),
        protocol=np.array([NUMBERS[link.protocol] for link in links], dtype=np.int32),
        port=np.array([link.port for link in links], dtype=np.int32),
        is_answered=np.array([outcome not in {"unanswered", "refused"} for outcome in outcomes]),
        is_refused=np.array([outcome == "refused" for outcome in outcomes]),
        texts=list(places),
        node=np.array(node_of, dtype=np.int32),
        node_address=np.array([places[node.address] for node in cluster.nodes], dtype=np.int32),
    )


def _of_node(cluster: Cluster, node: NDArray[np.int32] | NDArray[np.int64]) -> dict[str, pa.DictionaryArray]:
    return {
        "interface_id": _coded(node, [each.interface for each in cluster.nodes]),
        "instance_id": _coded(node, [f"i-0{each.place:x}c4d5e6f708192a3" for each in cluster.nodes]),
        "subnet_id": _coded(node % N_ZONES, [f"subnet-0{zone:x}b2c3d4e5f607182" for zone in range(N_ZONES)]),
        "az_id": _coded(node % N_ZONES, [f"use1-az{zone + 1}" for zone in range(N_ZONES)]),
    }


def _coded(codes: NDArray[np.generic], texts: list[str]) -> pa.DictionaryArray:
    # Distinct texts: of a dictionary that repeats itself, Parquet files come out different on every run.
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), pa.array(texts, pa.string()))


def _same(text: str, count: int) -> pa.DictionaryArray:
    return _coded(np.zeros(count, dtype=np.int32), [text])
