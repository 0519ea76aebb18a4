"""The whole story of a batch run: open, decode, classify, compare, tally, and hand on the rows to report.

::

    files -> [ FlowLog.parts -> part() -> classify -> reported ] -> in order -> Tally -> [ rows -> groups ] -> Summary
               a small pool of threads: whoever is free reads         one thread            the same pool
               the next part, and judges it

Memory is bounded by the parts in flight, never by the size of the input, and the order of rows is that of files and
parts, so that equal inputs give equal reports whatever the number of threads. ``reading.py`` is what runs where,
``reporting.py`` what is done with flows that a report speaks of.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from auditor.errors import Position, RejectLimitError, SourceError
from auditor.flows.sniff import EMPTY, open_flow_log
from auditor.reading import Reading
from auditor.report.reported import Reported, least_reported
from auditor.report.summary import Summary
from auditor.report.tally import Tally, Totals
from auditor.reporting import Reporting
from auditor.tables.provenance import Input
from auditor.verdicts.classify import classify
from kernels import codes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from concurrent.futures import Future

    import pyarrow as pa

    from auditor.config import AuditOptions
    from auditor.flows.schema import FlowBatch, FlowLog, FlowPart
    from auditor.report.groups import BatchGroups
    from auditor.sources.files import InputFile
    from auditor.tables.tableset import TableSet
    from auditor.verdicts.schema import VerdictBatch

Progress = Callable[[int, float], None]
"""Called between two parts, with the flows classified so far and the share of the input's bytes that is done, 0 if
nobody knows how many there will be; also now and then while a pipe gives nothing. What it raises ends the run: what
was read of the log is finished, no part is half counted."""

_FAR_AT_ONCE = 16
_FLOWS_LOOKED_AT = 4096


@dataclass(frozen=True, slots=True)
class _Done:
    """One finished part: its counts, the flows to report, and whether a pod was seen."""

    tally: Tally
    reported: Reported
    has_pod: bool


class Audit:
    """One pass over flow logs.

    Parameters
    ----------
    tables : TableSet
        Compiled policies and inventory.
    files : sequence of InputFile
        Flow logs, in the order of the report.
    options : AuditOptions
        Choices of the run.
    progress : callable, optional
        See ``Progress``.

    Attributes
    ----------
    tally : Tally
        Counts of what was finished so far.
    summary : Summary
        Groups of the rows that were handed on.
    missing : list of str
        What could not be read, with its place.
    inputs : list of Input
        The files begun so far.

    Raises
    ------
    SourceError
        If a file is of no known format: nothing is judged then, for a log that is left out unnoticed is worse.
    """

    def __init__(
        self,
        tables: TableSet,
        files: Sequence[InputFile],
        options: AuditOptions,
        progress: Progress | None = None,
    ) -> None:
        if options.own_node is not None:
            own_node = np.array([options.own_node == "allow"], dtype=np.uint8)
            own_node.flags.writeable = False
            tables = replace(tables, layout=tables.layout._replace(own_node=own_node))
        self._tables = tables
        self._options = options
        self._progress = progress
        self._files = files
        self._reading: Reading[_Done] | None = None
        self._stop: BaseException | None = None
        has_stream = any(file.is_stream for file in files)
        self._n_bytes = 0 if has_stream else max(1, sum(file.size for file in files))
        self._n_bytes_done = 0.0
        self._has_pod = False
        self.tally = Tally.create(len(tables.policies.rules))
        self.summary = Summary()
        self.missing: list[str] = []
        self._warned: dict[str, list[str]] = {}
        self.inputs: list[Input] = []
        self._logs = list(zip(files, self._all_opened(), strict=True))

    def _all_opened(self) -> list[FlowLog]:
        """Find out the format of every log; many objects of a store are asked at once, for each takes a while."""
        n_far = sum(file.may_wait for file in self._files)
        if n_far <= 1:
            return [self._opened(file) for file in self._files]
        pool = ThreadPoolExecutor(min(n_far, _FAR_AT_ONCE), thread_name_prefix="open")
        try:
            return list(pool.map(self._opened, self._files))
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _opened(self, file: InputFile) -> FlowLog:
        """Find out the format of a log, and go on asking whether to stop while a pipe gives nothing."""
        file.watch = self._look
        try:
            return open_flow_log(file, self._options.flows)
        except SourceError:
            if self._stop is not None:
                raise self._stop from None
            raise
        finally:
            file.watch = None

    @property
    def is_void(self) -> bool:
        """Whether all there is to read are pipes that have given nothing."""
        return all(file.is_stream and log.format == EMPTY for file, log in self._logs)

    @property
    def totals(self) -> Totals:
        """Counts of what was finished so far."""
        return self.tally.finish()

    @property
    def warnings(self) -> list[str]:
        """What a user must know about the logs, each once, with the first file it is about."""
        warnings = [
            f"{warning} - at {files[0]}" + (f" and {len(files) - 1} more" if len(files) > 1 else "")
            for warning, files in self._warned.items()
        ]
        n_flows = int(self.tally.flows.sum())
        if n_flows and not self._has_pod:
            warnings.append(
                f"none of the {n_flows:,} flows has a pod of the inventory at either end; is the inventory of the same "
                "cluster and time?"
            )
        return warnings

    def rows(self) -> Iterator[pa.RecordBatch]:
        """Read, judge and count everything; yield the rows to report, in the order of the input.

        Raises
        ------
        RejectLimitError
            At the first rejected row, if the options say so.
        """
        options = self._options
        with Reading(self._logs, self._judge, _weight, options.threads, options.hash, self._look) as reading:
            self._reading = reading
            if self._stop is not None and not self._files[0].is_stream:
                reading.stop()  # asked for while the logs were opened: what a pipe has given is finished
            reporting = Reporting(self._tables, reading, options.threads)
            for done in self._finished(reading):
                self.tally.merge(done.tally)
                self._has_pod |= done.has_pod
                self._check_rejected(done.tally)
                if isinstance(self._stop, RejectLimitError):
                    break
                yield from self._summed(reporting.add(done.reported))
                self._look()
            yield from self._summed(reporting.rest())
            if self._stop is None:
                self._end(reading, len(self._logs) - 1)
        if self._stop is not None:
            raise self._stop

    def _summed(self, named: Iterator[tuple[pa.RecordBatch, BatchGroups]]) -> Iterator[pa.RecordBatch]:
        for batch, groups in named:
            self.summary.merge(groups)
            yield batch

    def _look(self) -> None:
        """Show progress; what it raises is kept until what was read is finished."""
        if self._progress is None or self._stop is not None:
            return
        try:
            share = self._n_bytes_done / self._n_bytes if self._n_bytes else 0.0
            self._progress(int(self.tally.flows.sum()), share)
        except BaseException as error:  # noqa: BLE001 - raised again by `rows`
            self._halt(error)

    def _halt(self, error: BaseException) -> None:
        self._stop = error
        for file in self._files:
            file.stop()
        if self._reading is not None:
            self._reading.stop()

    def _finished(self, reading: Reading[_Done]) -> Iterator[_Done]:
        """Yield finished parts in order; a part that cannot be read is missing, and the next one goes on."""
        n_bytes_before = 0
        for place, (file, log) in enumerate(self._logs):
            size = None if file.is_stream else file.size
            self.inputs.append(Input("flows", file.name, size, None, log.format, self._options.hash))
            try:
                for future, share in reading.parts(place):
                    done = self._result(future)
                    self._n_bytes_done = n_bytes_before + file.size * share
                    if done is not None:
                        yield done
            finally:
                for warning in log.warnings:
                    self._warned.setdefault(warning, []).append(log.file)
            n_bytes_before += file.size
            if self._stop is None and place + 1 < len(self._logs):
                self._end(reading, place)
            if self._stop is not None:
                return

    def _end(self, reading: Reading[_Done], place: int) -> None:
        """Note the hash of a log, and what else is wrong with it: of the last one when all else is done."""
        digest, problems = reading.end(place)
        self.missing.extend(text for text in map(str, problems) if text not in self.missing)
        self.inputs[place] = replace(self.inputs[place], digest=digest)

    def _result(self, future: Future[_Done]) -> _Done | None:
        """Return what a thread found; None if it could not read, which is then missing."""
        try:
            return future.result()
        except SourceError as error:
            self.missing.append(str(error))
            return None

    def _judge(self, part: FlowPart) -> _Done:
        """Decode and classify one part, and choose the flows to report; runs on a thread of the pool."""
        flows = part()
        if self._options.flows.window is not None:
            flows = self._options.flows.window.cut(flows)
        least = least_reported(self._options.rows)
        verdicts = classify(self._tables, flows, self._options.replies, least_finding=least)
        has_pod = self._has_pod or _has_pod(self._tables, flows, verdicts)
        return _Done(Tally.of(flows, verdicts), Reported.of(flows, verdicts), has_pod)

    def _check_rejected(self, tally: Tally) -> None:
        """Stop at the first rejected row if none may be; what was judged before it is reported."""
        if self._options.on_rejected != "fail":
            return
        for file, entry in tally.files.items():
            rejected = entry.account.rejected.items()
            first = min(((min(found.rows), reason) for reason, found in rejected), default=None)
            if first is not None:
                row, reason = first
                self._stop = RejectLimitError(
                    f"expected no rejected row under `--on-rejected fail`, came one: {reason}",
                    Position(file, row),
                )


def _has_pod(tables: TableSet, flows: FlowBatch, verdicts: VerdictBatch) -> bool:
    """Return whether a pod is at an end of any flow.

    Asked of the ends themselves: the outcome of a pod's side is unknown-address too, if the other end is that.
    """
    for slots, ends in ((verdicts.src_slots, flows.src_codes), (verdicts.dst_slots, flows.dst_codes)):
        is_pod = tables.slots.kind[slots] == codes.KIND_POD
        # Most flows have a pod: hardly ever more than the first few are looked at.
        starts = range(0, len(ends), _FLOWS_LOOKED_AT)
        if any(bool(is_pod[ends[start : start + _FLOWS_LOOKED_AT]].any()) for start in starts):
            return True
    return False


def _weight(done: _Done) -> int:
    """Return how many bytes a finished part keeps."""
    return done.reported.n_bytes + done.tally.n_bytes
