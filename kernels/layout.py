"""The named bundles of arrays that kernels read, and the limits of the words packed into them.

Shape letters: S address slots, I and J intervals of IPv4 and IPv6, B dense /16 blocks, U subject classes, D decisions,
P port classes. Every array is C-contiguous and read-only, so that one compiled version of each kernel serves all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LAYOUT_VERSION = 1
"""Part of every fingerprint: raised when the meaning of an array changes."""

BLOCK_BITS = 6
BLOCK = 1 << BLOCK_BITS
"""Columns of an interned block."""

SLOT_BITS = 24
CLASS_BITS = 20
MAX_SLOTS = 1 << SLOT_BITS
MAX_CLASSES = 1 << CLASS_BITS
MAX_PORT_CLASSES = 1 << 16
"""A word is subject class (20 bits), peer class (20 bits), slot (24 bits), from the top."""


class AddressIndex(NamedTuple):
    """Address to slot: a direct index by the upper 16 bits, then a dense block or a short search.

    Attributes
    ----------
    v4_starts : ndarray of uint32, shape (I,)
        First address of each interval, ascending; the first is 0.
    v4_slots : ndarray of int32, shape (I,)
        Slot of each interval.
    v4_first : ndarray of int32, shape (65537,)
        Interval that holds the first address of each /16; one more at the end for the last interval.
    v4_block : ndarray of int32, shape (65536,)
        Number of the dense block of each /16, -1 where it is searched.
    v4_dense : ndarray of int32, shape (B * 65536,)
        Slot of every address of each dense block.
    v6_high, v6_low : ndarray of uint64, shape (J,)
        First address of each interval, ascending; the first is 0.
    v6_slots : ndarray of int32, shape (J,)
        Slot of each interval.
    """

    v4_starts: NDArray[np.uint32]
    v4_slots: NDArray[np.int32]
    v4_first: NDArray[np.int32]
    v4_block: NDArray[np.int32]
    v4_dense: NDArray[np.int32]
    v6_high: NDArray[np.uint64]
    v6_low: NDArray[np.uint64]
    v6_slots: NDArray[np.int32]


class Slots(NamedTuple):
    """What a slot stands for in a decision.

    Attributes
    ----------
    opener_words : ndarray of uint64, shape (S,)
        Words of the end that opens: egress subject class, ingress peer class, slot.
    other_words : ndarray of uint64, shape (S,)
        Words of the other end: ingress subject class, egress peer class, slot.
    node : ndarray of int32, shape (S,)
        Number of the node a pod runs on; a node's own number; -1 if not known or neither.
    node_range : ndarray of int64, shape (2,)
        Slots of nodes are ``node_range[0] <= slot < node_range[1]``; pods lie below.
    """

    opener_words: NDArray[np.uint64]
    other_words: NDArray[np.uint64]
    node: NDArray[np.int32]
    node_range: NDArray[np.int64]


class Ports(NamedTuple):
    """Protocol and destination port to port class.

    Attributes
    ----------
    protocol_row : ndarray of uint8, shape (256,)
        Row of ``classes`` for each IANA protocol number.
    classes : ndarray of uint16, shape (4 * 65536,)
        Port class by row and port: TCP, UDP, SCTP, and everything else.
    marks : ndarray of uint8, shape (4 * 65536,)
        What a port says of its end, by row and port: ``codes.MARK_*`` for the range it lies in, plus
        ``MARK_LISTENING`` where some pod declares it or some service targets it.
    """

    protocol_row: NDArray[np.uint8]
    classes: NDArray[np.uint16]
    marks: NDArray[np.uint8]


class Decisions(NamedTuple):
    """Subject class, peer class and port class to outcome, for one direction.

    ``cells[blocks[rows[subject] + peer // 64] * 64 + peer % 64]`` is a decision; its row of ``groups`` maps the port
    class to a small number, which counts from its first outcome.

    Attributes
    ----------
    rows : ndarray of uint32, shape (U,)
        Offset into ``blocks`` of each subject class.
    blocks : ndarray of uint32
        Interned block numbers, row after row of peer blocks.
    cells : ndarray of uint32
        Decisions, 64 a block.
    places : ndarray of uint64, shape (D,)
        Offset into ``groups`` (upper 32 bits) and offset into ``outcomes`` (lower 32 bits) of each decision.
    groups : ndarray of uint16
        Rows of P port classes: which outcome of the decision.
    outcomes : ndarray of int32
        ``codes.OUTCOME_*`` or ``OUTCOME_ALLOWED_BY_RULE + rule_id``.
    """

    rows: NDArray[np.uint32]
    blocks: NDArray[np.uint32]
    cells: NDArray[np.uint32]
    places: NDArray[np.uint64]
    groups: NDArray[np.uint16]
    outcomes: NDArray[np.int32]


class Tables(NamedTuple):
    """All that classification reads.

    Attributes
    ----------
    addresses : AddressIndex
        Address to slot.
    slots : Slots
        Slot to classes.
    ports : Ports
        Port to class.
    ingress, egress : Decisions
        Classes to outcome.
    side_verdicts : ndarray of uint8
        Verdict of each outcome.
    findings : ndarray of uint8, shape (4 * 4 * N_OBSERVED,)
        Verdict and finding, packed as ``verdict * 8 + finding``, by egress verdict, ingress verdict, observed.
    own_node : ndarray of uint8, shape (1,)
        1 if traffic from a pod's own node is always let in.
    """

    addresses: AddressIndex
    slots: Slots
    ports: Ports
    ingress: Decisions
    egress: Decisions
    side_verdicts: NDArray[np.uint8]
    findings: NDArray[np.uint8]
    own_node: NDArray[np.uint8]


class Flows(NamedTuple):
    """Columns of flows, F long, and the words of their distinct addresses.

    Attributes
    ----------
    src_codes, dst_codes : ndarray of int32, shape (F,)
        Places among the distinct addresses of their column.
    openers, others : ndarray of uint64, shape (A,)
        Words of each distinct address in either part (see ``Slots``): the sources, then the destinations.
    dst_first : ndarray of int64, shape (1,)
        Where the destinations begin; 0 if both columns share their addresses.
    protocol : ndarray of uint8, shape (F,)
        IANA number.
    src_port, dst_port : ndarray of uint16, shape (F,)
        0 where there is none.
    hint : ndarray of uint8, shape (F,)
        ``codes.HINT_*``.
    observed : ndarray of uint8, shape (F,)
        ``codes.OBSERVED_*``.
    """

    src_codes: NDArray[np.int32]
    dst_codes: NDArray[np.int32]
    openers: NDArray[np.uint64]
    others: NDArray[np.uint64]
    dst_first: NDArray[np.int64]
    protocol: NDArray[np.uint8]
    src_port: NDArray[np.uint16]
    dst_port: NDArray[np.uint16]
    hint: NDArray[np.uint8]
    observed: NDArray[np.uint8]


class Verdicts(NamedTuple):
    """What classification writes of the flows that are kept, and the counts over all that it adds to.

    Attributes
    ----------
    egress, ingress : ndarray of int32, shape (K,)
        Outcome of each side.
    opener, basis : ndarray of uint8, shape (K,)
        ``codes.OPENER_*``, ``codes.BASIS_*``.
    verdict, finding : ndarray of uint8, shape (K,)
        ``codes.VERDICT_*``, ``codes.FINDING_*``.
    egress_counts, ingress_counts : ndarray of int64, shape (N outcomes,)
        Flows by outcome.
    finding_counts : ndarray of int64, shape (N_OBSERVED * 4 * N_FINDINGS,)
        Flows by observed, verdict and finding.
    """

    egress: NDArray[np.int32]
    ingress: NDArray[np.int32]
    opener: NDArray[np.uint8]
    basis: NDArray[np.uint8]
    verdict: NDArray[np.uint8]
    finding: NDArray[np.uint8]
    egress_counts: NDArray[np.int64]
    ingress_counts: NDArray[np.int64]
    finding_counts: NDArray[np.int64]
