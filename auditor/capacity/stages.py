"""One log through the audit on one thread, each stage timed apart: the same functions that the pipeline calls.

The pipeline runs them on several threads at once; here nothing overlaps, so that the seconds of a stage are its own.
"""

from __future__ import annotations

from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from blake3 import blake3

from auditor.about import VERSION
from auditor.flows.options import FlowOptions
from auditor.flows.sniff import open_flow_log
from auditor.report.folder import ReportFolder
from auditor.report.reported import Reported, least_reported
from auditor.report.run import Run
from auditor.report.summary import Summary
from auditor.report.tally import Tally
from auditor.reporting import Reporting
from auditor.sources.files import find_files
from auditor.verdicts.classify import classify
from auditor.verdicts.lookup import look_up

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from auditor.capacity.stopwatch import Stopwatch
    from auditor.flows.schema import FlowBatch, FlowLog, FlowPart
    from auditor.reporting import Named
    from auditor.sources.files import InputFile
    from auditor.tables.tableset import TableSet
    from auditor.verdicts.schema import VerdictBatch

STAGES = {
    "read": "open, inflate, hash, cut at line ends",
    "decode": "bytes to columns: scanner, or pages of Parquet",
    "lookup": "owner of each distinct address",
    "classify": "verdict, reason and rule of each flow",
    "tally": "counts",
    "report": "names and groups of the flows that are reported",
    "write": "rows of the report to the disk",
}
"""What each does, in the order a flow meets them."""

FINISH = "finish"
"""What is done once a report, however long the log: summary, rules, the record of the run."""

IN_ORDER = ("vpc-text", "hubble-json", "generic-csv", "generic-json")
"""Formats that are read front to back, and hashed on the way."""
HASH = "blake3"
PIECE = 1 << 20
MAX_FLOWS = 4_000_000
"""Of one log that is not ours: enough for steady figures, whatever its length."""


@dataclass(frozen=True, slots=True)
class Passed:
    """What one pass over a log came to.

    Attributes
    ----------
    format : str
        As recognised.
    n_rows, n_flows, n_reported : int
        Rows read, flows among them, and flows that got a row in the report.
    n_addresses : int
        Distinct addresses looked up, over all batches.
    n_bytes : float
        Bytes on the disk.
    share : float
        How much of the log was read.
    cpu, wall : dict of str to float
        Seconds by stage.
    counts : str
        Hash of every count of the report: equal for equal rows, however they were compressed.
    """

    format: str
    n_rows: int
    n_flows: int
    n_reported: int
    n_addresses: int
    n_bytes: float
    share: float
    cpu: dict[str, float]
    wall: dict[str, float]
    counts: str


class AtOnce(Executor):
    """Does what it is given at once, on the thread that gives it."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:  # noqa: ANN401
        """Return a future that is done."""
        done: Future[Any] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


class _Watches:
    """Two clocks that always lap together."""

    def __init__(self, cpu: Stopwatch, wall: Stopwatch) -> None:
        self.cpu, self.wall = cpu, wall

    def lap(self, stage: str) -> None:
        self.cpu.lap(stage)
        self.wall.lap(stage)


def pass_over(
    tables: TableSet,
    path: str,
    out: Path,
    cpu: Stopwatch,
    wall: Stopwatch,
    *,
    max_flows: int = MAX_FLOWS,
    see: Callable[[FlowBatch, VerdictBatch], None] | None = None,
) -> Passed:
    """Audit a log on this thread.

    Parameters
    ----------
    tables : TableSet
        Compiled policies and inventory.
    path : str
        The log.
    out : Path
        A folder for the report; one that is there is replaced.
    cpu, wall : Stopwatch
        Take the seconds of each of ``STAGES``, and of ``FINISH``.
    max_flows : int
        After how many flows the rest is left.
    see : callable, optional
        Given every batch with its verdicts, outside the time.
    """
    (file,) = find_files([path])
    watches = _Watches(cpu, wall)
    tally, summary, counts = Tally.create(len(tables.policies.rules)), Summary(), [0, 0]
    reporting = Reporting(tables, AtOnce(), 1)
    with ReportFolder(out, force=True) as folder:

        def write(named: Iterator[Named]) -> None:
            while (made := next(named, None)) is not None:
                watches.lap("report")
                folder.add(made[0])
                summary.merge(made[1])
                watches.lap("write")
            watches.lap("report")

        log = _opened(file, watches)
        parts = log.parts()

        def read() -> FlowPart | None:
            part = next(parts, None)
            if file.late is not None:
                file.late.catch_up()  # its hash is a part of reading it
            return part

        watches.cpu.start()
        watches.wall.start()
        while tally.flows.sum() < max_flows and (part := read()) is not None:
            watches.lap("read")
            batch = part()
            watches.lap("decode")
            lookup = look_up(tables, batch)
            watches.lap("lookup")
            verdicts = classify(tables, batch, lookup=lookup, least_finding=least_reported("violations"))
            watches.lap("classify")
            tally.add(batch, verdicts)
            watches.lap("tally")
            write(reporting.add(Reported.of(batch, verdicts)))
            counts[0] += len(verdicts.finding)
            counts[1] += len(lookup.openers)
            if see is not None:
                see(batch, classify(tables, batch, lookup=lookup))
                watches.cpu.start()
                watches.wall.start()
        watches.lap("read")
        write(reporting.rest())
        share = log.share_read
        if log.format not in IN_ORDER:
            file.digest(HASH)
            watches.lap("read")
        totals = tally.finish()
        folder.finish(tables, totals, summary, Run(VERSION, tables.fingerprint, ""))
        watches.lap(FINISH)
    return Passed(
        log.format,
        totals.n_rows,
        totals.n_flows,
        counts[0],
        counts[1],
        file.size * share,
        share,
        dict(cpu.seconds),
        dict(wall.seconds),
        blake3(tally.flows.tobytes() + tally.sides.tobytes()).hexdigest(),
    )


def inflate(path: str, clock: Callable[[], float]) -> float:
    """Return the seconds of inflating a log and doing nothing with it: a part of ``read``."""
    (file,) = find_files([path])
    buffer = memoryview(bytearray(PIECE))
    begun = clock()
    with file.open() as stream:
        while stream.readinto(buffer):
            pass
    return clock() - begun


def _opened(file: InputFile, watches: _Watches) -> FlowLog:
    watches.cpu.start()
    watches.wall.start()
    log = open_flow_log(file, FlowOptions())
    if log.format in IN_ORDER:
        file.hash_as_read(HASH)
    watches.lap("read")
    return log
