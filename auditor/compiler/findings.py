"""Outcome to verdict, and verdict against observed to finding, as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kernels import codes

if TYPE_CHECKING:
    from numpy.typing import NDArray

VERDICT_OF_OUTCOME = {
    codes.OUTCOME_NOT_A_POD: codes.VERDICT_NOT_APPLICABLE,
    codes.OUTCOME_SAME_POD: codes.VERDICT_ALLOWED,
    codes.OUTCOME_OWN_NODE: codes.VERDICT_ALLOWED,
    codes.OUTCOME_NOT_ISOLATED: codes.VERDICT_ALLOWED,
    codes.OUTCOME_NO_RULE_MATCHED: codes.VERDICT_DENIED,
    codes.OUTCOME_UNKNOWN_ADDRESS: codes.VERDICT_UNKNOWN,
    codes.OUTCOME_SERVICE_ADDRESS: codes.VERDICT_UNKNOWN,
    codes.OUTCOME_AMBIGUOUS_ADDRESS: codes.VERDICT_UNKNOWN,
    codes.OUTCOME_UNSUPPORTED_POLICY: codes.VERDICT_UNKNOWN,
    codes.OUTCOME_PROTOCOL_NOT_JUDGED: codes.VERDICT_NOT_APPLICABLE,
}


def side_verdict_table(n_outcomes: int) -> NDArray[np.uint8]:
    """Return the verdict of each outcome; those that name a rule are allowed."""
    table = np.full(n_outcomes, codes.VERDICT_ALLOWED, dtype=np.uint8)
    for outcome, verdict in VERDICT_OF_OUTCOME.items():
        table[outcome] = verdict
    return table


def verdict_of(egress: int, ingress: int) -> int:
    """Return the verdict of a connection: both sides must allow, and what is not applicable imposes nothing."""
    if codes.VERDICT_DENIED in (egress, ingress):
        return codes.VERDICT_DENIED
    if codes.VERDICT_UNKNOWN in (egress, ingress):
        return codes.VERDICT_UNKNOWN
    return codes.VERDICT_ALLOWED


def finding_of(verdict: int, observed: int) -> int:
    """Return the finding of a verdict beside what the log observed."""
    if verdict == codes.VERDICT_UNKNOWN:
        return codes.FINDING_UNDECIDED
    if verdict == codes.VERDICT_DENIED:
        was_stopped = observed in (codes.OBSERVED_DROPPED, codes.OBSERVED_REFUSED)
        return codes.FINDING_BLOCKED if was_stopped else codes.FINDING_VIOLATION
    was_dropped = observed in (codes.OBSERVED_DROPPED, codes.OBSERVED_AUDITED)
    return codes.FINDING_MISDROPPED if was_dropped else codes.FINDING_PERMITTED


def finding_table() -> NDArray[np.uint8]:
    """Return ``verdict * 8 + finding`` by egress verdict, ingress verdict and observed, flattened in that order."""
    table = np.empty((codes.N_VERDICTS, codes.N_VERDICTS, codes.N_OBSERVED), dtype=np.uint8)
    for egress, ingress, observed in np.ndindex(table.shape):
        verdict = verdict_of(egress, ingress)
        table[egress, ingress, observed] = verdict * 8 + finding_of(verdict, observed)
    return table.reshape(-1)
