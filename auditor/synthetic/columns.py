"""Flows as the columns of an AWS VPC flow log, version 5."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from auditor.synthetic.flows import Flows

FIRST_START_S = 1_767_614_400
"""2026-01-05T12:00:00Z."""
V4_PREFIX = 0xFFFF << 32


def address_texts(high: NDArray[np.uint64], low: NDArray[np.uint64]) -> list[str]:
    """Return the text of each address; ``::ffff:a.b.c.d`` is written as IPv4."""
    texts = []
    for upper, lower in zip(high.tolist(), low.tolist(), strict=True):
        is_v4 = upper == 0 and lower & ~0xFFFFFFFF == V4_PREFIX
        value = lower & 0xFFFFFFFF if is_v4 else upper << 64 | lower
        texts.append(str(ipaddress.IPv4Address(value) if is_v4 else ipaddress.IPv6Address(value)))
    return texts


def vpc_columns(flows: Flows, seed: int) -> pa.Table:
    """Return a table with the Parquet column names and types of AWS, every flow accepted.

    Parameters
    ----------
    flows : Flows
        F flows.
    seed : int
        For counters and times.

    Returns
    -------
    pyarrow.Table
        F rows; addresses are dictionary-encoded strings, which Parquet stores as plain strings.
    """
    rng = np.random.default_rng(seed)
    count = len(flows.src)
    texts = pa.array(address_texts(flows.high, flows.low), pa.string())
    source = pa.DictionaryArray.from_arrays(pa.array(flows.src), texts)
    destination = pa.DictionaryArray.from_arrays(pa.array(flows.dst), texts)
    packets = rng.integers(1, 200, count)
    start = np.sort(FIRST_START_S + rng.integers(0, 86_400, count))
    return pa.table(
        {
            "version": pa.array(np.full(count, 5, dtype=np.int32)),
            "account_id": _same("123456789012", count),
            "interface_id": _same("eni-0123456789abcdef0", count),
            "srcaddr": source,
            "dstaddr": destination,
            "srcport": pa.array(flows.src_port.astype(np.int32)),
            "dstport": pa.array(flows.dst_port.astype(np.int32)),
            "protocol": pa.array(flows.protocol.astype(np.int32)),
            "packets": pa.array(packets),
            "bytes": pa.array(packets * rng.integers(60, 1400, count)),
            "start": pa.array(start),
            "end": pa.array(start + rng.integers(1, 60, count)),
            "action": _same("ACCEPT", count),
            "log_status": _same("OK", count),
            "tcp_flags": pa.array(flows.tcp_flags.astype(np.int32)),
            "pkt_srcaddr": source,
            "pkt_dstaddr": destination,
            "flow_direction": _same("ingress", count),
        }
    )


def _same(text: str, count: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(count, dtype=np.int8)), pa.array([text]))
