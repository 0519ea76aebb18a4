"""A small cluster, and batches of flows in it made by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pytest

from auditor.errors import Origin
from auditor.flows.evidence import said
from auditor.flows.schema import Account, Addresses, Evidence, FlowBatch
from auditor.ir.model import (
    Direction,
    EndpointPeer,
    Inventory,
    Operator,
    Policy,
    PolicySet,
    PortRange,
    Requirement,
    Rule,
    Selector,
    Switches,
)
from auditor.report.reported import Reported
from auditor.report.rows import flow_rows
from auditor.report.run import Input, Run, Stage
from auditor.report.summary import Summary
from auditor.report.tally import Tally
from auditor.strings import Strings
from auditor.tables.tableset import SlotNames, TableSet
from auditor.verdicts.schema import Counts, VerdictBatch
from kernels import codes

TIME = pa.timestamp("ns", "UTC")
SECOND = 1_000_000_000

SLOTS = {
    # address: kind, namespace, name, workload, ingress subject class, egress subject class
    "10.0.0.1": (codes.KIND_POD, "shop", "web-1", "web", 0, 1),
    "10.0.0.2": (codes.KIND_POD, "shop", "web-2", "web", 0, 1),
    "10.0.0.3": (codes.KIND_POD, "pay", "db-0", "db", 1, 0),
    "10.0.0.4": (codes.KIND_POD, "pay", "bare", None, 2, 0),
    "10.1.0.1": (codes.KIND_NODE, None, "node-a", None, 0, 0),
    "10.2.0.1": (codes.KIND_SERVICE, "pay", "db", None, 0, 0),
    "10.0.9.9": (codes.KIND_UNKNOWN, None, None, None, 0, 0),
}
"""Every other address is external."""


class Row(NamedTuple):
    """One flow and its verdict; the default is a violation."""

    src: str = "10.0.0.1"
    dst: str = "10.0.0.3"
    protocol: int = 6
    src_port: int = 40000
    dst_port: int = 5432
    egress: int = codes.OUTCOME_NOT_ISOLATED
    ingress: int = codes.OUTCOME_NO_RULE_MATCHED
    opener: int = codes.OPENER_SOURCE
    basis: int = codes.BASIS_RECORDED
    observed: int = codes.OBSERVED_FORWARDED
    verdict: int = codes.VERDICT_DENIED
    finding: int = codes.FINDING_VIOLATION
    weight: int = 1
    time: int | None = 0
    n_bytes: int | None = 100
    packets: int | None = 2


PERMITTED = {"ingress": codes.OUTCOME_ALLOWED_BY_RULE, "verdict": 0, "finding": codes.FINDING_PERMITTED}
MISDROPPED = {**PERMITTED, "observed": codes.OBSERVED_DROPPED, "finding": codes.FINDING_MISDROPPED}
UNDECIDED = {"ingress": codes.OUTCOME_UNKNOWN_ADDRESS, "verdict": 2, "finding": codes.FINDING_UNDECIDED}


@dataclass(frozen=True)
class Cluster:
    """The tables of a cluster, and the ways to flows in it."""

    tables: TableSet
    slots: dict[str, int]
    account: Account = field(default_factory=Account)

    def batches(self, rows, file="flows.log", first=1, account=None):
        """Return the FlowBatch and VerdictBatch of ``rows``, the first being row ``first`` of ``file``."""
        rows = list(rows)
        texts = list(dict.fromkeys(address for row in rows for address in row[:2]))
        places = {text: place for place, text in enumerate(texts)}
        zeros = np.zeros(len(texts), dtype=np.uint64)
        addresses = Addresses(zeros, zeros, Strings.of(pa.array(texts, pa.string())))

        def column(name, dtype):
            return np.array([getattr(row, name) for row in rows], dtype=dtype)

        def evidence(chosen):
            starts = [rows[place].time for place in chosen]
            ends = [None if time is None else time + SECOND for time in starts]
            columns = (
                starts,
                ends,
                [rows[place].n_bytes for place in chosen],
                [rows[place].packets for place in chosen],
            )
            return Evidence(*(said(pa.array(column, pa.int64())) for column in columns))

        flows = FlowBatch(
            file=file,
            account=account or Account(n_rows=len(rows)),
            rows=np.arange(first, first + len(rows), dtype=np.int64),
            src_codes=np.array([places[row.src] for row in rows], dtype=np.int32),
            dst_codes=np.array([places[row.dst] for row in rows], dtype=np.int32),
            sources=addresses,
            destinations=addresses,
            protocol=column("protocol", np.uint8),
            src_port=column("src_port", np.uint16),
            dst_port=column("dst_port", np.uint16),
            opener_hint=np.zeros(len(rows), dtype=np.uint8),
            observed=column("observed", np.uint8),
            weight=column("weight", np.int64),
            evidence=evidence,
        )
        external = self.slots["external"]
        slots = np.array([self.slots.get(text, external) for text in texts], dtype=np.int32)
        n_outcomes = codes.OUTCOME_ALLOWED_BY_RULE + len(self.tables.policies.rules)
        findings = np.zeros((codes.N_OBSERVED, codes.N_VERDICTS, codes.N_FINDINGS), dtype=np.int64)
        np.add.at(findings, tuple(column(name, np.int64) for name in ("observed", "verdict", "finding")), 1)
        verdicts = VerdictBatch(
            egress=column("egress", np.int32),
            ingress=column("ingress", np.int32),
            opener=column("opener", np.uint8),
            opener_basis=column("basis", np.uint8),
            verdict=column("verdict", np.uint8),
            finding=column("finding", np.uint8),
            src_slots=slots,
            dst_slots=slots,
            counts=Counts(
                np.stack(
                    [
                        np.bincount(column(side, np.int64), minlength=n_outcomes)
                        for side in ("egress", "ingress")
                    ]
                ),
                findings,
            ),
        )
        return flows, verdicts

    def rows(self, rows, file="flows.log", first=1):
        """Return the report rows of all ``rows``."""
        flows, verdicts = self.batches(rows, file, first)
        return flow_rows(self.tables, Reported.of(flows, verdicts.at(np.arange(len(flows.rows)))))

    def summary(self, *batches, **limits):
        """Return the finished summary of report rows."""
        summary = Summary(**limits)
        for batch in batches:
            summary.add(batch)
        return summary.finish()

    def totals(self, rows, **batch):
        """Return the totals of one batch."""
        tally = Tally.create(len(self.tables.policies.rules))
        tally.add(*self.batches(rows, **batch))
        return tally.finish()


@pytest.fixture
def row():
    """Return the maker of flows."""
    return Row


@pytest.fixture
def outcomes():
    """Return keywords of flows by finding."""
    return {"PERMITTED": PERMITTED, "MISDROPPED": MISDROPPED, "UNDECIDED": UNDECIDED}


@pytest.fixture
def cluster():
    """Return a cluster whose pods of ``pay`` are isolated for ingress, those of ``shop`` for egress."""
    numbers: dict[str, int] = {}

    def number(text):
        return -1 if text is None else numbers.setdefault(text, len(numbers))

    held = [*SLOTS.values(), (codes.KIND_EXTERNAL, None, None, None, 0, 0)]
    kinds, namespaces, names, workloads, ingress, egress = zip(*held, strict=True)
    slots = SlotNames(
        kind=np.array(kinds, dtype=np.uint8),
        namespace=np.array([number(text) for text in namespaces], dtype=np.int32),
        name=np.array([number(text) for text in names], dtype=np.int32),
        workload=np.array([number(text) for text in workloads], dtype=np.int32),
        ingress_subject=np.array(ingress, dtype=np.int32),
        egress_subject=np.array(egress, dtype=np.int32),
    )
    app = Selector((Requirement("app", Operator.IN, ("web",)),))
    peer = EndpointPeer("shop", app)
    origin = Origin("policies/pay.yaml", 1, 12)
    rules = (
        Rule(Direction.INGRESS, 0, (peer,), (PortRange(6, 5432, 5432),), origin),
        Rule(Direction.INGRESS, 1, None, None, origin),
    )
    policy = Policy("NetworkPolicy", "pay", "db", Selector(), frozenset({Direction.INGRESS}), rules, origin)
    isolating = pa.array([None, "NetworkPolicy/pay/db", "NetworkPolicy/pay/db"])
    tables = TableSet(
        layout=None,
        slots=slots,
        texts=pa.array(list(numbers), pa.string()),
        rule_names=pa.array(["NetworkPolicy/pay/db:ingress[0]", "NetworkPolicy/pay/db:ingress[1]"]),
        isolating=(isolating, pa.array([None, "NetworkPolicy/shop/out"])),
        inventory=Inventory(),
        policies=PolicySet((policy,)),
        switches=Switches(),
        fingerprint="f" * 64,
    )
    return Cluster(tables, {text: place for place, text in enumerate([*SLOTS, "external"])})


@pytest.fixture
def run():
    """Return the record of a run that is done."""
    return Run(
        engine_version="0.1.0",
        fingerprint="f" * 64,
        started="2026-01-02T03:04:05Z",
        options={"rows": "violations", "own_node": "allow"},
        inputs=[Input("flows", "flows.log", 1234, "a" * 64, "vpc-text")],
        stages={"decode": Stage(0.5, 0.75)},
        wall_s=2.0,
        cpu_s=3.0,
    )
