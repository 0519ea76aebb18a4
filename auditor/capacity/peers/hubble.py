"""Hubble JSON to columns: this program and the readers that others would use, and what they must agree in."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from auditor.capacity.peers.contest import OURS, Contender
from auditor.capacity.peers.hubble_readers import PEERS, Seen
from auditor.capacity.peers.own import batches

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SKIPPED_EVENTS = {2, 3, 7, 129, 130}
POLICY_REASONS = {"POLICY_DENIED", "POLICY_DENY", "AUTH_REQUIRED"}
OBSERVED = {"FORWARDED": 1, "REDIRECTED": 1, "AUDIT": 4}


def contenders(settings: Mapping[str, Any]) -> dict[str, Contender]:  # noqa: ARG001  the log says it all
    """Return the contenders, see ``contest``."""
    return {
        OURS: Contender(decoded, check_batches),
        **{
            name: Contender(
                peer.load,
                lambda columns, peer=peer: check_seen(peer.seen(columns)),  # type: ignore[misc]  # a default
                peer.needs,
                peer.better,
            )
            for name, peer in PEERS.items()
        },
    }


def decoded(path: str, *, is_exact: bool = False) -> tuple[str, bool]:
    """Decode a log as an audit does, on this thread: a batch is let go before the next one is decoded."""
    for batch in batches(path, is_exact=is_exact):
        assert batch.n_flows <= batch.account.n_rows
        del batch
    return path, is_exact


def check_batches(done: tuple[str, bool]) -> dict[str, Any]:
    """Return what must be equal, from decoding the log once more."""
    path, is_exact = done
    found = list(batches(path, is_exact=is_exact))
    observed: Counter[str] = Counter()
    for batch in found:
        observed.update(str(code) for code in batch.observed.tolist())
    return {
        "rows": sum(batch.account.n_rows for batch in found),
        "flows": sum(batch.n_flows for batch in found),
        "ports": sum(
            int(batch.src_port.sum(dtype="int64") + batch.dst_port.sum(dtype="int64")) for batch in found
        ),
        "observed": dict(sorted(observed.items())),
    }


def check_seen(seen: Iterator[Seen | None]) -> dict[str, Any]:
    """Return the same from what a peer read: flows alone, as this project understands them."""
    n_rows = n_flows = ports = 0
    observed: Counter[str] = Counter()
    for each in seen:
        n_rows += 1
        if each is None or each.event in SKIPPED_EVENTS or each.type in {"L7", "SOCK"}:
            continue
        n_flows += 1
        ports += (each.source_port or 0) + (each.destination_port or 0)
        observed[str(_observed(each))] += 1
    return {"rows": n_rows, "flows": n_flows, "ports": ports, "observed": dict(sorted(observed.items()))}


def _observed(seen: Seen) -> int:
    if seen.verdict != "DROPPED":
        return OBSERVED.get(seen.verdict or "", 0)
    by_policy = seen.reason in POLICY_REASONS or (seen.reason is None and seen.event == 5)
    return 2 if by_policy else 3
