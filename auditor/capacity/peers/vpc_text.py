"""VPC text to columns: this program and the readers that others would use, and what they must agree in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from auditor.capacity.peers.contest import OURS, Contender
from auditor.capacity.peers.own import batches
from auditor.capacity.peers.vpc_readers import PEERS, check_table
from kernels import codes

if TYPE_CHECKING:
    from collections.abc import Mapping


def contenders(settings: Mapping[str, Any]) -> dict[str, Contender]:  # noqa: ARG001  the log says it all
    """Return the contenders, see ``contest``."""
    return {
        OURS: Contender(decoded, check_batches),
        **{name: Contender(peer.load, check_table, peer.needs, peer.better) for name, peer in PEERS.items()},
    }


def decoded(path: str) -> str:
    """Decode a log as an audit does, on this thread: a batch is let go before the next one is decoded."""
    for batch in batches(path):
        assert batch.n_flows <= batch.account.n_rows
        del batch
    return path


def check_batches(path: str) -> dict[str, Any]:
    """Return what must be equal, from decoding the log once more."""
    found = list(batches(path))
    sums = dict.fromkeys(("flows", "ports", "bytes", "packets", "refused"), 0)
    addresses: set[str] = set()
    for batch in found:
        evidence = batch.evidence(np.arange(batch.n_flows))
        sums["flows"] += batch.n_flows
        sums["ports"] += int(batch.src_port.sum(dtype="int64") + batch.dst_port.sum(dtype="int64"))
        sums["bytes"] += int(evidence.bytes.sum())
        sums["packets"] += int(evidence.packets.sum())
        sums["refused"] += int((batch.observed == codes.OBSERVED_REFUSED).sum())
        for column, places in ((batch.sources, batch.src_codes), (batch.destinations, batch.dst_codes)):
            addresses.update(column.texts.array().take(np.unique(places)).to_pylist())
    return {
        "rows": sum(batch.account.n_rows - batch.account.skipped.get("header", 0) for batch in found),
        **sums,
        "addresses": len(addresses),
    }
