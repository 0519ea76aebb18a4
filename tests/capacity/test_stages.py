"""Stages add up to the audit that a user runs, and the oracle is asked before a speed is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import auditor
from auditor.capacity.gate import Gate
from auditor.capacity.inputs import Made, compression_of, own
from auditor.capacity.stages import FINISH, STAGES, inflate, pass_over
from auditor.capacity.stopwatch import Stopwatch, slowed
from auditor.errors import ConfigError
from auditor.synthetic.shapes import Shape
from auditor.verdicts.classify import classify

SHAPE = Shape(30, 200)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Generate a small cluster."""
    return Made(tmp_path_factory.mktemp("inputs"), 1)


@pytest.fixture(scope="module")
def tables(made):
    """Compile it."""
    given = made.cluster(SHAPE)
    return auditor.compile(given.policies, given.inventory, own_node="judge")


@pytest.mark.parametrize(
    ("log_format", "compression"),
    [("vpc-text", "none"), ("vpc-text", "gzip"), ("hubble-json", "zstd"), ("vpc-parquet", "zstd")],
)
def test_pass_over__counts_what_an_audit_counts(made, tables, tmp_path, log_format, compression):
    """The same rows, flows and findings as `auditor audit`, and a second for each stage."""
    log = made.log(SHAPE, log_format, 600, compression)
    found = pass_over(tables, log.path, tmp_path / "report", Stopwatch(), Stopwatch())
    run = auditor.audit(tables, log.path)
    n_reported = run.to_arrow().num_rows
    totals = run.totals
    assert (found.format, found.n_rows, found.n_flows) == (log_format, totals.n_rows, totals.n_flows)
    assert found.n_reported == n_reported > 0
    assert set(found.cpu) == set(found.wall) == {*STAGES, FINISH}
    assert found.share == 1.0


def test_pass_over__counts_alike_however_rows_are_compressed(made, tables, tmp_path):
    """The counts of equal rows have equal hashes."""
    logs = [made.log(SHAPE, "vpc-text", 600, compression) for compression in ("none", "gzip", "zstd")]
    found = [pass_over(tables, log.path, tmp_path / "report", Stopwatch(), Stopwatch()) for log in logs]
    assert len({each.counts for each in found}) == 1
    assert all(inflate(log.path, lambda: 1.0) == 0 for log in logs)


def test_gate__agrees_on_rows_of_every_kind(made, tables, tmp_path):
    """Rows are compared, and none differs."""
    gate = Gate(tables, 1)
    log = made.log(SHAPE, "vpc-text", 600)
    pass_over(tables, log.path, tmp_path / "report", Stopwatch(), Stopwatch(), see=gate.see)
    assert gate.n_compared > 50
    assert gate.differences == []


def test_gate__sees_a_verdict_that_is_wrong(made, tables, tmp_path):
    """One outcome taken for another is named with its row, and what the oracle says."""
    gate = Gate(tables, 1)

    def see(batch, verdicts):
        wrong = np.zeros_like(verdicts.egress)
        gate.see(batch, replace(verdicts, egress=wrong, ingress=wrong))

    log = made.log(SHAPE, "vpc-text", 600)
    pass_over(tables, log.path, tmp_path / "report", Stopwatch(), Stopwatch(), see=see)
    assert gate.differences
    assert "the oracle says" in gate.differences[0]
    assert gate.differences[0].startswith("row ")


def test_stopwatch__makes_a_stage_longer_on_purpose():
    """The clock goes on until the stage has taken as many times as long; others stay as they are."""
    now = [0.0]

    def clock():
        now[0] += 1.0
        return now[0]

    plain, slow = (Stopwatch(clock, factors) for factors in ({}, {"decode": 5.0}))
    for watch in (plain, slow):
        watch.start()
        watch.lap("read")
        watch.lap("decode")
    assert slow.seconds["read"] == plain.seconds["read"]
    assert slow.seconds["decode"] >= 5 * plain.seconds["decode"]


def test_slowed__reads_stages_and_factors(monkeypatch):
    """From the environment, nothing where it is not set, and a sentence where it has no meaning."""
    assert slowed("classify:1.5,decode:2") == {"classify": 1.5, "decode": 2.0}
    assert slowed() == {}
    with pytest.raises(ConfigError) as caught:
        slowed("classify")
    sentence = "expected stages and factors such as `classify:1.5` in `AUDITOR_BENCH_SLOW`, came `classify`"
    assert str(caught.value) == sentence


def test_own__takes_the_largest_log_of_each_kind(made):
    """A log stands for those of its format and compression."""
    small, large = (made.log(SHAPE, "vpc-text", n) for n in (50, 600))
    other = made.log(SHAPE, "hubble-json", 600, "zstd")
    given = own(["p"], ["i"], [small.path, large.path, other.path], ())
    assert [(log.path, log.format, log.compression) for log in given.logs] == [
        (large.path, "vpc-text", "none"),
        (other.path, "hubble-json", "zstd"),
    ]


@pytest.mark.parametrize(
    ("head", "log_format", "expected"),
    [
        (b"\x1f\x8b\x08\x00", "vpc-text", "gzip"),
        (b"\x28\xb5\x2f\xfd\x04\x00", "hubble-json", "zstd"),
        (b"BZh9", "vpc-text", "bzip2"),
        (b"\xfd7zXZ\x00", "vpc-text", "xz"),
        (b"\x04\x22\x4d\x18", "vpc-text", "lz4"),
        (b"vers", "vpc-text", "none"),
        (b"PAR1", "vpc-parquet", "inside"),
    ],
)
def test_compression_of__reads_the_first_bytes(head, log_format, expected):
    """By bytes, not by name."""
    assert compression_of(head, log_format) == expected


@pytest.mark.parametrize(
    "shape",
    [Shape(30, 200, n_cidrs=40), Shape(30, 200, n_label_values=20), Shape(30, 200, v6_share=0.5)],
    ids=["CIDRs", "labels", "IPv6"],
)
def test_shapes__are_judged_as_the_oracle_says(made, shape):
    """Each shape compiles to tables that agree with the plain evaluation."""
    from auditor.capacity.job_growth import batches_of
    from auditor.compiler.build import build
    from auditor.synthetic.flows import draw_flows

    inventory, policies, pool = made.world(shape)
    tables = build(policies, inventory)
    gate = Gate(tables, 2, 30.0)
    for batch in batches_of(draw_flows(pool, 400, 1, 0.1)):
        gate.see(batch, classify(tables, batch))
    assert gate.n_compared > 50
    assert gate.differences == []


def test_shapes__hold_what_they_are_named_for(made):
    """As many rules more as CIDRs or label values, and half of the pods first with IPv6."""
    from auditor.ir.model import Kind

    plain = made.world(SHAPE)[1]
    for shape, n_more in ((Shape(30, 200, n_cidrs=40), 40), (Shape(30, 200, n_label_values=20), 20)):
        assert len(made.world(shape)[1].rules) == len(plain.rules) + n_more
    inventory, _, pool = made.world(Shape(30, 200, v6_share=0.5))
    first = [each.addresses[0].version for each in inventory.endpoints if each.kind is Kind.POD]
    assert (first.count(4), first.count(6)) == (100, 100)
    assert (pool.high > 0).any()
