"""A flow batch against the tables: addresses once per distinct value, then every flow through the verdict kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from auditor.arrays import frozen
from auditor.verdicts.lookup import look_up
from auditor.verdicts.schema import COLUMNS, Counts, VerdictBatch
from kernels import codes
from kernels.classify import CHUNK
from kernels.classify import classify as classify_kernel
from kernels.layout import Flows, Verdicts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from auditor.flows.schema import FlowBatch
    from auditor.tables.tableset import TableSet
    from auditor.verdicts.lookup import Lookup

REPLIES = ("infer", "as-recorded")
"""Whether the end that opened is found out, or the source of every record is taken for it."""

_ROOM = 16 * CHUNK
"""Flows that are kept at a time where most are not: no more memory is touched than there are of them."""


def classify(
    tables: TableSet,
    flows: FlowBatch,
    replies: str = "infer",
    lookup: Lookup | None = None,
    least_finding: int = 0,
) -> VerdictBatch:
    """Judge every flow of a batch.

    Parameters
    ----------
    tables : TableSet
        Compiled policies and inventory.
    flows : FlowBatch
        F flows.
    replies : {'infer', 'as-recorded'}
        See ``REPLIES``.
    lookup : Lookup, optional
        What ``look_up`` returned, for whoever times it apart.
    least_finding : int
        Flows of this finding or a greater one are kept; the others are only counted.

    Returns
    -------
    VerdictBatch
        Columns beside those of ``flows``, and the counts over all.
    """
    layout = tables.layout
    src_slots, dst_slots, openers, others = lookup or look_up(tables, flows)
    is_shared = dst_slots is src_slots
    columns = Flows(
        src_codes=frozen(flows.src_codes),
        dst_codes=frozen(flows.dst_codes),
        openers=openers,
        others=others,
        dst_first=frozen(np.array([0 if is_shared else len(src_slots)], dtype=np.int64)),
        protocol=frozen(flows.protocol),
        src_port=frozen(flows.src_port),
        dst_port=frozen(flows.dst_port),
        hint=frozen(flows.opener_hint),
        observed=frozen(flows.observed),
    )
    n = flows.n_flows
    sides = np.zeros((2, len(layout.side_verdicts)), dtype=np.int64)
    places, written = _room(sides, min(n, _ROOM) if least_finding else n)
    infer, least = np.uint8(replies == "infer"), np.uint8(least_finding)
    behind = 0
    pieces: list[list[NDArray[Any]]] = []
    while behind < n or not pieces:
        behind, n_kept = classify_kernel(layout, columns, infer, least, behind, places, written)
        room = [places, *written[: len(COLUMNS)]]
        # Copies: the next piece is written there, and whoever keeps few flows is not to keep room for many.
        pieces.append([column[:n_kept].copy() for column in room] if least_finding else room)
    kept, egress, ingress, opener, basis, verdict, finding = (
        pieces[0] if len(pieces) == 1 else map(np.concatenate, zip(*pieces, strict=True))
    )
    return VerdictBatch(
        egress=egress,
        ingress=ingress,
        opener=opener,
        opener_basis=basis,
        verdict=verdict,
        finding=finding,
        src_slots=src_slots,
        dst_slots=dst_slots,
        counts=Counts(
            sides,
            written.finding_counts.reshape(codes.N_OBSERVED, codes.N_VERDICTS, codes.N_FINDINGS),
        ),
        places=kept if least_finding else None,
    )


def _room(sides: NDArray[np.int64], n: int) -> tuple[NDArray[np.int64], Verdicts]:
    """Return arrays for the places and verdicts of n flows, with the counts of both sides, and other counts of none."""
    return np.empty(n, dtype=np.int64), Verdicts(
        egress=np.empty(n, dtype=np.int32),
        ingress=np.empty(n, dtype=np.int32),
        opener=np.empty(n, dtype=np.uint8),
        basis=np.empty(n, dtype=np.uint8),
        verdict=np.empty(n, dtype=np.uint8),
        finding=np.empty(n, dtype=np.uint8),
        egress_counts=sides[0],
        ingress_counts=sides[1],
        finding_counts=np.zeros(codes.N_OBSERVED * codes.N_VERDICTS * codes.N_FINDINGS, dtype=np.int64),
    )
