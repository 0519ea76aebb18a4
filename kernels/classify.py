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
from kernels.opener import opener_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kernels.layout import Decisions, Flows, Tables, Verdicts


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
    tables: Tables, flows: Flows, infer_opener: np.uint8, start: int, chunk: Chunk, verdicts: Verdicts
) -> None:
    """Find the opener of each flow, and put both ends in order."""
    protocol_row, classes, marks = tables.ports.protocol_row, tables.ports.classes, tables.ports.marks
    protocol, src_port, dst_port, hint = flows.protocol, flows.src_port, flows.dst_port, flows.hint
    src_codes, dst_codes, dst_first = flows.src_codes, flows.dst_codes, np.uint64(flows.dst_first[0])
    opener_words, other_words = flows.openers, flows.others
    opener_out, basis_out = verdicts.opener, verdicts.basis
    openers, others, port_classes = chunk.openers, chunk.others, chunk.port_classes
    for j in range(len(openers)):
        i = start + j
        row = np.uint64(protocol_row[protocol[i]]) << np.uint64(16)
        opened = np.uint8(OPENER_SOURCE)
        if infer_opener != np.uint8(0):
            opened = opener_of(
                hint[i], marks[row + np.uint64(src_port[i])], marks[row + np.uint64(dst_port[i])]
            )
        opener = opened & np.uint8(1)
        opener_out[i] = opener
        basis_out[i] = opened >> np.uint8(1)
        # Half of a log are replies in no order: a branch would be mispredicted every second flow, so both ends and
        # both ports change places under a mask.
        mask = np.uint64(opener) * ALL_ONES
        opening, other = np.uint64(src_codes[i]), dst_first + np.uint64(dst_codes[i])
        swap = (opening ^ other) & mask
        openers[j] = opener_words[opening ^ swap]
        others[j] = other_words[other ^ swap]
        port = np.uint64(dst_port[i])
        port ^= (port ^ np.uint64(src_port[i])) & mask
        port_classes[j] = classes[row + port]


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
def _compare(
    tables: Tables, observed: NDArray[np.uint8], start: int, n: np.int64, verdicts: Verdicts
) -> None:
    """Put both sides together, compare with what was observed, and count."""
    side_verdicts, findings = tables.side_verdicts, tables.findings
    egress_out, ingress_out = verdicts.egress, verdicts.ingress
    verdict_out, finding_out = verdicts.verdict, verdicts.finding
    egress_counts, ingress_counts = verdicts.egress_counts, verdicts.ingress_counts
    # Counted in two lanes: most flows meet in one cell, and each increment would wait for the one before.
    lanes = np.zeros(2 * len(findings), dtype=np.int64)
    for i in range(start, start + n):
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
        verdicts.finding_counts[target] += lanes[cell] + lanes[len(findings) + cell]


@kernel
def classify(tables: Tables, flows: Flows, infer_opener: np.uint8, verdicts: Verdicts) -> None:
    """Classify every flow.

    The stages are functions of their own because one function over all bundles counts references to their arrays on
    every row: 27 ns a flow instead of 16 (``bench/bench_classify.py``).

    Parameters
    ----------
    tables : Tables
        Compiled policies and inventory.
    flows : Flows
        Columns, F long.
    infer_opener : uint8
        1 to find out which end opened; 0 to take the source of every record.
    verdicts : Verdicts
        Written, F long; the counts are added to.
    """
    openers = np.empty(CHUNK, dtype=np.uint64)
    others = np.empty(CHUNK, dtype=np.uint64)
    port_classes = np.empty(CHUNK, dtype=np.uint16)
    n = np.int64(len(flows.src_codes))
    for start in range(np.int64(0), n, np.int64(CHUNK)):
        size = min(np.int64(CHUNK), n - start)
        chunk = Chunk(openers[:size], others[:size], port_classes[:size])
        egress, ingress = verdicts.egress[start : start + size], verdicts.ingress[start : start + size]
        _open(tables, flows, infer_opener, start, chunk, verdicts)
        _decide(tables.egress, chunk.openers, chunk.others, chunk.port_classes, egress)
        _decide(tables.ingress, chunk.others, chunk.openers, chunk.port_classes, ingress)
        _except(tables, chunk, egress, ingress)
        _compare(tables, flows.observed, start, size, verdicts)
