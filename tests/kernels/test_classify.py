"""The verdict kernel: what it adds to, what no policy can deny, and that compilation changes nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from auditor.compiler.build import build
from auditor.demo.write import write_demo
from auditor.ir.model import (
    EVERYTHING,
    TCP,
    Address,
    Direction,
    Endpoint,
    Inventory,
    Kind,
    Policy,
    PolicySet,
    Switches,
)
from kernels import codes
from kernels.classify import classify
from kernels.layout import Flows, Verdicts
from tests.kernels.engines import both
from tests.strategies import ORIGIN

ROOT = Path(__file__).parents[2]
POD, TWIN, NODE, STRANGER = (Address(4, value) for value in (1, 2, 3, 4))
POLICIES = PolicySet((Policy("NetworkPolicy", "a", "deny", EVERYTHING, frozenset(Direction), (), ORIGIN),))
INVENTORY = Inventory(
    {"a": {}},
    (
        Endpoint(Kind.POD, "a", "p", {}, (POD,), "n"),
        Endpoint(Kind.POD, "a", "q", {}, (TWIN,), "m"),
        Endpoint(Kind.NODE, None, "n", {}, (NODE,), "n"),
    ),
)


def run(kernel, ends, switches, n_times=1):
    """Classify flows of distinct ends as recorded, ``n_times`` into the same counts."""
    tables = build(POLICIES, INVENTORY, switches).layout
    index = tables.addresses
    slots = np.array(
        [
            index.v4_slots[np.searchsorted(index.v4_starts, end.value, side="right") - 1]
            for pair in ends
            for end in pair
        ]
    )
    n = len(ends)
    column = np.zeros(n, dtype=np.uint16)
    flows = Flows(
        src_codes=np.arange(0, 2 * n, 2, dtype=np.int32),
        dst_codes=np.arange(1, 2 * n, 2, dtype=np.int32),
        openers=tables.slots.opener_words[slots],
        others=tables.slots.other_words[slots],
        dst_first=np.zeros(1, dtype=np.int64),
        protocol=np.full(n, TCP, dtype=np.uint8),
        src_port=column,
        dst_port=column,
        hint=column.astype(np.uint8),
        observed=np.full(n, codes.OBSERVED_FORWARDED, dtype=np.uint8),
    )
    for array in flows:
        array.flags.writeable = False
    sides = [np.full(n, -1, dtype=np.int32) for _ in range(2)]
    small = [np.full(n, 255, dtype=np.uint8) for _ in range(4)]
    counts = [np.zeros(len(tables.side_verdicts), dtype=np.int64) for _ in range(2)]
    cells = np.zeros(codes.N_OBSERVED * codes.N_VERDICTS * codes.N_FINDINGS, dtype=np.int64)
    written = Verdicts(*sides, *small, *counts, cells)
    places = np.full(n, -1, dtype=np.int64)
    for _ in range(n_times):
        assert kernel(tables, flows, np.uint8(0), np.uint8(0), 0, places, written) == (n, n)
    assert places.tolist() == list(range(n))
    return written


@pytest.mark.parametrize("kernel", both(classify))
def test_classify__excepts_what_no_policy_can_deny(kernel):
    """A pod to itself in both directions; a node to its own pod on the way in, if so chosen."""
    ends = [(POD, POD), (POD, TWIN), (NODE, POD), (NODE, TWIN), (POD, NODE), (STRANGER, POD), (NODE, NODE)]
    denied, nobody = codes.OUTCOME_NO_RULE_MATCHED, codes.OUTCOME_NOT_A_POD
    same, own = codes.OUTCOME_SAME_POD, codes.OUTCOME_OWN_NODE
    found = run(kernel, ends, Switches())
    assert found.egress.tolist() == [same, denied, nobody, nobody, denied, nobody, nobody]
    assert found.ingress.tolist() == [same, denied, own, denied, nobody, denied, nobody]
    judged = run(kernel, ends, Switches(own_node="judge"))
    assert judged.ingress.tolist() == [same, denied, denied, denied, nobody, denied, nobody]


@pytest.mark.parametrize("kernel", both(classify))
def test_classify__adds_to_the_counts(kernel):
    """Counts are not begun anew, columns are."""
    ends = [(POD, POD), (POD, TWIN), (STRANGER, POD)]
    once, thrice = run(kernel, ends, Switches()), run(kernel, ends, Switches(), n_times=3)
    assert thrice.egress.tolist() == once.egress.tolist()
    for name in ("egress_counts", "ingress_counts", "finding_counts"):
        assert getattr(thrice, name).tolist() == (3 * getattr(once, name)).tolist()
        assert getattr(once, name).sum() == len(ends)


AUDIT = """
import sys
import auditor
tables = auditor.compile(policies=sys.argv[1], inventory=sys.argv[2])
auditor.audit(tables, flows=sys.argv[3], rows="all").write(sys.argv[4])
"""


def audited(files, out, **environment):
    """Audit in an interpreter of its own; return every file of the report but the times of the run."""
    subprocess.run(
        [
            sys.executable,
            "-W",
            "error",
            "-c",
            AUDIT,
            *map(str, (files.policies, files.inventory, files.flows, out)),
        ],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        check=True,
    )
    return {path.name: path.read_bytes() for path in out.iterdir() if path.name != "run.json"}


@pytest.mark.jit_only
def test_kernels__write_the_same_bytes_uncompiled(tmp_path):
    """From text, JSON and Parquet to the report, as machine code and as plain Python."""
    files = write_demo(tmp_path / "demo", n_flows=1_000, n_events=300)
    lines = ["version srcaddr dstaddr srcport dstport protocol start end action log-status"]
    lines += [
        f"2 10.0.0.{n} 10.0.1.{n} {40000 + n} 443 6 1700000000 1700000060 ACCEPT OK" for n in range(200)
    ]
    (files.flows / "vpc.txt").write_text("\n".join(lines), encoding="utf-8")
    compiled = audited(files, tmp_path / "compiled", NUMBA_DISABLE_JIT="0")
    assert {"summary.arrow", "rules.arrow", "verdicts-00000.arrow"} <= compiled.keys()
    assert audited(files, tmp_path / "plain", NUMBA_DISABLE_JIT="1") == compiled
