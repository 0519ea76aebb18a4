"""Flows as AWS VPC text logs: the 14 columns of version 2, or the 29 of version 5, with a header."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from auditor.synthetic.columns import FIRST_START_S, address_texts
from auditor.synthetic.compressed import opened
from auditor.synthetic.flows import TRAFFIC
from auditor.synthetic.reuse import with_former_owners
from auditor.synthetic.underlay import mixed_flows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from auditor.synthetic.flows import Flows, Pool, Traffic

V2 = (
    *("version", "account-id", "interface-id", "srcaddr", "dstaddr", "srcport", "dstport"),
    *("protocol", "packets", "bytes", "start", "end", "action", "log-status"),
)
V5 = (
    *V2,
    *("vpc-id", "subnet-id", "instance-id", "tcp-flags", "type", "pkt-srcaddr", "pkt-dstaddr"),
    *("region", "az-id", "sublocation-type", "sublocation-id"),
    *("pkt-src-aws-service", "pkt-dst-aws-service", "flow-direction", "traffic-path"),
)
"""In the order in which AWS lists the fields."""
KEPT_WITHOUT_FLOW = frozenset(
    {"version", "account-id", "interface-id", "start", "end", "log-status", "vpc-id", "subnet-id"}
)
"""What a record of a window without traffic still says; everything else is ``-``."""
UNDERLAY = 0.04
NODATA, SKIPDATA, REJECT = 0.015, 0.0002, 0.02
WINDOW_S = 60
N_INTERFACES = 64
BLOCK = 1 << 18


def vpc_lines(
    pool: Pool, n_lines: int, version: int = 5, seed: int = 1, traffic: Traffic = TRAFFIC
) -> Iterator[bytes]:
    """Yield a VPC text log in blocks of whole lines, the header first.

    Parameters
    ----------
    pool : Pool
        Connections; denied ones are drawn only if it has any.
    n_lines : int
        Records, the header not among them.
    version : {2, 5}
        Which columns.
    seed : int
        The same seed gives the same bytes.
    traffic : Traffic
        How flows are drawn.
    """
    names = {2: V2, 5: V5}[version]
    yield " ".join(names).encode() + b"\n"
    for place, first in enumerate(range(0, n_lines, BLOCK)):
        count = min(BLOCK, n_lines - first)
        drawn = seed + 1_000 * place
        flows = mixed_flows(pool, count, drawn, UNDERLAY, traffic.denied, is_uniform=traffic.is_uniform)
        flows = with_former_owners(flows, traffic.reused, drawn)
        columns = _columns(flows, version, first / n_lines, drawn)
        table = pa.table({name: columns[name] for name in names})
        sink = pa.BufferOutputStream()
        csv.write_csv(
            table, sink, csv.WriteOptions(include_header=False, delimiter=" ", quoting_style="none")
        )
        yield sink.getvalue().to_pybytes()


def write_vpc_text(
    path: Path,
    pool: Pool,
    n_lines: int,
    version: int = 5,
    seed: int = 1,
    compression: str = "none",
    traffic: Traffic = TRAFFIC,
) -> None:
    """Write ``vpc_lines`` to a file."""
    with opened(path, compression) as file:
        for block in vpc_lines(pool, n_lines, version, seed, traffic):
            file.write(block)


def _columns(flows: Flows, version: int, begun: float, seed: int) -> dict[str, pa.Array]:
    """Return every column as text, ``-`` where AWS writes it."""
    rng = np.random.default_rng((seed, 0xA35))
    count = len(flows.src)
    drawn = rng.random(count, dtype=np.float32)
    no_flow = drawn < NODATA + SKIPDATA
    packets = rng.integers(1, 200, count)
    start = (
        FIRST_START_S + int(begun * 86_400) + np.sort(rng.integers(0, 3_600, count)) // WINDOW_S * WINDOW_S
    )
    is_ingress = rng.random(count, dtype=np.float32) < 0.5
    is_v6 = flows.high[flows.src] != 0
    packet_texts = address_texts(flows.high, flows.low)
    primary = pa.array(_primary(flows, packet_texts))
    texts = pa.array(packet_texts)
    interface = rng.integers(0, N_INTERFACES, count)
    own_side = {"srcaddr": ~is_ingress, "dstaddr": is_ingress}
    columns: dict[str, Any] = {
        "version": _same(str(version), count),
        "account-id": _same("123456789012", count),
        "interface-id": _chosen(
            [f"eni-0{place * 2_654_435_761 % 2**64:016x}" for place in range(64)], interface
        ),
        "srcport": _numbers(flows.src_port),
        "dstport": _numbers(flows.dst_port),
        "protocol": _numbers(flows.protocol),
        "packets": _numbers(packets),
        "bytes": _numbers(packets * rng.integers(60, 1_400, count)),
        "start": _numbers(start),
        "end": _numbers(start + rng.integers(WINDOW_S // 2, WINDOW_S, count)),
        "action": _chosen(["ACCEPT", "REJECT"], rng.random(count) < REJECT),
        "log-status": _chosen(
            ["OK", "NODATA", "SKIPDATA"], no_flow.astype(np.int8) + (drawn < SKIPDATA).astype(np.int8)
        ),
        "vpc-id": _same("vpc-0a1b2c3d4e5f60718", count),
        "subnet-id": _chosen([f"subnet-0{place:016x}" for place in range(6)], interface % 6),
        "instance-id": _chosen([*(f"i-0{place:016x}" for place in range(60)), *["-"] * 4], interface),
        "tcp-flags": _numbers(flows.tcp_flags),
        "type": _chosen(["IPv4", "IPv6"], is_v6),
        "region": _same("us-east-1", count),
        "az-id": _chosen(["use1-az1", "use1-az4", "use1-az6"], interface % 3),
        "sublocation-type": _same("-", count),
        "sublocation-id": _same("-", count),
        "pkt-src-aws-service": _chosen(["-", "AMAZON", "S3"], _rarely(rng, count)),
        "pkt-dst-aws-service": _chosen(["-", "AMAZON", "S3"], _rarely(rng, count)),
        "flow-direction": _chosen(["egress", "ingress"], is_ingress),
        "traffic-path": _chosen(["1", "-"], is_ingress),
    }
    for name, codes in (("srcaddr", flows.src), ("dstaddr", flows.dst)):
        columns[f"pkt-{name}"] = texts.take(pa.array(codes))
        # An interface shows its own side as its first address; version 2 is written as if pods had interfaces.
        columns[name] = columns[f"pkt-{name}"]
        if version > 2:
            columns[name] = pc.if_else(own_side[name], primary.take(pa.array(codes)), columns[name])
    missing = pa.array(no_flow)
    return {
        name: column if name in KEPT_WITHOUT_FLOW else pc.if_else(missing, "-", column)
        for name, column in columns.items()
    }


def _primary(flows: Flows, texts: list[str]) -> list[str]:
    """Return the first address of the interface behind each address: that of the node for a pod's."""
    pods = (flows.high == 0) & (flows.low >> np.uint64(23) == 0xFFFF << 9 | 10 << 1 | 1)
    nodes = (flows.low >> np.uint64(8)) & np.uint64(0x7FFF)
    return [
        f"10.0.{node + 1 >> 8}.{node + 1 & 255}" if is_pod else text
        for is_pod, node, text in zip(pods.tolist(), nodes.tolist(), texts, strict=True)
    ]


def _rarely(rng: np.random.Generator, count: int) -> NDArray[np.int8]:
    drawn = rng.random(count, dtype=np.float32)
    return (drawn < 0.03).astype(np.int8) + (drawn < 0.01).astype(np.int8)


def _same(text: str, count: int) -> pa.Array:
    return pa.repeat(text, count)


def _numbers(values: NDArray[Any]) -> pa.Array:
    return pa.array(values).cast(pa.string())


def _chosen(words: list[str], codes: NDArray[Any]) -> pa.Array:
    return pa.array(words).take(pa.array(codes.astype(np.int32)))
