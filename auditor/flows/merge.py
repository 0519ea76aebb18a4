"""Two batches of the same lines put together: what a scanner read, and what it left to the exact parser."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from auditor.flows.evidence import TimeEvidence
from auditor.flows.schema import Addresses, Evidence, FlowBatch
from auditor.strings import Strings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from auditor.flows.schema import Account, EvidenceSource


_NO_ADDRESSES = Addresses(np.zeros(0, np.uint64), np.zeros(0, np.uint64), Strings.empty(0))


@dataclass(frozen=True, slots=True)
class MergedEvidence:
    """Evidence of two batches.

    Attributes
    ----------
    one, other : EvidenceSource
        That of each.
    order : ndarray of int64, shape (F,)
        Where each flow of the merged batch stands in one batch with the other behind it.
    n_one : int
        Flows of the first batch.
    """

    one: EvidenceSource
    other: EvidenceSource
    order: NDArray[np.int64]
    n_one: int

    def __call__(self, flows: NDArray[np.int64]) -> Evidence:
        """Return the evidence of ``flows`` (int64 places in the batch, ascending)."""
        places = self.order[flows]
        is_other = places >= self.n_one
        parts = (self.one(places[~is_other]), self.other(places[is_other] - self.n_one))
        # The flows of each batch keep their order, so the place among its own is a running count.
        ranks = np.where(is_other, np.cumsum(is_other) - 1 + len(parts[0].bytes), np.cumsum(~is_other) - 1)
        return Evidence(*(np.concatenate(pair)[ranks] for pair in zip(*parts, strict=True)))


def empty_batch(file: str, account: Account) -> FlowBatch:
    """Return a batch of no flows, for the rows that an account is about."""
    return FlowBatch(
        file=file,
        account=account,
        rows=np.zeros(0, np.int64),
        src_codes=np.zeros(0, np.int32),
        dst_codes=np.zeros(0, np.int32),
        sources=_NO_ADDRESSES,
        destinations=_NO_ADDRESSES,
        protocol=np.zeros(0, np.uint8),
        src_port=np.zeros(0, np.uint16),
        dst_port=np.zeros(0, np.uint16),
        opener_hint=np.zeros(0, np.uint8),
        observed=np.zeros(0, np.uint8),
        weight=None,
        evidence=TimeEvidence(np.zeros(0, np.int64)),
    )


def with_one_dictionary(batch: FlowBatch) -> FlowBatch:
    """Return a batch whose columns of addresses share a dictionary, as ``merge`` wants them."""
    shift = np.int32(len(batch.sources.high))
    addresses = Addresses.joined([batch.sources, batch.destinations])
    return replace(batch, dst_codes=batch.dst_codes + shift, sources=addresses, destinations=addresses)


def merge(one: FlowBatch, other: FlowBatch) -> FlowBatch:
    """Put two batches of different rows of one file together, in the order of their rows.

    Parameters
    ----------
    one, other : FlowBatch
        Each with one dictionary for both columns of addresses; ``one`` is kept as it is if ``other`` has no flow.

    Returns
    -------
    FlowBatch
        With the account of both.
    """
    one.account.add(other.account)
    if not other.n_flows:
        return one
    if not one.n_flows:
        return replace(other, account=one.account)
    rows = np.concatenate([one.rows, other.rows])
    order = np.argsort(rows, kind="stable")

    def column(name: str) -> NDArray[np.generic]:
        joined: NDArray[np.generic] = np.concatenate([getattr(one, name), getattr(other, name)])[order]
        return joined

    assert one.sources is one.destinations
    assert other.sources is other.destinations
    addresses = Addresses.joined([one.sources, other.sources])
    shift = np.int32(len(one.sources.high))
    weight = None
    if one.weight is not None or other.weight is not None:
        weight = np.concatenate(
            [np.ones(each.n_flows, np.int64) if each.weight is None else each.weight for each in (one, other)]
        )[order]
    return FlowBatch(
        file=one.file,
        account=one.account,
        rows=rows[order],
        src_codes=np.concatenate([one.src_codes, other.src_codes + shift])[order],
        dst_codes=np.concatenate([one.dst_codes, other.dst_codes + shift])[order],
        sources=addresses,
        destinations=addresses,
        protocol=column("protocol").astype(np.uint8, copy=False),
        src_port=column("src_port").astype(np.uint16, copy=False),
        dst_port=column("dst_port").astype(np.uint16, copy=False),
        opener_hint=column("opener_hint").astype(np.uint8, copy=False),
        observed=column("observed").astype(np.uint8, copy=False),
        weight=weight,
        evidence=MergedEvidence(one.evidence, other.evidence, order, one.n_flows),
    )
