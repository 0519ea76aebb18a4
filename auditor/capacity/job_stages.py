"""What reading, compiling and each stage of an audit cost, for some logs of one cluster, by turns."""

from __future__ import annotations

import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from auditor.capacity.compiled import compiled
from auditor.capacity.gate import Gate
from auditor.capacity.stages import inflate, pass_over
from auditor.capacity.stopwatch import Stopwatch, slowed

if TYPE_CHECKING:
    from auditor.capacity.stages import Passed

LOOP = 400_000
"""Turns of a loop of Python: what it takes says how fast the machine is just now, whatever this program does."""


def run(settings: dict[str, Any]) -> dict[str, Any]:
    """Measure.

    Parameters
    ----------
    settings : dict
        ``policies``, ``inventory``, ``pod_cidrs``, ``logs`` (lists of str), ``rounds``, ``seed``, ``max_flows``,
        ``own_node``, ``gated`` (paths), ``gate_s``.

    Returns
    -------
    dict
        ``load``, ``compile``: CPU seconds. ``tables``: bytes by component. ``logs``: for each the ``passes`` of the
        rounds (see ``Passed``) and ``inflate``, with ``gate``: rows compared and differences. ``loop``: CPU seconds.
    """
    tables, found = compiled(settings)
    logs: list[str] = settings["logs"]
    passes: list[list[Passed]] = [[] for _ in logs]
    inflated: list[list[float]] = [[] for _ in logs]
    gates = [Gate(tables, settings["seed"], settings["gate_s"]) for _ in logs]
    loops: list[float] = []
    slow = slowed()
    with tempfile.TemporaryDirectory(prefix="auditor-bench-") as folder:
        out = Path(folder) / "report"

        def once(path: str, gate: Gate | None) -> Passed:
            cpu, wall = Stopwatch(slow=slow), Stopwatch(time.perf_counter)
            see = None if gate is None else gate.see
            return pass_over(tables, path, out, cpu, wall, max_flows=settings["max_flows"], see=see)

        for path, gate in zip(logs, gates, strict=True):
            # A first pass that is not counted: kernels are compiled or loaded, the file is in the page cache.
            once(path, gate if path in settings["gated"] else None)
        for _ in range(settings["rounds"]):
            loops.append(_loop())
            for place, path in enumerate(logs):
                passes[place].append(once(path, None))
                inflated[place].append(inflate(path, time.process_time))
    return found | {
        "loop": loops,
        "logs": [
            {
                "path": path,
                "passes": [asdict(each) for each in passes[place]],
                "inflate": inflated[place],
                "n_compared": gates[place].n_compared,
                "differences": gates[place].differences[:5],
            }
            for place, path in enumerate(logs)
        ],
    }


def _loop() -> float:
    begun = time.process_time()
    total = 0
    for each in range(LOOP):
        total += each & 3
    assert total == int(np.arange(LOOP).__and__(3).sum())
    return time.process_time() - begun
