"""The rows of one batch, grouped by what a user would fix together; without Python per row.

A group speaks of connections: its source is the end that opened, whichever way the record points.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from auditor.report import schema
from auditor.report.connections import hash_connections, hash_texts
from auditor.report.ends import End, ends_of, interned
from auditor.report.reading import Codes, combined, read_integers, read_text

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

N_EXAMPLES = 3
UNKNOWN_TIME = np.iinfo(np.int64).min
"""Stands for a missing time: before everything, as NaT is."""

_WEIGHT_OF_REASON = {
    reason: weight
    for weight, reason in enumerate(
        (
            "not-a-pod",
            "protocol-not-judged",
            "not-isolated",
            "same-pod",
            "own-node",
            "allowed-by-rule",
            "service-address",
            "unknown-address",
            "ambiguous-address",
            "unsupported-policy",
            "no-rule-matched",
        )
    )
}
"""Which reason speaks where sides differ: what denies before what is unknown before what allows."""

_WEIGHTS = np.array([_WEIGHT_OF_REASON[name] for name in schema.REASON_NAMES])
_PORTED = ("TCP", "UDP", "SCTP")

EGRESS_BIT, INGRESS_BIT = 1, 2


class GroupKey(NamedTuple):
    """What the flows of a group have in common; ``port`` is -1 where there is none."""

    finding: str
    source: End
    destination: End
    port: int
    protocol: str
    reason: str


@dataclass(frozen=True, slots=True)
class BatchGroups:
    """The groups of one batch, G of them in order of first appearance, and the group of each row.

    Attributes
    ----------
    keys : list of GroupKey, length G
        One key each.
    of_row : ndarray of int32, shape (F,)
        Place in ``keys``.
    directions : ndarray of int64, shape (G,)
        ``EGRESS_BIT`` and ``INGRESS_BIT``: the sides whose reason it is.
    flows : ndarray of int64, shape (G,)
        Sum of weights.
    bytes, packets : ndarray of int64, shape (G,)
        Sums of what is known; -1 where nothing is.
    first_seen, last_seen : ndarray of int64, shape (G,)
        Nanoseconds since 1970; ``UNKNOWN_TIME`` where no row says.
    examples : list of list of (int, str), length G
        Place in the batch and ``file:row`` of the first rows.
    connections : ndarray of uint64, shape (F,)
        Hash of the connection of each row.
    is_known : ndarray of bool, shape (F,)
        Whether the row is about one connection, and says which.
    """

    keys: list[GroupKey]
    of_row: NDArray[np.int32]
    directions: NDArray[np.int64]
    flows: NDArray[np.int64]
    bytes: NDArray[np.int64]
    packets: NDArray[np.int64]
    first_seen: NDArray[np.int64]
    last_seen: NDArray[np.int64]
    examples: list[list[tuple[int, str]]]
    connections: NDArray[np.uint64]
    is_known: NDArray[np.bool_]


def group_rows(batch: pa.RecordBatch) -> BatchGroups:
    """Group flow rows.

    Parameters
    ----------
    batch : pyarrow.RecordBatch
        Of ``schema.FLOWS``, with one row at least.
    """
    is_reply = read_text(batch, "opener").places(schema.OPENER_NAMES) == 1
    src, src_ends = ends_of(batch, "src")
    dst, dst_ends = ends_of(batch, "dst")
    ends, numbers = interned([*src_ends, *dst_ends])
    src, dst = numbers[src], numbers[dst + len(src_ends)]
    source, destination = np.where(is_reply, dst, src), np.where(is_reply, src, dst)
    src_port, dst_port = read_integers(batch, "src_port", -1), read_integers(batch, "dst_port", -1)
    port, other_port = np.where(is_reply, src_port, dst_port), np.where(is_reply, dst_port, src_port)
    protocol, finding = read_text(batch, "protocol"), read_text(batch, "finding")
    reason, direction = _decisive(batch)

    columns = [
        (source, len(ends)),
        (destination, len(ends)),
        (port + 1, 65537),
        (protocol.codes, len(protocol.values)),
        (reason, len(schema.REASON_NAMES)),
        (finding.codes, len(finding.values)),
    ]
    firsts, of_row = combined(columns)
    order = np.argsort(of_row, kind="stable")
    starts = np.flatnonzero(np.diff(of_row[order], prepend=-1))
    keys = [
        GroupKey(finding.values[f], ends[s], ends[d], p, protocol.values[q], schema.REASON_NAMES[r])
        for f, s, d, p, q, r in zip(
            *(column[firsts].tolist() for column in (finding.codes, source, destination, port)),
            protocol.codes[firsts].tolist(),
            reason[firsts].tolist(),
            strict=True,
        )
    ]
    weight = read_integers(batch, "weight", 1)
    start, end = _times(batch)
    is_ported = np.isin(protocol.values, _PORTED)[protocol.codes]
    return BatchGroups(
        keys=keys,
        of_row=of_row,
        directions=np.bitwise_or.reduceat(direction[order], starts),
        flows=np.add.reduceat(weight[order], starts),
        bytes=_sums(read_integers(batch, "bytes", -1)[order], starts),
        packets=_sums(read_integers(batch, "packets", -1)[order], starts),
        first_seen=_earliest(start[order], starts),
        last_seen=np.maximum.reduceat(end[order], starts),
        examples=_examples(batch, order, starts),
        connections=_hashes(batch, is_reply, port << 24 | other_port << 8, protocol),
        is_known=is_ported & (port > 0) & (other_port > 0) & (weight == 1),
    )


def _decisive(batch: pa.RecordBatch) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the reason that speaks for each row, and the sides that give it."""
    egress = read_text(batch, "egress_reason").places(schema.REASON_NAMES)
    ingress = read_text(batch, "ingress_reason").places(schema.REASON_NAMES)
    reason = np.where(_WEIGHTS[egress] >= _WEIGHTS[ingress], egress, ingress)
    return reason, EGRESS_BIT * (egress == reason) + INGRESS_BIT * (ingress == reason)


def _hashes(
    batch: pa.RecordBatch, is_reply: NDArray[np.bool_], ports: NDArray[np.int64], protocol: Codes
) -> NDArray[np.uint64]:
    src, dst = read_text(batch, "src_ip"), read_text(batch, "dst_ip")
    src_hash, dst_hash = hash_texts(src.values)[src.codes], hash_texts(dst.values)[dst.codes]
    number = np.array([schema.PROTOCOL_NAMES.index(name) for name in protocol.values])[protocol.codes]
    return hash_connections(
        np.where(is_reply, dst_hash, src_hash),
        np.where(is_reply, src_hash, dst_hash),
        (ports | number).astype(np.uint64),
    )


def _times(batch: pa.RecordBatch) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return when each row began and ended, the one where only the other is known."""
    start, end = (read_integers(batch, name, UNKNOWN_TIME) for name in ("time_start", "time_end"))
    return np.where(start == UNKNOWN_TIME, end, start), np.where(end == UNKNOWN_TIME, start, end)


def _earliest(times: NDArray[np.int64], starts: NDArray[np.int64]) -> NDArray[np.int64]:
    late = np.iinfo(np.int64).max
    first: NDArray[np.int64] = np.minimum.reduceat(np.where(times == UNKNOWN_TIME, late, times), starts)
    return np.where(first == late, UNKNOWN_TIME, first)


def _sums(counts: NDArray[np.int64], starts: NDArray[np.int64]) -> NDArray[np.int64]:
    sums: NDArray[np.int64] = np.add.reduceat(np.maximum(counts, 0), starts)
    return np.where(np.maximum.reduceat(counts, starts) < 0, -1, sums)


def _examples(
    batch: pa.RecordBatch, order: NDArray[np.int64], starts: NDArray[np.int64]
) -> list[list[tuple[int, str]]]:
    file, rows = read_text(batch, "source_file"), read_integers(batch, "source_row", 0)
    examples = []
    for start, stop in zip(starts.tolist(), [*starts[1:].tolist(), len(order)], strict=True):
        places = order[start : min(stop, start + N_EXAMPLES)].tolist()
        examples.append([(place, f"{file.values[file.codes[place]]}:{rows[place]}") for place in places])
    return examples
