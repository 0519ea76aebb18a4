"""The steps that run whole audits, and the messages of the service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.capacity import audits
from auditor.capacity.blocks import log_named
from auditor.capacity.machine import cores
from auditor.capacity.message_shapes import NO_FLOWS
from auditor.capacity.plan import MAIN
from auditor.capacity.results import COUNT, HIGHER, WALL, Figure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.capacity.inputs import Log
    from auditor.capacity.plan import Bench

_TIMES = 4


def start(bench: Bench) -> Iterator[Figure]:
    """Measure what a user waits for before anything is judged."""
    n_runs = bench.extent.audits
    runs = tuple(audits.help_text().wall_s for _ in range(n_runs))
    yield Figure("start", {"what": "auditor --help"}, "s", runs, WALL)
    if bench.own is None:
        given = bench.ready
        small = (bench.made.log(MAIN, "vpc-text", 4_000).path,)
        n_threads = len(cores()[:2])
        runs = tuple(audits.audit(given, small, n_threads, bench.own_node).wall_s for _ in range(n_runs))
        yield Figure("start", {"what": "audit of 1 MB of text, warm"}, "s", runs, WALL)
        labels, note = {"what": "the very first audit"}, "once: it compiles every kernel"
        if bench.extent.name == "full":
            cold = (audits.cold(given, small, bench.own_node).wall_s,)
            yield Figure("start", labels, "s", cold, WALL, note=note)
        else:
            why = "only with --full: it compiles every kernel, which takes half a minute"
            yield Figure("start", labels, "s", basis=WALL, why_not=why)


def whole(bench: Bench) -> Iterator[Figure]:
    """Measure memory and speed of whole audits with one thread and with more, and of processes side by side."""
    log, given = _largest(bench), bench.ready
    usable = len(cores())
    numbers = sorted({1, *(2**power for power in range(1, 7) if 2**power <= usable), usable})
    rates: dict[int, list[float]] = {n: [] for n in numbers}
    peaks: dict[int, list[float]] = {n: [] for n in numbers}
    steady: dict[int, list[float]] = {n: [] for n in numbers}
    sides: dict[int, list[float]] = {n: [] for n in numbers}
    n_flows = 0
    for _ in range(bench.extent.audits):
        for n in numbers:
            sample = audits.audit(given, (log.path,), n, bench.own_node)
            n_flows = sample.rows
            rates[n].append(n_flows / sample.stages["audit"]["wall_s"])
            peaks[n].append(float(sample.peak_bytes))
            if sample.steady_bytes:
                steady[n].append(float(sample.steady_bytes))
            if bench.extent.name == "full":
                sides[n].append(n * n_flows / audits.at_once(given, (log.path,), n, bench.own_node))
    words = log_named(log.format, log.compression)
    for n in numbers:
        labels = {"by": "threads", "threads": str(n)}
        yield Figure("scaling", labels, "flows/s", tuple(rates[n]), WALL, HIGHER, n_flows, note=words)
        labels = {"what": "peak", "threads": str(n)}
        yield Figure("memory", labels, "bytes", tuple(peaks[n]), COUNT, n_flows=n_flows, note=words)
        labels = {"what": "steady", "threads": str(n)}
        why = "" if steady[n] else "the system does not tell the memory of a process"
        yield Figure(
            "memory", labels, "bytes", tuple(steady[n]), COUNT, n_flows=n_flows, why_not=why, note=words
        )
        labels = {"by": "processes", "threads": str(n)}
        why = "" if sides[n] else "only with --full"
        note = f"{words}; whole processes, with loading and compiling"
        runs = tuple(sides[n])
        yield Figure("scaling", labels, "flows/s", runs, WALL, HIGHER, n_flows, why_not=why, note=note)


def _largest(bench: Bench) -> Log:
    """Return the log of which there is most to do: text, if there is some, for its reader is one thread."""
    if bench.own is None:
        # Long enough that what is done once a report does not hide what further threads give.
        return bench.made.log(MAIN, "vpc-text", _TIMES * bench.extent.rows["vpc-text"])
    texts = [log for log in bench.logs if log.format == "vpc-text"]
    return (texts or list(bench.logs))[0]


def messages(bench: Bench) -> Iterator[Figure]:
    """Measure messages of a topic to verdicts, by shape, without a network."""
    by_format = {log.format: log.path for log in reversed(bench.logs)}
    if not {"hubble-json", "vpc-text"} <= by_format.keys():
        why = "needs a Hubble and a VPC text log to make messages of"
        yield Figure("messages", {"shape": "any"}, "ns/flow", why_not=why)
        return
    given = bench.ready
    settings = {
        "policies": given.policies,
        "inventory": given.inventory,
        "pod_cidrs": given.pod_cidrs,
        "hubble": by_format["hubble-json"],
        "vpc_text": by_format["vpc-text"],
        "rounds": 2 + bench.extent.rounds,
        "own_node": bench.own_node,
    }
    for shape, found in bench.ask("messages", settings).items():
        if not found["n_flows"]:
            yield Figure("messages", {"shape": shape}, "ns/flow", why_not=NO_FLOWS)
            continue
        runs = tuple(1e9 * seconds / found["n_flows"] for seconds in found["seconds"])
        note = f"{found['n_messages']:,} messages; {found['n_rows'] - found['n_flows']:,} rows of them are no flows"
        labels = {"shape": shape}
        yield Figure(
            "messages", labels, "ns/flow", runs, n_flows=found["n_flows"], n_bytes=found["n_bytes"], note=note
        )
