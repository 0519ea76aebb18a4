"""VerdictBatch: what classification adds to a flow batch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Counts(NamedTuple):
    """How many flows of a batch had each outcome.

    Attributes
    ----------
    sides : ndarray of int64, shape (2, N outcomes)
        Flows by outcome of egress, and of ingress.
    findings : ndarray of int64, shape (N_OBSERVED, N_VERDICTS, N_FINDINGS)
        Flows by observed, verdict and finding.
    """

    sides: NDArray[np.int64]
    findings: NDArray[np.int64]

    @property
    def egress(self) -> NDArray[np.int64]:
        """Flows by outcome of egress."""
        counts: NDArray[np.int64] = self.sides[0]
        return counts

    @property
    def ingress(self) -> NDArray[np.int64]:
        """Flows by outcome of ingress."""
        counts: NDArray[np.int64] = self.sides[1]
        return counts


@dataclass(frozen=True, slots=True)
class VerdictBatch:
    """Columns of the flows of a FlowBatch that are kept, K long unless said otherwise.

    ``egress`` speaks of the opener and ``ingress`` of the other end, so for a record of a reply the subject of
    ``egress`` is the record's destination.

    Attributes
    ----------
    egress, ingress : ndarray of int32
        Outcome of each side: ``codes.OUTCOME_*``, or ``OUTCOME_ALLOWED_BY_RULE + rule_id``.
    opener, opener_basis : ndarray of uint8
        ``codes.OPENER_*`` and ``codes.BASIS_*``.
    verdict, finding : ndarray of uint8
        ``codes.VERDICT_*`` and ``codes.FINDING_*``.
    src_slots, dst_slots : ndarray of int32, shape (A,)
        Address slot of each distinct address of ``FlowBatch.sources`` and ``FlowBatch.destinations``.
    counts : Counts
        Over the batch, all F of its flows.
    places : ndarray of int64 or None
        Which flows of the batch the columns are of; None is all.
    """

    egress: NDArray[np.int32]
    ingress: NDArray[np.int32]
    opener: NDArray[np.uint8]
    opener_basis: NDArray[np.uint8]
    verdict: NDArray[np.uint8]
    finding: NDArray[np.uint8]
    src_slots: NDArray[np.int32]
    dst_slots: NDArray[np.int32]
    counts: Counts
    places: NDArray[np.int64] | None = None

    def at(self, places: NDArray[np.int64]) -> VerdictBatch:
        """Return what is said of some flows, by their places among those of the columns."""
        columns = {name: getattr(self, name)[places] for name in COLUMNS}
        return replace(self, places=places if self.places is None else self.places[places], **columns)


COLUMNS = ("egress", "ingress", "opener", "opener_basis", "verdict", "finding")
"""Of a ``VerdictBatch``, those of its flows."""
