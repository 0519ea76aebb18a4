"""The flows of messages that were read apart, put together in the order of the messages."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from auditor.flows.merge import empty_batch
from auditor.flows.schema import Account, Addresses, Evidence, FlowBatch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from auditor.flows.schema import EvidenceSource

_COLUMNS = ("protocol", "src_port", "dst_port", "opener_hint", "observed")


@dataclass(frozen=True, slots=True)
class JoinedEvidence:
    """Evidence of several batches.

    Attributes
    ----------
    sources : tuple of EvidenceSource
        That of each.
    batch : ndarray of int32, shape (F,)
        Which of them holds each flow.
    place : ndarray of int64, shape (F,)
        And where in it.
    """

    sources: tuple[EvidenceSource, ...]
    batch: NDArray[np.int32]
    place: NDArray[np.int64]

    def __call__(self, flows: NDArray[np.int64]) -> Evidence:
        """Return the evidence of ``flows`` (int64 places in the batch, ascending)."""
        batch, place = self.batch[flows], self.place[flows]
        order = np.argsort(batch, kind="stable")
        parts = [source(place[batch == number]) for number, source in enumerate(self.sources)]
        back = np.argsort(order, kind="stable")
        return Evidence(*(np.concatenate(columns)[back] for columns in zip(*parts, strict=True)))


def join(file: str, batches: Sequence[FlowBatch]) -> FlowBatch:
    """Put batches together.

    Parameters
    ----------
    file : str
        As messages name it.
    batches : sequence of FlowBatch
        The rows of each ascend; flows of equal rows keep the order of the batches.

    Returns
    -------
    FlowBatch
        With an account of all.
    """
    account = Account()
    for batch in batches:
        account.add(batch.account)
    held = [batch for batch in batches if batch.n_flows]
    if not held:
        return empty_batch(file, account)
    if len(held) == 1:
        return replace(held[0], file=file, account=account)
    rows = np.concatenate([batch.rows for batch in held])
    order = np.argsort(rows, kind="stable")
    sizes = [batch.n_flows for batch in held]
    number = np.repeat(np.arange(len(held), dtype=np.int32), sizes)[order]
    place = np.concatenate([np.arange(size) for size in sizes])[order]
    src_codes, sources = _addresses([(batch.src_codes, batch.sources) for batch in held])
    if all(batch.sources is batch.destinations for batch in held):
        dst_codes, _ = _shifted([(batch.dst_codes, batch.sources) for batch in held])
        destinations = sources
    else:
        dst_codes, destinations = _addresses([(batch.dst_codes, batch.destinations) for batch in held])
    weights = [np.ones(batch.n_flows, np.int64) if batch.weight is None else batch.weight for batch in held]
    has_weight = any(batch.weight is not None for batch in held)
    return FlowBatch(
        file=file,
        account=account,
        rows=rows[order],
        src_codes=src_codes[order],
        dst_codes=dst_codes[order],
        sources=sources,
        destinations=destinations,
        weight=np.concatenate(weights)[order] if has_weight else None,
        evidence=JoinedEvidence(tuple(batch.evidence for batch in held), number, place),
        **{name: np.concatenate([getattr(batch, name) for batch in held])[order] for name in _COLUMNS},
    )


def _shifted(sides: list[tuple[NDArray[np.int32], Addresses]]) -> tuple[NDArray[np.int32], list[Addresses]]:
    """Return codes into the addresses of all, one behind the other."""
    addresses = [each for _, each in sides]
    shifts = np.cumsum([0, *(len(each.high) for each in addresses[:-1])])
    codes = [places + np.int32(shift) for (places, _), shift in zip(sides, shifts, strict=True)]
    return np.concatenate(codes), addresses


def _addresses(sides: list[tuple[NDArray[np.int32], Addresses]]) -> tuple[NDArray[np.int32], Addresses]:
    codes, held = _shifted(sides)
    return codes, Addresses.joined(held)
