"""The steps of the plan: each asks a process of its own, or a whole audit, and makes figures of what comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from auditor.capacity.plan import COMPRESSIONS, MAIN
from auditor.capacity.results import COUNT, NEITHER, WALL, Figure
from auditor.capacity.sizing import predicted_ns
from auditor.capacity.stages import FINISH, MAX_FLOWS, STAGES
from auditor.capacity.statistics import noise
from auditor.errors import SourceError
from auditor.synthetic.flows import Traffic

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from auditor.capacity.inputs import Given, Log
    from auditor.capacity.plan import Bench

N_PROCESSES = 2
"""Processes that measure the same stages one after the other: by how much they differ is part of the noise."""


class DifferenceError(SourceError):
    """Rows differ from the oracle: no speed is printed for them."""


def inputs(bench: Bench) -> Iterator[Figure]:
    """Generate a cluster and its logs, or take what the user has."""
    extent, made = bench.extent, bench.made
    bench.given = bench.own or made.cluster(MAIN)
    bench.logs = (
        bench.own.logs
        if bench.own
        else tuple(
            made.log(MAIN, log_format, rows, compression)
            for log_format, rows in extent.rows.items()
            for compression in COMPRESSIONS[log_format]
        )
    )
    yield from ()


def stages(bench: Bench) -> Iterator[Figure]:
    """Measure every stage of every log."""
    logs = bench.logs
    gated = logs if bench.own else [log for log in logs if log.compression in ("none", "zstd")]
    found = []
    for number in range(N_PROCESSES):
        # The last process stays, for what comes after.
        bench.close()
        found.append(
            _asked_stages(bench, bench.ready, logs, () if number else gated, is_same=bench.own is None)
        )
    facts = {name: found[0][name] for name in ("n_policies", "n_rules", "n_pods")}
    bench.results.facts.update(facts)
    yield from _once(found)
    for place, log in enumerate(logs):
        yield from _of_log(log, [each["logs"][place] for each in found])
    yield from _noise(found, len(logs))
    loops = tuple(1e3 * seconds for each in found for seconds in each["loop"])
    note = "a loop of Python that has nothing to do with this program: how fast the machine was just then"
    yield Figure("noise", {"what": "reference loop"}, "ms", loops, better=NEITHER, note=note)


def _noise(found: list[dict[str, Any]], n_logs: int) -> Iterator[Figure]:
    """Yield by how much equal runs differ: every other run of a process, and one process beside the other."""
    totals = [
        [[sum(each["cpu"].values()) for each in one["logs"][place]["passes"]] for one in found]
        for place in range(n_logs)
    ]
    for what, note, pairs in (
        (
            "difference of equal runs, by turns",
            "every other run of the same log in one process; an entry each log and process",
            [(runs[::2], runs[1::2]) for log in totals for runs in log],
        ),
        (
            "difference of equal runs",
            "the same log in two processes, one after the other; an entry each log",
            [(log[0], log[1]) for log in totals],
        ),
    ):
        floors = tuple(noise(first, second) for first, second in pairs)
        yield Figure("noise", {"what": what}, "share", floors, COUNT, NEITHER, note=note)


def _asked_stages(
    bench: Bench, given: Given, logs: Sequence[Log], gated: Sequence[Log], *, is_same: bool = False
) -> dict[str, Any]:
    """Ask for the stages of logs; if those of a format hold the same rows, their counts must be the same."""
    settings = {
        "policies": given.policies,
        "inventory": given.inventory,
        "pod_cidrs": given.pod_cidrs,
        "logs": [log.path for log in logs],
        "gated": [log.path for log in gated],
        "gate_s": bench.extent.gate_s,
        "rounds": bench.extent.rounds,
        "seed": bench.seed,
        "max_flows": MAX_FLOWS,
        "own_node": bench.own_node,
    }
    found = bench.ask("stages", settings)
    counts: dict[str, set[str]] = {}
    for log, one in zip(logs, found["logs"], strict=True):
        if one["differences"]:
            raise DifferenceError("rows differ from the oracle: " + "; ".join(one["differences"]))
        counts.setdefault(log.format, set()).add(one["passes"][0]["counts"])
    if is_same and any(len(each) > 1 for each in counts.values()):
        raise DifferenceError("the same rows were counted differently when they were compressed differently")
    return found


def _once(found: list[dict[str, Any]]) -> Iterator[Figure]:
    for name in ("load", "compile"):
        runs = tuple(seconds for each in found for seconds in each[name])
        yield Figure("once", {"what": name}, "s", runs)
    passes = [one for each in found for log in each["logs"] for one in log["passes"]]
    yield Figure("once", {"what": FINISH}, "s", tuple(one["cpu"][FINISH] for one in passes))
    for component, n_bytes in found[0]["tables"].items():
        yield Figure("tables", {"component": component}, "bytes", (float(n_bytes),), COUNT)


def _of_log(log: Log, found: list[dict[str, Any]]) -> Iterator[Figure]:
    passes = [one for each in found for one in each["passes"]]
    n_flows, n_bytes = passes[0]["n_flows"], int(passes[0]["n_bytes"])
    named = {"log": log.format, "compression": log.compression}
    if not n_flows:
        yield Figure("stage", {**named, "stage": "total"}, "ns/flow", why_not="the log holds no flow")
        return
    n_compared = sum(each["n_compared"] for each in found)
    note = (
        f"{n_compared} rows equal the oracle's" if n_compared else "counts equal those of the rows compared"
    )

    def figure(stage: str, seconds: list[float], basis: str = "cpu") -> Figure:
        runs = tuple(1e9 * each / n_flows for each in seconds)
        labels = {**named, "stage": stage}
        return Figure("stage", labels, "ns/flow", runs, basis, n_flows=n_flows, n_bytes=n_bytes, note=note)

    for stage in STAGES:
        yield figure(stage, [one["cpu"].get(stage, 0.0) for one in passes])
    yield figure("inflate", [seconds for each in found for seconds in each["inflate"]])
    yield figure(
        "total", [sum(one["cpu"][stage] for stage in STAGES if stage in one["cpu"]) for one in passes]
    )
    walls = [sum(one["wall"][stage] for stage in STAGES if stage in one["wall"]) for one in passes]
    yield figure("total, wall", walls, WALL)
    share = passes[0]["n_reported"] / n_flows
    yield Figure("reported", named, "share of flows", (share,), COUNT, NEITHER, n_flows)
    yield Figure(
        "addresses", named, "flows an address", (n_flows / passes[0]["n_addresses"],), COUNT, NEITHER, n_flows
    )


def growth(bench: Bench, axis: str) -> Iterator[Figure]:
    """Measure compiling, tables and verdicts along an axis of the cluster."""
    settings: dict[str, Any] = {
        "n_flows": bench.extent.flows,
        "rounds": 2 * bench.extent.rounds,
        "seed": bench.seed,
        "own_node": bench.own_node,
        "gate_s": bench.extent.gate_s,
    }
    if bench.own is None:
        from dataclasses import asdict  # noqa: PLC0415 - for generated clusters only

        points = bench.extent.axes[axis]
        settings |= {"points": [asdict(shape) for _, shape in points], "folder": str(bench.made.folder)}
        settings |= {"connections": bench.made.most}
        places = [at for at, _ in points]
    else:
        shares = (0.25, 0.5, 1.0)
        given = bench.own
        settings |= {"shares": shares, "policies": given.policies, "inventory": given.inventory}
        settings |= {"pod_cidrs": given.pod_cidrs, "log": bench.logs[0].path}
        places = []
    found = bench.ask("growth", settings)["points"]
    for place, point in enumerate(found):
        if point["differences"]:
            raise DifferenceError("rows differ from the oracle: " + "; ".join(point["differences"]))
        at = places[place] if places else str(point["n_policies"])
        note = f"{point['n_compared']} rows equal the oracle's; {point['n_rules']:,} rules"
        n_flows = point["n_flows"]

        def named(what: str, at: str = at) -> dict[str, str]:
            return {"axis": axis, "at": at, "what": what}

        runs = [1e9 * (a + b) / n_flows for a, b in zip(point["lookup"], point["classify"], strict=True)]
        yield Figure("growth", named("classify"), "ns/flow", tuple(runs), n_flows=n_flows, note=note)
        yield Figure("growth", named("compile"), "s", tuple(point["compile"]), note=note)
        n_bytes = float(sum(point["tables"].values()))
        yield Figure("growth", named("tables"), "bytes", (n_bytes,), COUNT, note=note)


def traffic(bench: Bench) -> Iterator[Figure]:
    """Measure whole passes over Parquet of other traffic: more violations, other addresses."""
    extent = bench.extent
    # Several axes begin with the same traffic: it is measured once.
    logs = {
        drawn: bench.made.log(MAIN, "vpc-parquet", extent.rows["vpc-parquet"], "zstd", drawn)
        for _, _, drawn in extent.traffics
    }
    found = _asked_stages(bench, bench.ready, list(logs.values()), list(logs.values()))
    by_traffic = dict(zip(logs, found["logs"], strict=True))
    for axis, at, drawn in extent.traffics:
        log = by_traffic[drawn]
        n_flows = log["passes"][0]["n_flows"]
        note = (
            f"{log['n_compared']} rows equal the oracle's; {log['passes'][0]['n_reported']:,} flows reported"
        )
        for what, chosen in (
            ("total", tuple(STAGES)),
            ("classify", ("lookup", "classify")),
            ("report", ("report", "write")),
        ):
            runs = tuple(
                1e9 * sum(one["cpu"].get(stage, 0.0) for stage in chosen) / n_flows for one in log["passes"]
            )
            labels = {"axis": axis, "at": at, "what": what}
            yield Figure("growth", labels, "ns/flow", runs, n_flows=n_flows, note=note)


def held_back(bench: Bench) -> Iterator[Figure]:
    """Predict a configuration that no figure was made of, then measure it."""
    assert bench.extent.held_back is not None
    shape, log_format, compression, denied = bench.extent.held_back
    given = bench.made.cluster(shape)
    log = bench.made.log(shape, log_format, bench.extent.rows[log_format], compression, Traffic(denied))
    found = _asked_stages(bench, given, [log], [log])
    passes = found["logs"][0]["passes"]
    n_flows = passes[0]["n_flows"]
    predicted = predicted_ns(
        bench.results, log_format, compression, shape.n_policies, passes[0]["n_reported"] / n_flows
    )
    runs = tuple(1e9 * sum(one["cpu"].get(stage, 0.0) for stage in STAGES) / n_flows for one in passes)
    share = passes[0]["n_reported"] / n_flows
    words = f"{shape.n_policies:,} policies, {log_format}, {compression}, {share:.1%} reported"
    why = "" if predicted else "a part of the formula was not measured"
    labels = {"what": "predicted"}
    yield Figure(
        "heldback",
        labels,
        "ns/flow",
        (predicted,) if predicted else (),
        COUNT,
        NEITHER,
        why_not=why,
        note=words,
    )
    yield Figure("heldback", {"what": "measured"}, "ns/flow", runs, n_flows=n_flows, note=words)
