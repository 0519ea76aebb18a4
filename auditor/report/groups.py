"""The rows of one batch, grouped by what a user would fix together; without Python per row.

A group speaks of connections: its source is the end that opened, whichever way the record points.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pyarrow as pa

from auditor.ir.model import PORT_PROTOCOLS
from auditor.report import schema
from auditor.report.connections import distinct_pairs, hash_connections, hash_texts
from auditor.report.ends import ends_of, joined_ends
from auditor.report.reading import bundled, first_rows, numbered, read_integers, read_text
from auditor.report.sums import (
    EGRESS,
    HAS_BYTES,
    HAS_PACKETS,
    INGRESS,
    IS_UNCOUNTED,
    UNKNOWN_FIRST,
    UNKNOWN_LAST,
    Sums,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from auditor.report.ends import Ends

_Number = TypeVar("_Number", np.int32, np.int64, np.uint64)

N_EXAMPLES = 3

KEY = np.dtype(
    [(name, np.int32) for name in ("source", "destination", "port", "protocol", "reason", "finding")]
)
"""What the flows of a group have in common: both ends as places among ends, the port or -1, the IANA number, and
places in ``schema.REASON_NAMES`` and ``schema.WORST_FIRST``."""

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
_HAS_PORTS = np.isin(np.arange(256), PORT_PROTOCOLS)


@dataclass(frozen=True, slots=True)
class BatchGroups:
    """The groups of one batch, G of them in order of first appearance.

    Attributes
    ----------
    ends : Ends
        The distinct ends.
    keys : ndarray of KEY, shape (G,)
        One key each, ends being places in ``ends``.
    sums : Sums
        Of the rows of each group.
    policies : ndarray of int32, shape (2, G)
        Those that isolate for egress and for ingress in the first row: places in ``policy_texts``; -1 is none.
    policy_texts : pyarrow.StringArray
        May hold repeats.
    example_groups : ndarray of int32, shape (X,)
        The groups of the first ``N_EXAMPLES`` rows of each group, by row.
    example_files : ndarray of int32, shape (X,)
        Their files: places in ``files``.
    example_rows : ndarray of int64, shape (X,)
        Their row numbers in the file.
    files : pyarrow.StringArray
        Files.
    connection_groups : ndarray of int32, shape (P,)
        The groups of distinct pairs of group and connection, of the rows that are about one connection and say which.
    connections : ndarray of uint64, shape (P,)
        Hashes of their connections.
    """

    ends: Ends
    keys: NDArray[np.void]
    sums: Sums
    policies: NDArray[np.int32]
    policy_texts: pa.StringArray
    example_groups: NDArray[np.int32]
    example_files: NDArray[np.int32]
    example_rows: NDArray[np.int64]
    files: pa.StringArray
    connection_groups: NDArray[np.int32]
    connections: NDArray[np.uint64]


def group_rows(batch: pa.RecordBatch) -> BatchGroups:
    """Group flow rows: the larger part of the work of a summary, which any thread may do.

    Parameters
    ----------
    batch : pyarrow.RecordBatch
        Of ``schema.FLOWS``.
    """
    is_reply = read_text(batch, "opener").places(schema.OPENER_NAMES) == 1
    src, src_ends = ends_of(batch, "src")
    dst, dst_ends = ends_of(batch, "dst")
    ends, (src_places, dst_places) = joined_ends([src_ends, dst_ends])
    source, destination = _ordered(is_reply, src_places[src], dst_places[dst])
    other_port, port = _ordered(
        is_reply, read_integers(batch, "src_port", -1), read_integers(batch, "dst_port", -1)
    )
    protocol = read_text(batch, "protocol").places(schema.PROTOCOL_NAMES)
    reason, sides = _decisive(batch)
    keys = bundled(
        KEY,
        source=source,
        destination=destination,
        port=port,
        protocol=protocol,
        reason=reason,
        finding=read_text(batch, "finding").places(schema.WORST_FIRST),
    )
    firsts, of_row = numbered(keys)
    weight = read_integers(batch, "weight", 1)
    is_known = _HAS_PORTS[protocol] & (port > 0) & (other_port > 0) & (weight == 1)
    sums = Sums.zero(len(firsts))
    sums.add(of_row, _of_rows(batch, weight, sides | np.where(is_known, 0, IS_UNCOUNTED)))
    addresses = (read_text(batch, f"{end}_ip") for end in ("src", "dst"))
    opening, other = _ordered(is_reply, *(hash_texts(column.texts)[column.codes] for column in addresses))
    hashes = hash_connections(
        opening[is_known],
        other[is_known],
        (port << 24 | other_port << 8 | protocol)[is_known].astype(np.uint64),
    )
    connection_groups, connections = distinct_pairs(of_row[is_known], hashes)
    policies, policy_texts = _policies(batch, firsts)
    examples = first_rows(of_row, len(firsts), N_EXAMPLES)
    examples = np.sort(examples[examples >= 0])
    file = read_text(batch, "source_file")
    return BatchGroups(
        ends=ends,
        keys=keys[firsts],
        sums=sums,
        policies=policies,
        policy_texts=policy_texts,
        example_groups=of_row[examples],
        example_files=file.codes[examples],
        example_rows=read_integers(batch, "source_row", 0)[examples],
        files=file.texts,
        connection_groups=connection_groups,
        connections=connections,
    )


def _ordered(
    is_reply: NDArray[np.bool_], src: NDArray[_Number], dst: NDArray[_Number]
) -> tuple[NDArray[_Number], NDArray[_Number]]:
    """Return what is of the opener, and what is of the other end."""
    return np.where(is_reply, dst, src), np.where(is_reply, src, dst)


def _decisive(batch: pa.RecordBatch) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return the reason that speaks for each row, and the marks of the sides that give it."""
    egress = read_text(batch, "egress_reason").places(schema.REASON_NAMES)
    ingress = read_text(batch, "ingress_reason").places(schema.REASON_NAMES)
    reason = np.where(_WEIGHTS[egress] >= _WEIGHTS[ingress], egress, ingress)
    return reason, EGRESS * (egress == reason) + INGRESS * (ingress == reason)


def _of_rows(batch: pa.RecordBatch, weight: NDArray[np.int64], marks: NDArray[np.int64]) -> Sums:
    """Return what each row adds; a row with one time began and ended then."""
    n_bytes, packets = read_integers(batch, "bytes", -1), read_integers(batch, "packets", -1)
    start = read_integers(batch, "time_start", UNKNOWN_LAST)
    end = read_integers(batch, "time_end", UNKNOWN_LAST)
    first = np.where(start == UNKNOWN_LAST, end, start)
    marks = marks | np.where(n_bytes >= 0, HAS_BYTES, 0) | np.where(packets >= 0, HAS_PACKETS, 0)
    return Sums(
        flows=weight,
        bytes=np.maximum(n_bytes, 0),
        packets=np.maximum(packets, 0),
        first_seen=np.where(first == UNKNOWN_LAST, UNKNOWN_FIRST, first),
        last_seen=np.where(end == UNKNOWN_LAST, start, end),
        marks=marks.astype(np.uint8),
    )


def _policies(batch: pa.RecordBatch, rows: NDArray[np.int64]) -> tuple[NDArray[np.int32], pa.StringArray]:
    """Return the policies that isolate for egress and for ingress in some rows, as places in texts."""
    egress, ingress = (read_text(batch, f"{side}_policies") for side in ("egress", "ingress"))
    shifted = np.where(ingress.codes < 0, np.int32(-1), ingress.codes + np.int32(len(egress.texts)))
    return np.stack([egress.codes[rows], shifted[rows]]), pa.concat_arrays([egress.texts, ingress.texts])
