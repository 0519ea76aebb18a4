"""Verdict and finding of every combination, against the sentences that promise them."""

from __future__ import annotations

from itertools import product

import pytest

from auditor.compiler.findings import finding_of, finding_table, side_verdict_table, verdict_of
from auditor.ir.evaluate import Judgement, Side
from auditor.ir.model import VERDICT_OF, Reason, Verdict
from auditor.report.schema import FINDING_NAMES, OBSERVED_NAMES, SIDE_VERDICT_NAMES, VERDICT_NAMES
from kernels import codes
from tests.worlds import REASON_OF, side_of

# Allowed and dropped by policy, or audited as if, is MISDROPPED, any other allowed PERMITTED; denied and stopped by
# whatever is BLOCKED, any other denied VIOLATION; what is not known is UNDECIDED.
FINDINGS = {
    ("ALLOWED", "UNSEEN"): "PERMITTED",
    ("ALLOWED", "FORWARDED"): "PERMITTED",
    ("ALLOWED", "DROPPED"): "MISDROPPED",
    ("ALLOWED", "REFUSED"): "PERMITTED",
    ("ALLOWED", "AUDITED"): "MISDROPPED",
    ("DENIED", "UNSEEN"): "VIOLATION",
    ("DENIED", "FORWARDED"): "VIOLATION",
    ("DENIED", "DROPPED"): "BLOCKED",
    ("DENIED", "REFUSED"): "BLOCKED",
    ("DENIED", "AUDITED"): "VIOLATION",
    **{("UNKNOWN", observed): "UNDECIDED" for observed in OBSERVED_NAMES},
}
REASON_OF_SIDE = {verdict: next(r for r in Reason if VERDICT_OF[r] is verdict) for verdict in Verdict}


def test_finding_of__covers_every_combination():
    """Each verdict with each observation has the finding of its sentence."""
    found = {
        (verdict, observed): FINDING_NAMES[finding_of(v, o)]
        for (v, verdict), (o, observed) in product(enumerate(VERDICT_NAMES), enumerate(OBSERVED_NAMES))
    }
    assert found == FINDINGS


@pytest.mark.parametrize("egress", SIDE_VERDICT_NAMES)
@pytest.mark.parametrize("ingress", SIDE_VERDICT_NAMES)
def test_verdict_of__equals_the_specification(egress, ingress):
    """Denied if either side denies, else unknown if either is unknown, else allowed."""
    numbers = SIDE_VERDICT_NAMES.index(egress), SIDE_VERDICT_NAMES.index(ingress)
    found = VERDICT_NAMES[verdict_of(*numbers)]
    sides = {egress, ingress}
    assert found == ("DENIED" if "denied" in sides else "UNKNOWN" if "unknown" in sides else "ALLOWED")
    judged = Judgement(*(Side(REASON_OF_SIDE[Verdict(word)]) for word in (egress, ingress)))
    assert found == judged.verdict.name


def test_finding_table__packs_verdict_and_finding():
    """The cell of both sides and what was observed holds both."""
    table = finding_table().reshape(codes.N_VERDICTS, codes.N_VERDICTS, codes.N_OBSERVED)
    for egress, ingress, observed in product(*(range(n) for n in table.shape)):
        verdict, finding = divmod(int(table[egress, ingress, observed]), 8)
        assert verdict == verdict_of(egress, ingress)
        assert FINDING_NAMES[finding] == FINDINGS[VERDICT_NAMES[verdict], OBSERVED_NAMES[observed]]


def test_side_verdict_table__equals_the_specification():
    """Each reason has its verdict; every outcome past the reasons names a rule and is allowed."""
    table = side_verdict_table(codes.OUTCOME_ALLOWED_BY_RULE + 3)
    found = [SIDE_VERDICT_NAMES[number] for number in table]
    assert found == [side_of(outcome).verdict.value for outcome in range(len(table))]
    assert {*REASON_OF.values(), Reason.ALLOWED_BY_RULE} == set(Reason)
