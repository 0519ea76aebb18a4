"""The step that measures what others would use on the same logs, after it has found the same."""

from __future__ import annotations

from contextlib import ExitStack
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from auditor.capacity.child import Worker
from auditor.capacity.peers.contest import CONTESTS, OURS, Contender, contenders, differences
from auditor.capacity.plan import MAIN
from auditor.capacity.results import LOWER, NEITHER, Figure
from auditor.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.capacity.inputs import Log
    from auditor.capacity.plan import Bench

QUERIED = "vpc-parquet"
"""The format whose peers judge too, by rules that were worked out for generated clusters."""
NOT_OURS = "the queries are written for generated clusters"


def peers(bench: Bench) -> Iterator[Figure]:
    """Measure the peers of each format on its plain log, of Parquet on the first."""
    settings: dict[str, Any] = {
        "policies": bench.ready.policies,
        "inventory": bench.ready.inventory,
        "pod_cidrs": bench.ready.pod_cidrs,
        "own_node": bench.own_node,
        "rules": str(bench.made.rules(MAIN)) if bench.own is None else "",
    }
    seen = set()
    for log in bench.logs:
        is_fitting = log.format == QUERIED or log.compression == "none"
        if log.format in CONTESTS and log.format not in seen and is_fitting:
            seen.add(log.format)
            yield from _contest(bench, log, settings | {"contest": log.format, "path": log.path})


def _contest(bench: Bench, log: Log, settings: dict[str, Any]) -> Iterator[Figure]:
    """Measure all contenders of a log by turns, each in a process of its own."""
    found = contenders(log.format, settings)
    with ExitStack() as stack:
        workers: dict[str, Worker | Bench] = {}
        whys: dict[str, str] = {}
        expected: dict[str, Any] = {}
        for name, contender in found.items():
            why = _why_not(bench, log, contender)
            if not why:
                # This program is measured where its kernels are loaded and the policies compiled.
                workers[name] = bench if name == OURS else stack.enter_context(Worker())
                try:
                    # This run is not counted: libraries are imported, the file is in the page cache.
                    asked = workers[name].ask("peers", settings | {"name": name, "is_checked": True})
                    expected = expected or asked["checks"]
                    why = "; ".join(differences(expected, asked["checks"]))
                except SourceError as error:
                    if name == OURS:
                        raise
                    why = str(error)
            whys[name] = why and f"no figure: {why}"
        runs: dict[str, list[float]] = {name: [] for name in found}
        for _ in range(bench.extent.peer_runs):
            for name, worker in workers.items():
                if whys[name]:
                    continue
                seconds, whys[name] = _seconds(worker, settings, name)
                runs[name] = [] if whys[name] else [*runs[name], 1e9 * seconds / max(1, expected["rows"])]
    for name, contender in found.items():
        yield Figure(
            "peers",
            {"log": log.format, "compression": log.compression, "by": name or "this program"},
            "ns/row",
            tuple(runs[name]),
            better=NEITHER if name else LOWER,
            n_flows=expected["flows"],
            why_not=whys[name],
            note=contender.better,
        )


def _seconds(worker: Worker | Bench, settings: dict[str, Any], name: str) -> tuple[float, str]:
    """Return the seconds of a contender, or why there are none."""
    try:
        return float(worker.ask("peers", settings | {"name": name, "is_checked": False})["seconds"]), ""
    except SourceError as error:
        if name == OURS:
            raise
        return 0.0, f"no figure: {error}"


def _why_not(bench: Bench, log: Log, contender: Contender) -> str:
    """Return why a contender is not asked at all; nothing if it is."""
    if contender.needs and find_spec(contender.needs) is None:
        return f"`{contender.needs}` is not installed; `pip install {contender.needs}` installs it"
    if bench.own is not None and log.format == QUERIED and contender.needs:
        return NOT_OURS
    return ""
