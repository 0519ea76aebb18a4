"""A flow batch against the tables: addresses once per distinct value, then every flow through the verdict kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from auditor.arrays import frozen
from auditor.verdicts.schema import Counts, VerdictBatch
from kernels import codes
from kernels.addresses import slots_of
from kernels.classify import classify as classify_kernel
from kernels.layout import Flows, Verdicts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from auditor.flows.schema import FlowBatch
    from auditor.tables.tableset import TableSet

REPLIES = ("infer", "as-recorded")
"""Whether the end that opened is found out, or the source of every record is taken for it."""


def look_up(tables: TableSet, flows: FlowBatch) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the slots of the distinct sources and destinations of a batch: one array if both share them."""
    addresses = tables.layout.addresses
    src_slots = slots_of(addresses, frozen(flows.sources.high), frozen(flows.sources.low))
    if flows.destinations is flows.sources:
        return src_slots, src_slots
    return src_slots, slots_of(addresses, frozen(flows.destinations.high), frozen(flows.destinations.low))


def classify(
    tables: TableSet,
    flows: FlowBatch,
    replies: str = "infer",
    slots: tuple[NDArray[np.int32], NDArray[np.int32]] | None = None,
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
    slots : tuple of ndarray of int32, optional
        What ``look_up`` returned, for whoever times it apart.

    Returns
    -------
    VerdictBatch
        Columns beside those of ``flows``, and the counts over them.
    """
    layout = tables.layout
    src_slots, dst_slots = slots or look_up(tables, flows)
    is_shared = dst_slots is src_slots
    all_slots = src_slots if is_shared else np.concatenate([src_slots, dst_slots])
    n, n_outcomes = flows.n_flows, len(layout.side_verdicts)
    written = Verdicts(
        egress=np.empty(n, dtype=np.int32),
        ingress=np.empty(n, dtype=np.int32),
        opener=np.empty(n, dtype=np.uint8),
        basis=np.empty(n, dtype=np.uint8),
        verdict=np.empty(n, dtype=np.uint8),
        finding=np.empty(n, dtype=np.uint8),
        egress_counts=np.zeros(n_outcomes, dtype=np.int64),
        ingress_counts=np.zeros(n_outcomes, dtype=np.int64),
        finding_counts=np.zeros(codes.N_OBSERVED * codes.N_VERDICTS * codes.N_FINDINGS, dtype=np.int64),
    )
    columns = Flows(
        src_codes=frozen(flows.src_codes),
        dst_codes=frozen(flows.dst_codes),
        openers=frozen(layout.slots.opener_words[all_slots]),
        others=frozen(layout.slots.other_words[all_slots]),
        dst_first=frozen(np.array([0 if is_shared else len(src_slots)], dtype=np.int64)),
        protocol=frozen(flows.protocol),
        src_port=frozen(flows.src_port),
        dst_port=frozen(flows.dst_port),
        hint=frozen(flows.opener_hint),
        observed=frozen(flows.observed),
    )
    classify_kernel(layout, columns, np.uint8(replies == "infer"), written)
    return VerdictBatch(
        egress=written.egress,
        ingress=written.ingress,
        opener=written.opener,
        opener_basis=written.basis,
        verdict=written.verdict,
        finding=written.finding,
        src_slots=src_slots,
        dst_slots=dst_slots,
        counts=Counts(
            written.egress_counts,
            written.ingress_counts,
            written.finding_counts.reshape(codes.N_OBSERVED, codes.N_VERDICTS, codes.N_FINDINGS),
        ),
    )
