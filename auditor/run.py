"""One audit: its rows as a stream, as a table, or as a report folder."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from auditor.about import VERSION
from auditor.errors import ConfigError, Position, RejectLimitError, SourceError
from auditor.inventory.networks import doubt_of_networks
from auditor.pipeline import Audit
from auditor.report import schema
from auditor.report.folder import ReportFolder
from auditor.report.run import Run as RunRecord
from auditor.report.run import Stage
from auditor.sources.files import find_files

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import polars as pl

    from auditor.config import AuditOptions
    from auditor.ir.model import Switches
    from auditor.pipeline import Progress
    from auditor.report.tally import Totals
    from auditor.sources.files import InputFile, SkippedFile
    from auditor.tables.tableset import TableSet


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended.

    Attributes
    ----------
    totals : Totals
        Its counts.
    summary : pyarrow.Table
        Its findings, grouped.
    record : report.run.Run
        Its inputs, times and what is missing.
    notes : tuple of str
        What a reader of the summary must know.
    """

    totals: Totals
    summary: pa.Table
    record: RunRecord
    notes: tuple[str, ...] = ()


class Run:
    """An audit, run when its rows are asked for; every pass reads the flow logs anew.

    Parameters
    ----------
    tables : TableSet
        Compiled policies and inventory.
    flows : sequence of str
        Paths of flow logs.
    options : AuditOptions
        Choices of the run.
    record : report.run.Run, optional
        A record begun earlier, with the stages before this one.
    """

    def __init__(
        self,
        tables: TableSet,
        flows: Sequence[str],
        options: AuditOptions,
        *,
        record: RunRecord | None = None,
    ) -> None:
        self._tables = tables
        self._flows = flows
        self._options = options
        self._record = record
        self._last: Audit | None = None
        self._has_read_pipe = False

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        """Run the audit; yield the rows to report, in the order of the input.

        Raises
        ------
        SourceError
            If a log is of no known format, or (at the end) if a part of one could not be read.
        """
        audit_pass = self._begin(None, {})
        yield from audit_pass.rows()
        self._last = audit_pass
        if audit_pass.missing:
            raise SourceError("; ".join(audit_pass.missing))

    def to_arrow(self) -> pa.Table:
        """Run the audit; return the rows to report."""
        return pa.Table.from_batches(list(self), schema.FLOWS)

    def to_polars(self) -> pl.DataFrame:
        """Run the audit; return the rows to report."""
        import polars as pl  # noqa: PLC0415  0.3 s, for those who ask for it

        frame = pl.from_arrow(self.to_arrow().unify_dictionaries())
        assert isinstance(frame, pl.DataFrame)
        return frame

    def summary(self) -> pa.Table:
        """Return the findings, grouped, worst first; runs the audit unless it has run."""
        return self._finished().summary.finish()

    @property
    def totals(self) -> Totals:
        """The counts; runs the audit unless it has run."""
        return self._finished().totals

    def write(
        self, out: str | os.PathLike[str], *, force: bool = False, progress: Progress | None = None
    ) -> Outcome:
        """Run the audit; write the report folder.

        Parameters
        ----------
        out : path
            The folder.
        force : bool
            Whether a report that is there may be replaced.
        progress : callable, optional
            Called with flows done and the share of the input done; what it raises ends the run, between two parts.

        Returns
        -------
        Outcome
            Counts, groups and the record; what could not be read is in ``record.missing``.

        Raises
        ------
        SinkError
            If the folder holds a report, or cannot be written.
        SourceError
            If a log is of no known format, all are empty, or not a row could be read.
        KeyboardInterrupt
            After what was finished has been written, marked incomplete.
        """
        record = self._record or RunRecord(VERSION, None, datetime.now(UTC).isoformat())
        record.fingerprint = self._tables.fingerprint
        record.options = {
            **self._tables.provenance.options,
            **_option_values(self._options, self._tables.switches),
        }
        clock, cpu = time.perf_counter(), time.process_time()
        with unless_empty(Path(out)), ReportFolder(Path(out), self._options.rows, force=force) as folder:
            record.skipped_files = dict(self._tables.provenance.skipped_files)
            audit_pass = self._begin(progress, record.skipped_files)
            stopped: BaseException | None = None
            try:
                for batch in audit_pass.rows():
                    folder.add(batch)
            except (KeyboardInterrupt, RejectLimitError) as error:
                stopped = error
            if stopped is None and audit_pass.missing and not audit_pass.totals.n_rows:
                raise SourceError("\n".join(audit_pass.missing))
            read_wall, read_cpu = time.perf_counter() - clock, time.process_time() - cpu
            self._complete(record, audit_pass, stopped)
            record.stages["audit"] = Stage(read_wall, read_cpu)
            record.wall_s = sum(stage.wall_s for stage in record.stages.values())
            record.cpu_s = sum(stage.cpu_s for stage in record.stages.values())
            folder.finish(self._tables, audit_pass.totals, audit_pass.summary, record)
        self._last = audit_pass
        if isinstance(stopped, KeyboardInterrupt):
            raise stopped
        summary = audit_pass.summary
        return Outcome(audit_pass.totals, summary.finish(), record, tuple(summary.notes))

    def _complete(self, record: RunRecord, audit_pass: Audit, stopped: BaseException | None) -> None:
        doubt = doubt_of_networks(self._tables.inventory)
        provenance = self._tables.provenance
        record.inputs = [*provenance.inputs, *audit_pass.inputs]
        record.warnings = [*provenance.warnings, *([doubt] if doubt else ()), *audit_pass.warnings]
        record.missing = list(audit_pass.missing)
        if isinstance(stopped, RejectLimitError):
            record.missing.append(str(stopped))
            return
        if stopped is not None:
            record.missing.append("the run was stopped before the end of its input")
        totals = audit_pass.totals
        if self._options.max_rejected.is_exceeded(totals.n_rejected, totals.n_rows):
            record.missing.append(
                f"`{totals.n_rejected}` of `{totals.n_rows}` rows were rejected, more than `--max-rejected "
                f"{self._options.max_rejected}`; rejected.arrow lists the reasons"
            )

    def _begin(self, progress: Progress | None, skipped: dict[str, str]) -> Audit:
        """Open the logs; ``skipped`` takes the files that are not read."""
        if not self._flows:
            raise ConfigError("expected flow logs, came none; `--flows` takes files, folders or patterns")
        account: list[SkippedFile] = []
        files = find_files(self._flows, account, as_streams=True)
        self._refuse_pipes_read(files)
        if not files:
            raise SourceError(
                "expected flow logs, came nothing: every file is empty", Position(account[-1].name)
            )
        skipped.update(account)
        begun = Audit(self._tables, files, self._options, progress)
        if begun.is_void:
            raise SourceError(
                "expected flow logs, came nothing: every file is empty", Position(files[-1].name)
            )
        return begun

    def _refuse_pipes_read(self, files: Sequence[InputFile]) -> None:
        """Refuse a second pass over what can be read once: it would find nothing, and say so of the flows."""
        pipe = next((file for file in files if file.is_stream), None)
        if pipe is not None and self._has_read_pipe:
            raise SourceError(
                "expected flow logs that can be read again, came a pipe that an earlier pass has read; write it to a "
                "file, or take everything from one pass",
                Position(pipe.name),
            )
        self._has_read_pipe = pipe is not None

    def _finished(self) -> Audit:
        if self._last is None:
            for _ in self:
                pass
        assert self._last is not None
        return self._last


@contextmanager
def unless_empty(folder: Path) -> Iterator[None]:
    """Remove what was created of ``folder`` and its parents, if what is done with it fails and leaves it empty."""
    # os.path: names that no folder can have are the business of who creates it.
    created = [path for path in (folder, *folder.parents) if not os.path.lexists(path)]
    try:
        yield
    except BaseException:
        with suppress(OSError, ValueError):
            for path in created:
                path.rmdir()
        raise


def _option_values(options: AuditOptions, switches: Switches) -> dict[str, Any]:
    return {
        "rows": options.rows,
        "replies": options.replies,
        "own_node": options.own_node or switches.own_node,
        "other_protocols": switches.other_protocols,
        "fail_on": list(options.fail_on),
        "max_rejected": str(options.max_rejected),
        "on_rejected": options.on_rejected,
        "hash": options.hash,
        "format": options.flows.format,
        "vpc_format": options.flows.vpc_format,
        "json_fields": options.flows.json_fields,
        "since": options.since,
        "until": options.until,
    }
