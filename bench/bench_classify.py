"""What a verdict costs: compile time, and nanoseconds a flow of the verdict kernel, one core.

Every size is checked against the oracle first, on a sample; then the same flows run through the address lookup (once a
flow, as plain columns would need it) and the verdict kernel, and the median CPU time of the runs is printed.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import numpy as np
from lines import Line
from machine import describe
from measuring import ONE_CORE, ROOT, Sample, environment, pinned

from auditor.compiler.build import build
from auditor.ir.evaluate import evaluate
from auditor.ir.model import Address, Connection
from auditor.report.schema import REASON_NAMES
from auditor.verdicts.classify import frozen
from data.synthetic import connection_pool, draw_flows, synthetic_cluster
from kernels import codes
from kernels.addresses import slots_of
from kernels.classify import classify
from kernels.layout import Flows, Verdicts

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZES = ((100, 1_000), (100, 10_000), (1_000, 10_000), (10_000, 10_000))
SAMPLE = 60
LINE = (1_000, 10_000)
"""The size that stands in the table of all figures."""


def main() -> None:
    """Run every size and print a line each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--flows", type=int, default=2_000_000)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--json", action="store_true", help="one size, as JSON, for the table of all figures")
    options = parser.parse_args()
    if options.json:
        taken = measure(*LINE, options.flows, options.runs)
        print(json.dumps(taken))
        return
    print(describe())
    print(f"{options.flows:,} flows, median of {options.runs} runs, CPU time, one core")
    print(
        "policies   pods  rules  compile s  tables MB  lookup ns/address  verdict ns/flow  lookups+verdict ns/flow"
    )
    warm, policies = synthetic_cluster(5, 50)
    build(policies, warm)
    for n_policies, n_pods in SIZES:
        measure(n_policies, n_pods, options.flows, options.runs)


def lines(chosen: argparse.Namespace) -> Iterator[Line]:
    """Measure one size in a process of its own, and yield the lines of the table of all figures."""
    n_flows = 200_000 if chosen.quick else 2_000_000
    command = [sys.executable, __file__, "--json", "--flows", str(n_flows), "--runs", str(chosen.runs)]
    with pinned(ONE_CORE):
        child = subprocess.run(
            command, check=True, capture_output=True, text=True, env=environment(), cwd=ROOT
        )
    for stage, seconds in json.loads(child.stdout.splitlines()[-1]).items():
        what = "{}, {:,} policies, {:,} pods, 1 core".format(stage, *LINE)
        yield Line("verdicts", what, "", "cpu_s", [Sample(each, each, n_flows, 0) for each in seconds])


def measure(n_policies: int, n_pods: int, n_flows: int, runs: int) -> dict[str, list[float]]:
    """Print one line of the table; return the seconds of each run of each kernel, over all flows."""
    inventory, policies = synthetic_cluster(n_policies, n_pods)
    times = []
    for _ in range(3):
        start = time.process_time()
        tables = build(policies, inventory)
        times.append(time.process_time() - start)
    pool = connection_pool(inventory, policies)
    drawn = draw_flows(pool, n_flows)
    high, low = frozen(pool.high), frozen(pool.low)
    per_flow = frozen(pool.high[drawn.src]), frozen(pool.low[drawn.src])
    layout = tables.layout
    slots = slots_of(layout.addresses, high, low)
    opener_words, other_words = (
        frozen(layout.slots.opener_words[slots]),
        frozen(layout.slots.other_words[slots]),
    )
    flows = Flows(
        frozen(drawn.src),
        frozen(drawn.dst),
        opener_words,
        other_words,
        frozen(np.zeros(1, dtype=np.int64)),
        frozen(drawn.protocol),
        frozen(drawn.src_port),
        frozen(drawn.dst_port),
        frozen(_hints(drawn.tcp_flags)),
        frozen(np.full(n_flows, codes.OBSERVED_FORWARDED, dtype=np.uint8)),
    )
    places = np.empty(n_flows, dtype=np.int64)
    written = Verdicts(
        *(np.empty(n_flows, dtype=dtype) for dtype in (np.int32, np.int32, *[np.uint8] * 4)),
        np.zeros(len(layout.side_verdicts), dtype=np.int64),
        np.zeros(len(layout.side_verdicts), dtype=np.int64),
        np.zeros(codes.N_OBSERVED * codes.N_VERDICTS * codes.N_FINDINGS, dtype=np.int64),
    )
    classify(layout, flows, np.uint8(1), np.uint8(0), 0, places, written)
    _compare(inventory, policies, pool, drawn, written)
    lookups = _seconds(lambda: slots_of(layout.addresses, *per_flow), runs)
    # As an audit does: of flows that no report speaks of nothing is kept.
    least = np.uint8(codes.FINDING_VIOLATION)
    verdicts = _seconds(lambda: classify(layout, flows, np.uint8(1), least, 0, places, written), runs)
    lookup, verdict = (statistics.median(taken) / n_flows for taken in (lookups, verdicts))
    size = sum(
        array.nbytes for bundle in layout for array in (bundle if isinstance(bundle, tuple) else (bundle,))
    )
    print(
        f"{n_policies:>8,} {n_pods:>6,} {len(policies.rules):>6,} {statistics.median(times):>10.2f} {size / 1e6:>10.1f}"
        f" {lookup * 1e9:>18.1f} {verdict * 1e9:>16.1f} {(2 * lookup + verdict) * 1e9:>24.1f}"
    )
    return {"address lookup, one a flow": lookups, "verdict kernel": verdicts}


def _hints(tcp_flags: np.ndarray) -> np.ndarray:
    hints = np.zeros(len(tcp_flags), dtype=np.uint8)
    hints[(tcp_flags & 18) == 2] = codes.HINT_SOURCE_TCP_FLAGS
    hints[(tcp_flags & 18) == 18] = codes.HINT_DESTINATION_TCP_FLAGS
    return hints


def _compare(inventory: object, policies: object, pool: object, drawn: object, written: Verdicts) -> None:
    """Stop unless a sample of the verdicts equals the oracle's."""
    for place in np.linspace(0, len(drawn.src) - 1, SAMPLE).astype(int).tolist():
        swapped = written.opener[place] == codes.OPENER_DESTINATION
        ends = (drawn.dst, drawn.src) if swapped else (drawn.src, drawn.dst)
        port = drawn.src_port if swapped else drawn.dst_port
        source, destination = (_address(pool, int(end[place])) for end in ends)
        connection = Connection(source, destination, int(drawn.protocol[place]), int(port[place]))
        expected = evaluate(inventory, policies, connection)
        for outcome, side in (
            (written.egress[place], expected.egress),
            (written.ingress[place], expected.ingress),
        ):
            rule = int(outcome) - codes.OUTCOME_ALLOWED_BY_RULE
            found = (REASON_NAMES[min(outcome, codes.OUTCOME_ALLOWED_BY_RULE)], rule if rule >= 0 else None)
            if found != (side.reason.value, side.rule_id):
                raise SystemExit(f"flow {place}: compiled outcome {outcome}, oracle {side}")


def _address(pool: object, place: int) -> Address:
    value = int(pool.high[place]) << 64 | int(pool.low[place])
    return Address(4, value & 0xFFFFFFFF) if value >> 32 == 0xFFFF else Address(6, value)


def _seconds(call: object, runs: int) -> list[float]:
    taken = []
    for _ in range(runs):
        start = time.process_time()
        call()
        taken.append(time.process_time() - start)
    return taken


if __name__ == "__main__":
    main()
