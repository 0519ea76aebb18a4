"""The verdict kernel: flows to outcomes, verdicts and findings, in chunks that stay in the cache, stage by stage."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kernels.codes import (
    N_FINDINGS,
    N_OBSERVED,
    N_VERDICTS,
    OPENER_SOURCE,
    OUTCOME_OWN_NODE,
    OUTCOME_SAME_POD,
)
from kernels.decide import decide, slot_of
from kernels.jit import kernel
from kernels.layout import Verdicts
from kernels.opener import opener_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kernels.layout import Decisions, Flows, Tables


class Chunk(NamedTuple):
    """Scratch columns of one chunk: words of the opening and of the other end, and the port class."""

    openers: NDArray[np.uint64]
    others: NDArray[np.uint64]
    port_classes: NDArray[np.uint16]


ALL_ONES = np.uint64(0xFFFF_FFFF_FFFF_FFFF)
"""Times 0 or 1 it is a mask, without the overflow of a subtraction that plain Python would warn of."""

CHUNK = 4096
"""Flows a chunk: its scratch columns (72 KiB) and the tables share the L2 cache (``bench/bench_classify.py``)."""


@kernel
def _open(
    tables: Tables, flows: Flows, infer_opener: np.uint8, start: int, chunk: Chunk, part: Verdicts
) -> None:
    """Find the opener of each flow, and the class of the port that it asked for.

    What needs the ends is left to ``_order``: one loop over all columns has more of them than the processor has
    registers, and takes 2 ns a flow more (``bench/bench_classify.py``).
    """
    protocol_row, classes, marks = tables.ports.protocol_row, tables.ports.classes, tables.ports.marks
    opener_out, basis_out, port_classes = part.opener, part.basis, chunk.port_classes
    # Cut first: a place that is counted from anywhere but 0 is looked at, for each column, whether it is negative.
    behind = start + len(port_classes)
    protocol, hint = flows.protocol[start:behind], flows.hint[start:behind]
    src_port, dst_port = flows.src_port[start:behind], flows.dst_port[start:behind]
    for i in range(len(port_classes)):
        row = np.uint64(protocol_row[protocol[i]]) << np.uint64(16)
        src, dst = np.uint64(src_port[i]), np.uint64(dst_port[i])
        opened = np.uint8(OPENER_SOURCE)
        if infer_opener != np.uint8(0):
            opened = opener_of(hint[i], marks[row + src], marks[row + dst])
        opener = opened & np.uint8(1)
        opener_out[i] = opener
        basis_out[i] = opened >> np.uint8(1)
        # Half of a log are replies in no order: a branch would be mispredicted every second flow, so both ports (and
        # both ends) change places under a mask.
        port_classes[i] = classes[row + (dst ^ ((dst ^ src) & (np.uint64(opener) * ALL_ONES)))]


@kernel
def _order(flows: Flows, start: int, chunk: Chunk, part: Verdicts) -> None:
    """Put both ends of each flow in order."""
    opener_words, other_words, dst_first = flows.openers, flows.others, np.uint64(flows.dst_first[0])
    openers, others, opener = chunk.openers, chunk.others, part.opener
    behind = start + len(openers)
    src_codes, dst_codes = flows.src_codes[start:behind], flows.dst_codes[start:behind]
    for i in range(len(openers)):
        opening, other = np.uint64(src_codes[i]), dst_first + np.uint64(dst_codes[i])
        swap = (opening ^ other) & (np.uint64(opener[i]) * ALL_ONES)
        openers[i] = opener_words[opening ^ swap]
        others[i] = other_words[other ^ swap]


@kernel
def _decide(
    decisions: Decisions,
    subjects: NDArray[np.uint64],
    peers: NDArray[np.uint64],
    port_classes: NDArray[np.uint16],
    outcomes: NDArray[np.int32],
) -> None:
    """Look up one side of each flow."""
    for j in range(len(outcomes)):
        outcomes[j] = decide(decisions, subjects[j], peers[j], np.uint64(port_classes[j]))


@kernel
def _except(tables: Tables, chunk: Chunk, egress: NDArray[np.int32], ingress: NDArray[np.int32]) -> None:
    """Overrule what no policy can deny: a pod to itself, and a node to its own pods."""
    node = tables.slots.node
    first_node, last_node = np.uint64(tables.slots.node_range[0]), np.uint64(tables.slots.node_range[1])
    own_node = tables.own_node[0] != np.uint8(0)
    for j in range(len(egress)):
        opener, other = slot_of(chunk.openers[j]), slot_of(chunk.others[j])
        if opener == other and opener < first_node:
            egress[j] = OUTCOME_SAME_POD
            ingress[j] = OUTCOME_SAME_POD
        elif (
            own_node
            and first_node <= opener < last_node
            and other < first_node
            and node[opener] == node[other]
        ):
            ingress[j] = OUTCOME_OWN_NODE


@kernel
def _compare(tables: Tables, observed: NDArray[np.uint8], part: Verdicts) -> None:
    """Put both sides together, compare with what was observed, and count."""
    side_verdicts, findings = tables.side_verdicts, tables.findings
    egress_out, ingress_out = part.egress, part.ingress
    verdict_out, finding_out = part.verdict, part.finding
    egress_counts, ingress_counts = part.egress_counts, part.ingress_counts
    # Counted in two lanes: most flows meet in one cell, and each increment would wait for the one before.
    lanes = np.zeros(2 * len(findings), dtype=np.int64)
    for i in range(len(observed)):
        egress, ingress = np.uint64(egress_out[i]), np.uint64(ingress_out[i])
        egress_counts[egress] += 1
        ingress_counts[ingress] += 1
        sides = np.uint64(side_verdicts[egress]) * np.uint64(N_VERDICTS) + np.uint64(side_verdicts[ingress])
        place = sides * np.uint64(N_OBSERVED) + np.uint64(observed[i])
        lanes[place + np.uint64(len(findings)) * np.uint64(i & 1)] += 1
        packed = findings[place]
        verdict_out[i] = packed >> np.uint8(3)
        finding_out[i] = packed & np.uint8(7)
    for cell in range(len(findings)):
        packed = findings[cell]
        seen = cell % N_OBSERVED
        target = (seen * N_VERDICTS + np.int64(packed >> np.uint8(3))) * N_FINDINGS + np.int64(
            packed & np.uint8(7)
        )
        part.finding_counts[target] += lanes[cell] + lanes[len(findings) + cell]


@kernel
def _choose(
    part: Verdicts, start: int, least_finding: np.uint8, n: int, places: NDArray[np.int64], verdicts: Verdicts
) -> int:
    """Put the flows of a chunk that are wanted behind ``n`` others; return how many these are then."""
    egress, ingress, opener, basis = part.egress, part.ingress, part.opener, part.basis
    verdict, finding = part.verdict, part.finding
    egress_out, ingress_out, opener_out = verdicts.egress, verdicts.ingress, verdicts.opener
    basis_out, verdict_out, finding_out = verdicts.basis, verdicts.verdict, verdicts.finding
    for j in range(len(finding)):
        if finding[j] >= least_finding:
            places[n] = start + j
            egress_out[n] = egress[j]
            ingress_out[n] = ingress[j]
            opener_out[n] = opener[j]
            basis_out[n] = basis[j]
            verdict_out[n] = verdict[j]
            finding_out[n] = finding[j]
            n += 1
    return n


@kernel
def classify(
    tables: Tables,
    flows: Flows,
    infer_opener: np.uint8,
    least_finding: np.uint8,
    start: int,
    places: NDArray[np.int64],
    verdicts: Verdicts,
) -> tuple[int, int]:
    """Classify flows, count them all, and keep those that somebody wants to see.

    What is written of the others stays in the cache: most logs hold few flows that are reported. The stages are
    functions of their own because one function over all bundles counts references to their arrays on every row: 27 ns
    a flow instead of 16 (``bench/bench_classify.py``).

    Parameters
    ----------
    tables : Tables
        Compiled policies and inventory.
    flows : Flows
        Columns, F long.
    infer_opener : uint8
        1 to find out which end opened; 0 to take the source of every record.
    least_finding : uint8
        Flows of this finding or a greater one are kept: of 0 all are.
    start : int
        The first flow to classify: a multiple of ``CHUNK``.
    places : ndarray of int64, shape (K,)
        Out: the places of the flows that are kept, ascending. K is at least ``CHUNK``, or F - ``start``.
    verdicts : Verdicts
        Out: columns of the flows that are kept, K long; the counts, over all, are added to.

    Returns
    -------
    behind, n_kept : int
        The flow to go on with, F if there is none: before it there is no room for what a chunk may bring.
    """
    openers = np.empty(CHUNK, dtype=np.uint64)
    others = np.empty(CHUNK, dtype=np.uint64)
    port_classes = np.empty(CHUNK, dtype=np.uint16)
    egress = np.empty(CHUNK, dtype=np.int32)
    ingress = np.empty(CHUNK, dtype=np.int32)
    opener = np.empty(CHUNK, dtype=np.uint8)
    basis = np.empty(CHUNK, dtype=np.uint8)
    verdict = np.empty(CHUNK, dtype=np.uint8)
    finding = np.empty(CHUNK, dtype=np.uint8)
    n = len(flows.src_codes)
    at = start
    n_kept = int(np.int64(0))  # no literal, for which `_choose` would be compiled once more
    while at < n:
        size = min(CHUNK, n - at)
        if n_kept + size > len(places):
            break
        chunk = Chunk(openers[:size], others[:size], port_classes[:size])
        part = Verdicts(
            egress[:size],
            ingress[:size],
            opener[:size],
            basis[:size],
            verdict[:size],
            finding[:size],
            verdicts.egress_counts,
            verdicts.ingress_counts,
            verdicts.finding_counts,
        )
        _open(tables, flows, infer_opener, at, chunk, part)
        _order(flows, at, chunk, part)
        _decide(tables.egress, chunk.openers, chunk.others, chunk.port_classes, part.egress)
        _decide(tables.ingress, chunk.others, chunk.openers, chunk.port_classes, part.ingress)
        _except(tables, chunk, part.egress, part.ingress)
        _compare(tables, flows.observed[at : at + size], part)
        n_kept = _choose(part, at, least_finding, n_kept, places, verdicts)
        at += size
    return at, n_kept
