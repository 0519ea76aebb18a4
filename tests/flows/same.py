"""Whether two readings of one log are the same in everything that anybody can see of them."""

from __future__ import annotations

import numpy as np

from auditor.flows.schema import Account
from tests.flows.evidence import or_none

NUMBERS = ("rows", "protocol", "src_port", "dst_port", "opener_hint", "observed")
EVIDENCE = ("time_start", "time_end", "bytes", "packets")


def same_batches(ours, theirs):
    """Refuse two sequences of batches unless they hold the same flows and the same account, wherever they are cut."""
    found, expected = seen(ours), seen(theirs)
    for name, column in expected.items():
        if found[name] != column:
            # Spelled out: this is also called where no test framework explains an assertion.
            raise AssertionError(f"{name}: {_difference(found[name], column)}")


def _difference(ours, theirs):
    """Return the first place where two columns differ, or both accounts."""
    if not isinstance(ours, list) or len(ours) != len(theirs):
        return f"{str(ours)[:400]} is not {str(theirs)[:400]}"
    place = next(place for place, pair in enumerate(zip(ours, theirs, strict=True)) if pair[0] != pair[1])
    return f"flow {place} of {len(ours)}: {ours[place]} is not {theirs[place]}"


def seen(batches):
    """Return every column of some batches, end to end, as plain lists, and their account as plain values."""
    columns = {name: [] for name in (*NUMBERS, "sources", "destinations", "weight", *EVIDENCE)}
    account = Account()
    for batch in batches:
        account.add(batch.account)
        for name in NUMBERS:
            columns[name] += getattr(batch, name).tolist()
        columns["sources"] += _ends(batch.sources, batch.src_codes)
        columns["destinations"] += _ends(batch.destinations, batch.dst_codes)
        columns["weight"] += [1] * batch.n_flows if batch.weight is None else batch.weight.tolist()
        evidence = batch.evidence(np.arange(batch.n_flows))
        for name in EVIDENCE:
            columns[name] += or_none(getattr(evidence, name))
    rejected = {reason: (entry.count, entry.rows) for reason, entry in account.rejected.items()}
    n_flows = len(columns["rows"])
    assert account.n_rows == n_flows + sum(account.skipped.values()) + account.n_rejected
    counts = {"n_rows": account.n_rows, "skipped": account.skipped, "losses": account.losses}
    return {**counts, "rejected": rejected, **columns}


def _ends(addresses, codes):
    """Return number and text of the address of each flow."""
    texts = addresses.texts.array().take(codes).to_pylist()
    return list(zip(addresses.high[codes].tolist(), addresses.low[codes].tolist(), texts, strict=True))
