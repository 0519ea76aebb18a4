"""Running counts of a run: every row read is counted once, wherever it went.

Flows are counted as rows; how many flows they stand for (sampling, aggregation) is ``weight``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import numpy as np

from auditor.flows.schema import Account
from auditor.ir.model import Reason
from auditor.report import schema
from kernels import codes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from auditor.flows.schema import FlowBatch
    from auditor.verdicts.schema import VerdictBatch

_SHAPE = (codes.N_OBSERVED, codes.N_VERDICTS, codes.N_FINDINGS)
_N_REASONS = len(Reason)


@dataclass(slots=True)
class FileTally:
    """Counts of one file of flows: its account, and the flows it held."""

    account: Account = field(default_factory=Account)
    n_flows: int = 0


@dataclass(frozen=True, slots=True)
class Totals:
    """What a tally comes to.

    Attributes
    ----------
    n_rows, n_flows, weight : int
        Rows read, flows classified, and how many flows these stand for.
    verdicts, findings, observed : dict of str to int
        Flows by each word of the report; every word is there.
    egress_reasons, ingress_reasons : dict of str to int
        Flows by the reason of a side; every reason is there.
    rules : ndarray of int64, shape (R,)
        Flows that each rule decided.
    skipped, rejected, losses : dict of str to int
        Rows that are no flow, rows nobody understands, and what the logs say they lost, over all files.
    files : dict of str to FileTally
        In the order they were read.
    """

    n_rows: int
    n_flows: int
    weight: int
    verdicts: dict[str, int]
    findings: dict[str, int]
    observed: dict[str, int]
    egress_reasons: dict[str, int]
    ingress_reasons: dict[str, int]
    rules: NDArray[np.int64]
    skipped: dict[str, int]
    rejected: dict[str, int]
    losses: dict[str, int]
    files: dict[str, FileTally]

    @property
    def n_skipped(self) -> int:
        """How many rows were no flow."""
        return sum(self.skipped.values())

    @property
    def n_rejected(self) -> int:
        """How many rows nobody understood."""
        return sum(self.rejected.values())


@dataclass(slots=True)
class Tally:
    """Counts so far.

    Attributes
    ----------
    flows : ndarray of int64, shape (N_OBSERVED, N_VERDICTS, N_FINDINGS)
        Flows by observed, verdict and finding.
    sides : ndarray of int64, shape (2, OUTCOME_ALLOWED_BY_RULE + R)
        Flows by the outcome of egress, and of ingress.
    weight : int
        How many flows the counted ones stand for.
    files : dict of str to FileTally
        In the order they came.
    """

    flows: NDArray[np.int64]
    sides: NDArray[np.int64]
    weight: int = 0
    files: dict[str, FileTally] = field(default_factory=dict)

    @classmethod
    def create(cls, n_rules: int) -> Self:
        """Return an empty tally for tables of ``n_rules`` rules."""
        n_outcomes = codes.OUTCOME_ALLOWED_BY_RULE + n_rules
        return cls(np.zeros(_SHAPE, dtype=np.int64), np.zeros((2, n_outcomes), dtype=np.int64))

    @classmethod
    def of(cls, flows: FlowBatch, verdicts: VerdictBatch) -> Self:
        """Return the counts of one batch, those of ``verdicts`` without a copy; only to be merged into others."""
        account = flows.account
        n_elsewhere = sum(account.skipped.values()) + account.n_rejected
        assert account.n_rows == flows.n_flows + n_elsewhere, f"{flows.file}: rows and their account differ"
        counts = verdicts.counts
        weight = flows.n_flows if flows.weight is None else int(flows.weight.sum())
        files = {flows.file: FileTally(account, flows.n_flows)}
        return cls(counts.findings, counts.sides, weight, files)

    @property
    def n_bytes(self) -> int:
        """About how much memory the counts take."""
        return self.flows.nbytes + self.sides.nbytes

    def add(self, flows: FlowBatch, verdicts: VerdictBatch) -> None:
        """Count one batch; its account is copied, not kept."""
        self.merge(self.of(flows, verdicts))

    def merge(self, other: Tally) -> None:
        """Add the counts of what was read after this; ``other`` stays as it is."""
        self.flows += other.flows
        self.sides[:, : other.sides.shape[1]] += other.sides
        self.weight += other.weight
        for file, theirs in other.files.items():
            entry = self.files.setdefault(file, FileTally())
            entry.account.add(theirs.account)
            entry.n_flows += theirs.n_flows

    def finish(self) -> Totals:
        """Return the totals of what was counted so far."""
        skipped: dict[str, int] = {}
        rejected: dict[str, int] = {}
        losses: dict[str, int] = {}
        for entry in self.files.values():
            _sum_into(skipped, entry.account.skipped)
            _sum_into(rejected, {reason: found.count for reason, found in entry.account.rejected.items()})
            _sum_into(losses, entry.account.losses)
        by_verdict = self.flows.sum(axis=(0, 2))
        assert not by_verdict[codes.VERDICT_NOT_APPLICABLE], "a connection is never not-applicable"
        return Totals(
            n_rows=sum(entry.account.n_rows for entry in self.files.values()),
            n_flows=int(self.flows.sum()),
            weight=self.weight,
            verdicts=_named(schema.VERDICT_NAMES, by_verdict),
            findings=_named(schema.FINDING_NAMES, self.flows.sum(axis=(0, 1))),
            observed=_named(schema.OBSERVED_NAMES, self.flows.sum(axis=(1, 2))),
            egress_reasons=_by_reason(self.sides[0]),
            ingress_reasons=_by_reason(self.sides[1]),
            rules=self.sides.sum(axis=0)[codes.OUTCOME_ALLOWED_BY_RULE :],
            skipped=skipped,
            rejected=rejected,
            losses=losses,
            files=dict(self.files),
        )


def _sum_into(total: dict[str, int], part: dict[str, int]) -> None:
    for reason, count in part.items():
        total[reason] = total.get(reason, 0) + count


def _named(names: tuple[str, ...], counts: NDArray[np.int64]) -> dict[str, int]:
    return {name: int(count) for name, count in zip(names, counts, strict=False)}


def _by_reason(outcomes: NDArray[np.int64]) -> dict[str, int]:
    by_rule = int(outcomes[codes.OUTCOME_ALLOWED_BY_RULE :].sum())
    return _named(schema.REASON_NAMES, np.append(outcomes[: _N_REASONS - 1], by_rule))
