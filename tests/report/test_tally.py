"""Every row is counted once."""

from __future__ import annotations

import pytest

from auditor.flows.schema import Account, Rejected
from auditor.report.tally import Tally
from kernels import codes


def _account(n_flows, **rest):
    account = Account(n_rows=n_flows)
    for reason, count in rest.pop("skipped", {}).items():
        account.skip(reason, count)
        account.n_rows += count
    for reason, rows in rest.pop("rejected", {}).items():
        account.reject(reason, rows)
        account.n_rows += len(rows)
    account.losses = rest.pop("losses", {})
    return account


@pytest.fixture
def batches(cluster, row, outcomes):
    """Return three batches of two files."""
    rule = codes.OUTCOME_ALLOWED_BY_RULE
    return [
        cluster.batches(
            [row(), row(weight=5), row(**outcomes["PERMITTED"])],
            file="a.log",
            account=_account(3, skipped={"header": 1}, rejected={"no address": [2, 5]}),
        ),
        cluster.batches(
            [row(**{**outcomes["MISDROPPED"], "ingress": rule + 1}), row(**outcomes["UNDECIDED"])],
            file="b.log",
            account=_account(2, skipped={"NODATA": 4}, losses={"SKIPDATA": 2}),
        ),
        cluster.batches(
            [row(**outcomes["PERMITTED"], egress=codes.OUTCOME_OWN_NODE)],
            file="a.log",
            account=_account(1, skipped={"header": 1}, rejected={"no address": [11, 12, 13, 14]}),
        ),
    ]


def _added(batches):
    tally = Tally.create(2)
    for batch in batches:
        tally.add(*batch)
    return tally


def test_finish__counts_by_every_word(batches):
    """Verdicts, findings and observed count each flow once, and every word is there."""
    totals = _added(batches).finish()
    assert totals.n_flows == 6
    assert totals.verdicts == {"ALLOWED": 3, "DENIED": 2, "UNKNOWN": 1}
    assert totals.findings == {
        "PERMITTED": 2,
        "BLOCKED": 0,
        "VIOLATION": 2,
        "MISDROPPED": 1,
        "UNDECIDED": 1,
    }
    assert totals.observed == {"UNSEEN": 0, "FORWARDED": 5, "DROPPED": 1, "REFUSED": 0, "AUDITED": 0}


def test_finish__counts_reasons_and_rules_of_both_sides(batches):
    """Rules count the flows they decided; each side's reasons count each flow once."""
    totals = _added(batches).finish()
    assert totals.rules.tolist() == [2, 1]
    assert sum(totals.egress_reasons.values()) == sum(totals.ingress_reasons.values()) == 6
    assert totals.egress_reasons["not-isolated"] == 5
    assert totals.egress_reasons["own-node"] == 1
    assert totals.ingress_reasons["allowed-by-rule"] == 3
    assert totals.ingress_reasons["no-rule-matched"] == 2
    assert totals.ingress_reasons["unknown-address"] == 1


def test_finish__adds_up_all_rows(batches):
    """Rows read are flows, skipped and rejected rows; losses are beside them."""
    totals = _added(batches).finish()
    assert totals.n_rows == 18 == totals.n_flows + totals.n_skipped + totals.n_rejected
    assert totals.skipped == {"header": 2, "NODATA": 4}
    assert totals.rejected == {"no address": 6}
    assert totals.losses == {"SKIPDATA": 2}
    assert totals.weight == 10
    assert list(totals.files) == ["a.log", "b.log"]
    assert totals.files["a.log"].n_flows == 4
    assert totals.files["a.log"].account.rejected == {
        "no address": Rejected("no address", 6, [2, 5, 11, 12, 13])
    }


def test_merge__equals_adding_in_order(batches):
    """Two tallies merged are the tally of all batches, and the second one stays as it was."""
    first, second = _added(batches[:1]), _added(batches[1:])
    first.merge(second)
    merged, added = first.finish(), _added(batches).finish()
    assert merged.rules.tolist() == added.rules.tolist()
    for name in ("verdicts", "findings", "observed", "egress_reasons", "ingress_reasons", "files", "weight"):
        assert getattr(merged, name) == getattr(added, name), name
    assert second.finish().n_rows == 12


def test_add__copies_the_account(batches):
    """Counting a batch does not write into it."""
    tally = _added(batches[:1])
    tally.add(*batches[2])
    assert batches[0][0].account.n_rows == 6


def test_add__refuses_an_account_that_does_not_add_up(cluster, row):
    """A decoder that lost a row is a bug, found at once."""
    batch = cluster.batches([row()], account=_account(2))
    with pytest.raises(AssertionError, match=r"flows\.log: rows and their account differ"):
        Tally.create(2).add(*batch)


def test_n_bytes__is_what_the_counts_of_a_part_take(batches):
    """Eight bytes for each outcome of each side, and for each kind of flow."""
    tally = Tally.of(*batches[0])
    assert tally.n_bytes == 8 * (tally.flows.size + tally.sides.size)


def test_add__takes_a_weight_of_one_where_there_is_none(cluster, row):
    """A batch without weights stands for one flow a row."""
    flows, verdicts = cluster.batches([row(weight=9), row()])
    plain = type(flows)(**{name: getattr(flows, name) for name in flows.__slots__} | {"weight": None})
    tally = Tally.create(2)
    tally.add(plain, verdicts)
    assert tally.finish().weight == 2
