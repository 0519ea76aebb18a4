"""Groups as the rows of ``summary.arrow``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from auditor.report import schema
from auditor.report.sums import EGRESS, HAS_BYTES, HAS_PACKETS, INGRESS, UNKNOWN_LAST
from auditor.sinks.columns import nullable, text_column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from auditor.report.ends import Ends
    from auditor.report.sums import Sums

_DIRECTIONS = {EGRESS: "egress", INGRESS: "ingress", EGRESS | INGRESS: "both"}
_DIRECTION_BY_MARKS = pa.array([_DIRECTIONS.get(marks) for marks in range(4)], pa.string())


def summary_table(
    keys: NDArray[np.void],
    ends: Ends,
    sums: Sums,
    connections: NDArray[np.int64] | None,
    policies: tuple[NDArray[np.int32], pa.StringArray],
    examples: tuple[NDArray[np.int32], NDArray[np.int64], pa.StringArray],
) -> pa.Table:
    """Return a row of ``schema.SUMMARY`` a group: worst finding first, then most flows, then by name.

    Parameters
    ----------
    keys : ndarray of KEY, shape (G,)
        Distinct.
    ends : Ends
        The ends that keys are places among.
    sums : Sums
        Of each group.
    connections : ndarray of int64, shape (G,), or None
        How many each group has; -1, and None for all, where that is not known.
    policies : (ndarray of int32, shape (2, G), pyarrow.StringArray)
        Those that isolate for egress and for ingress: places in the texts; -1 is none.
    examples : (ndarray of int32, shape (X, G), ndarray of int64, shape (X, G), pyarrow.StringArray)
        Files, as places in the texts, and rows of the first positions; -1 is none.
    """
    order = _worst_first(keys, ends, sums)
    keys = keys[order]
    sums = sums.chosen(order)
    if connections is None:
        connections = np.full(len(order), -1, dtype=np.int64)
    codes, policy_texts = policies
    files, rows, names = examples
    is_timed = sums.last_seen != UNKNOWN_LAST
    columns = {
        "finding": text_column(keys["finding"], pa.array(schema.WORST_FIRST)),
        "port": nullable(keys["port"].astype(np.uint16), keys["port"] >= 0, pa.uint16()),
        "protocol": text_column(keys["protocol"], pa.array(schema.PROTOCOL_NAMES)),
        "reason": text_column(keys["reason"], pa.array(schema.REASON_NAMES)),
        "direction": text_column((sums.marks & (EGRESS | INGRESS)).astype(np.int32), _DIRECTION_BY_MARKS),
        "egress_policies": text_column(codes[0, order], policy_texts),
        "ingress_policies": text_column(codes[1, order], policy_texts),
        "flows": pa.array(sums.flows),
        "connections": nullable(connections[order], connections[order] >= 0, pa.int64()),
        "bytes": nullable(sums.bytes, sums.has(HAS_BYTES), pa.int64()),
        "packets": nullable(sums.packets, sums.has(HAS_PACKETS), pa.int64()),
        "first_seen": nullable(sums.first_seen, is_timed, schema.TIME),
        "last_seen": nullable(sums.last_seen, is_timed, schema.TIME),
        "examples": _positions(files[:, order].T, rows[:, order].T, names),
    }
    for end in ("source", "destination"):
        columns[f"{end}_kind"] = text_column(ends.kinds[keys[end]], pa.array(schema.KIND_NAMES))
        columns[end] = text_column(keys[end], ends.names)
    return pa.Table.from_arrays([columns[name] for name in schema.SUMMARY.names], schema=schema.SUMMARY)


def _worst_first(keys: NDArray[np.void], ends: Ends, sums: Sums) -> NDArray[np.int64]:
    # Names as UTF-8 sort as their characters do.
    names = pc.rank(ends.names, tiebreaker="dense").to_numpy().astype(np.int64)
    end_ranks = _ranks(schema.KIND_NAMES)[ends.kinds] * (len(names) + 1) + names
    protocol, reason = (
        _ranks(schema.PROTOCOL_NAMES)[keys["protocol"]],
        _ranks(schema.REASON_NAMES)[keys["reason"]],
    )
    columns = (
        protocol << 8 | reason,
        keys["port"],
        end_ranks[keys["destination"]],
        end_ranks[keys["source"]],
        -sums.flows,
        keys["finding"],
    )
    order: NDArray[np.int64] = np.lexsort(columns)
    return order


def _ranks(names: Sequence[str]) -> NDArray[np.int64]:
    return np.argsort(np.argsort(np.array(names)))


def _positions(files: NDArray[np.int32], rows: NDArray[np.int64], names: pa.StringArray) -> pa.ListArray:
    """Return ``file:row`` of each example that there is, of shape (G, X), a list a group."""
    is_there = files >= 0
    offsets = np.append(0, np.cumsum(is_there.sum(axis=1))).astype(np.int32)
    texts = pc.binary_join_element_wise(
        names.take(pa.array(files[is_there])), pa.array(rows[is_there]).cast(pa.string()), ":"
    )
    return pa.ListArray.from_arrays(pa.array(offsets), texts)
