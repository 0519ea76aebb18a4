"""How compiling, tables and verdicts grow along one axis: the points of it in one process, by turns."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from auditor.capacity.compiled import bytes_of
from auditor.capacity.gate import Gate
from auditor.capacity.inputs import Made
from auditor.capacity.stopwatch import Stopwatch, slowed
from auditor.compiler.build import build
from auditor.flows.options import FlowOptions
from auditor.flows.schema import Account, Addresses, Evidence, FlowBatch
from auditor.flows.sniff import open_flow_log
from auditor.ir.model import Inventory, PolicySet, Switches
from auditor.loading import load
from auditor.sources.files import find_files
from auditor.strings import Strings
from auditor.synthetic.columns import address_texts
from auditor.synthetic.flows import draw_flows
from auditor.synthetic.shapes import Shape
from auditor.verdicts.classify import classify
from auditor.verdicts.lookup import look_up
from kernels import codes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from auditor.synthetic.flows import Flows
    from auditor.tables.tableset import TableSet

BATCH = 1 << 18
BUILDS_S = 4.0
"""Compiling is repeated up to three times, if that takes no longer."""


def run(settings: dict[str, Any]) -> dict[str, Any]:
    """Measure.

    Parameters
    ----------
    settings : dict
        ``points``: shapes as dicts, with ``folder`` and ``connections`` of their pools; or ``shares`` of the policies
        of ``policies``, ``inventory`` and ``log``. ``n_flows``, ``rounds``, ``seed``, ``own_node``, ``gate_s``.

    Returns
    -------
    dict
        ``points``: for each ``compile``, ``lookup`` and ``classify`` (CPU seconds of each run), ``tables`` (bytes by
        component), ``n_flows``, ``n_addresses``, ``n_policies``, ``n_rules``, ``n_compared``, ``differences``.
    """
    made = _own(settings) if "shares" in settings else _generated(settings)
    slow = slowed()
    found = []
    for tables, compile_s, batches in made:
        gate = Gate(tables, settings["seed"], settings["gate_s"])
        for batch in batches:
            gate.see(batch, classify(tables, batch))
        found.append(
            {
                "compile": compile_s,
                "lookup": [],
                "classify": [],
                "tables": bytes_of(tables),
                "n_flows": sum(batch.n_flows for batch in batches),
                "n_addresses": sum(_n_addresses(batch) for batch in batches),
                "n_policies": len(tables.policies.policies),
                "n_rules": len(tables.policies.rules),
                "n_compared": gate.n_compared,
                "differences": gate.differences[:5],
            }
        )
    for _ in range(settings["rounds"]):
        for point, (tables, _, batches) in zip(found, made, strict=True):
            watch = Stopwatch(slow=slow)
            for batch in batches:
                watch.start()
                lookup = look_up(tables, batch)
                watch.lap("lookup")
                classify(tables, batch, lookup=lookup)
                watch.lap("classify")
            for stage in ("lookup", "classify"):
                runs = point[stage]
                assert isinstance(runs, list)
                runs.append(watch.seconds[stage])
    return {"points": found}


def _generated(settings: dict[str, Any]) -> list[tuple[TableSet, list[float], list[FlowBatch]]]:
    made = Made(Path(settings["folder"]), settings["seed"], settings["connections"])
    found = []
    for point in settings["points"]:
        inventory, policies, pool = made.world(Shape(**point))
        tables, compile_s = _built(policies, inventory, settings["own_node"])
        flows = draw_flows(pool, settings["n_flows"], settings["seed"], 0.01 if pool.is_denied.any() else 0.0)
        found.append((tables, compile_s, batches_of(flows)))
    return found


def _own(settings: dict[str, Any]) -> list[tuple[TableSet, list[float], list[FlowBatch]]]:
    loaded = load(settings["policies"], settings["inventory"], pod_networks=settings["pod_cidrs"])
    batches: list[FlowBatch] = []
    (file,) = find_files([settings["log"]])
    for part in open_flow_log(file, FlowOptions()).parts():
        batches.append(part())
        if sum(batch.n_flows for batch in batches) >= settings["n_flows"]:
            break
    order = np.random.default_rng(settings["seed"]).permutation(len(loaded.policies.policies)).tolist()
    found = []
    for share in settings["shares"]:
        kept = sorted(order[: max(1, round(len(order) * share))])
        chosen = replace(loaded.policies, policies=tuple(loaded.policies.policies[place] for place in kept))
        tables, compile_s = _built(chosen, loaded.inventory or Inventory(), settings["own_node"])
        found.append((tables, compile_s, batches))
    return found


def _built(policies: PolicySet, inventory: Inventory, own_node: str) -> tuple[TableSet, list[float]]:
    compile_s: list[float] = []
    begun = time.process_time()
    tables = build(policies, inventory, Switches(own_node=own_node))
    first_s = time.process_time() - begun
    while len(compile_s) < 3 and sum(compile_s) < BUILDS_S and first_s < BUILDS_S:  # noqa: PLR2004  see BUILDS_S
        begun = time.process_time()
        tables = build(policies, inventory, Switches(own_node=own_node))
        compile_s.append(time.process_time() - begun)
    return tables, compile_s or [first_s]


def batches_of(flows: Flows) -> list[FlowBatch]:
    """Return drawn flows as batches, without a log: as a decoder would hand them on, all forwarded."""
    texts = Strings.of(pa.array(address_texts(flows.high, flows.low), pa.string()))
    addresses = Addresses(flows.high, flows.low, texts)
    n_flows = len(flows.src)
    hints = np.zeros(n_flows, dtype=np.uint8)
    hints[(flows.tcp_flags & 18) == 2] = codes.HINT_SOURCE_TCP_FLAGS  # noqa: PLR2004  SYN alone
    hints[(flows.tcp_flags & 18) == 18] = codes.HINT_DESTINATION_TCP_FLAGS  # noqa: PLR2004  SYN and ACK

    def cut(column: NDArray[Any], first: int) -> NDArray[Any]:
        return np.ascontiguousarray(column[first : first + BATCH])

    return [
        FlowBatch(
            file="drawn",
            account=Account(n_rows=min(BATCH, n_flows - first)),
            rows=np.arange(first + 1, min(first + BATCH, n_flows) + 1),
            src_codes=cut(flows.src, first),
            dst_codes=cut(flows.dst, first),
            sources=addresses,
            destinations=addresses,
            protocol=cut(flows.protocol, first),
            src_port=cut(flows.src_port, first),
            dst_port=cut(flows.dst_port, first),
            opener_hint=cut(hints, first),
            observed=np.full(min(BATCH, n_flows - first), codes.OBSERVED_FORWARDED, dtype=np.uint8),
            weight=None,
            evidence=_no_evidence,
        )
        for first in range(0, n_flows, BATCH)
    ]


def _no_evidence(flows: NDArray[np.int64]) -> Evidence:  # noqa: ARG001  nobody asks for it
    raise AssertionError("drawn flows are not reported")


def _n_addresses(batch: FlowBatch) -> int:
    n_sources = len(batch.sources.high)
    return n_sources if batch.destinations is batch.sources else n_sources + len(batch.destinations.high)
