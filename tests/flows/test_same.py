"""The comparison that scanners are held to sees every difference."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pyarrow as pa
import pytest

from auditor.flows.schema import Account, Evidence
from auditor.strings import Strings
from tests.flows.decoded import flow_line
from tests.flows.reading import written
from tests.flows.same import same_batches

LINES = [flow_line(), flow_line(verdict="DROPPED"), flow_line(is_reply=True), b'{"lost_events":{}}', b"{"]
LOG = b"".join(line + b"\n" for line in LINES)


@pytest.fixture
def batches(tmp_path):
    """Decode a log of a few lines."""
    return [part() for part in written(tmp_path, LOG).parts()]


def test_same_batches__accepts_what_is_equal(batches, tmp_path):
    """A log is the same as itself, wherever it is cut."""
    cut = [part() for part in written(tmp_path, LOG, block_bytes=10).parts()]
    assert len(cut) > len(batches)
    same_batches(batches, cut)


@pytest.mark.parametrize(
    "name", ["rows", "protocol", "src_port", "dst_port", "opener_hint", "observed", "weight"]
)
def test_same_batches__sees_a_changed_number(batches, name):
    """One value of one column is enough."""
    (batch,) = batches
    column = np.ones(batch.n_flows, np.int64) if name == "weight" else getattr(batch, name).copy()
    column[1] += 7
    with pytest.raises(AssertionError, match=name):
        same_batches([replace(batch, **{name: column})], [batch])


@pytest.mark.parametrize("side", ["sources", "destinations"])
def test_same_batches__sees_a_changed_address(batches, side):
    """The number of an address counts, and so does its text."""
    (batch,) = batches
    addresses = getattr(batch, side)
    for changed in (
        addresses._replace(low=addresses.low + np.uint64(1)),
        addresses._replace(texts=Strings.of(pa.array(["::1"] * len(addresses.low)))),
    ):
        with pytest.raises(AssertionError, match=side):
            same_batches([replace(batch, **{side: changed})], [batch])


@pytest.mark.parametrize("place", range(4))
def test_same_batches__sees_changed_evidence(batches, place):
    """Times and counters are looked at."""
    (batch,) = batches

    def evidence(flows):
        columns = list(batch.evidence(flows))
        columns[place] = np.ones(len(flows), np.int64)
        return Evidence(*columns)

    with pytest.raises(AssertionError, match=Evidence._fields[place]):
        same_batches([replace(batch, evidence=evidence)], [batch])


@pytest.mark.parametrize("name", [field.name for field in fields(Account) if field.name != "n_rows"])
def test_same_batches__sees_a_changed_account(batches, name):
    """Skipped and rejected rows and losses count, with their reasons and places."""
    (batch,) = batches
    changed = Account()
    changed.add(batch.account)
    if name == "rejected":
        (entry,) = changed.rejected.values()
        entry.rows[0] += 1
    elif name == "losses":
        changed.lose("lost_events UNKNOWN_LOST_EVENT_SOURCE")
    else:
        changed.skip("debug-record")
        changed.n_rows += 1
    with pytest.raises(AssertionError):
        same_batches([replace(batch, account=changed)], [batch])
