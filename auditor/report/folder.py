"""The report folder: which files it holds, and when they appear."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Self

from auditor.errors import Position, SinkError
from auditor.report import schema
from auditor.report.rules import rejected_table, rules_table
from auditor.report.run import run_document, run_json
from auditor.sinks.arrow import ROWS_PER_FILE, Folder, RollingTable, partial_name

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

    from auditor.report.run import Run
    from auditor.report.summary import Summary
    from auditor.report.tally import Totals
    from auditor.tables.tableset import TableSet

PREFIXES = {"violations": "violations", "all": "verdicts"}
"""Start of the names of flow files, by ``--rows``."""

_FILES_OF_ALL = 16
"""As many times longer are the files of ``--rows all``, for there are a hundred times as many rows to hold."""

SUMMARY = "summary.arrow"
RULES = "rules.arrow"
REJECTED = "rejected.arrow"
RUN = "run.json"

_OURS = re.compile(r"(?:(?:violations|verdicts)-\d{5,}|summary|rules|rejected)\.arrow|run\.json")


class ReportFolder:
    """A report being written.

    Flow files appear as they fill, the rest when the report is finished, ``run.json`` last: a folder without
    it is what a killed run left. A former report is removed when the first file of the new one is about to
    appear, so a run that fails early leaves it alone.

    Parameters
    ----------
    out : pathlib.Path
        The folder; created if it does not exist. Files that belong to no report stay and do no harm.
    rows : {'violations', 'all'}
        Which flows will come; names the flow files.
    force : bool
        Whether a report that is there may be replaced.
    rows_per_file : int, optional
        After how many rows the next flow file begins; ``ROWS_PER_FILE``, and sixteen times as many of all flows.

    Raises
    ------
    SinkError
        If the folder holds a report and ``force`` is not set, or if nothing can be written there.
    """

    def __init__(
        self, out: Path, rows: str = "violations", *, force: bool = False, rows_per_file: int | None = None
    ) -> None:
        self._folder = Folder(out)
        try:
            if not force:
                _refuse_report(self._folder)
            self._folder.check_writable()
        except BaseException:
            self._folder.close()
            raise
        if rows_per_file is None:
            rows_per_file = ROWS_PER_FILE * (_FILES_OF_ALL if rows == "all" else 1)
        self._rows = RollingTable(self._folder, PREFIXES[rows], schema.FLOWS, rows_per_file)
        self._is_cleared = False

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the folder; what is not finished stays as it is."""
        self._rows.close()
        self._folder.close()

    @property
    def n_rows(self) -> int:
        """How many flow rows were added."""
        return self._rows.n_rows

    def add(self, batch: pa.RecordBatch) -> None:
        """Take flow rows, in the order they shall stand in the files.

        Parameters
        ----------
        batch : pyarrow.RecordBatch
            Of ``schema.FLOWS``.

        Raises
        ------
        SinkError
            If a file cannot be written.
        """
        self._clear()
        self._rows.add(batch)

    def finish(self, tables: TableSet, totals: Totals, summary: Summary, run: Run) -> None:
        """Write everything that is left.

        Parameters
        ----------
        tables : TableSet
            Whose rules are listed.
        totals : Totals
            Counts of the run.
        summary : Summary
            Of the rows that were added.
        run : Run
            Record of the run.

        Raises
        ------
        SinkError
            If a file cannot be written.
        """
        self._clear()
        # By the thread that writes flow files, while groups are summed up.
        self._rows.finish()
        self._rows.aside(self._write_lists, tables, totals)
        self._folder.write_table(SUMMARY, summary.finish())
        self._rows.settle()
        self._folder.write_text(RUN, run_json(run_document(run, totals, summary.notes)))

    def abort(self, reason: str, tables: TableSet, totals: Totals, summary: Summary, run: Run) -> None:
        """Write what was finished so far, marked incomplete.

        Parameters
        ----------
        reason : str
            Why the run ended: a sentence for ``missing``.
        tables, totals, summary, run
            As in ``finish``.
        """
        run.missing.append(reason)
        self.finish(tables, totals, summary, run)

    def _write_lists(self, tables: TableSet, totals: Totals) -> None:
        self._folder.write_table(RULES, rules_table(tables, totals))
        self._folder.write_table(REJECTED, rejected_table(totals))

    def _clear(self) -> None:
        """Remove the former report, once, its run.json first: it never looks complete while it is not."""
        if self._is_cleared:
            return
        names = self._folder.names()
        former = [name for name in names if _OURS.fullmatch(name)]
        partial = [name for name in names if _is_partial(name)]
        for name in sorted([*former, *partial], key=lambda name: name != RUN):
            self._folder.remove(name)
        self._is_cleared = True


def _refuse_report(folder: Folder) -> None:
    former = [name for name in folder.names() if _OURS.fullmatch(name)]
    if former:
        raise SinkError(
            f"expected a folder without a report, found `{former[0]}`; `--force` replaces the report",
            Position(str(folder.path)),
        )


def _is_partial(name: str) -> bool:
    final = name[1 : -len(".partial")]
    return partial_name(final) == name and _OURS.fullmatch(final) is not None
