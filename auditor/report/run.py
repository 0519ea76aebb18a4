"""The record of a run: what went in, what came out, what is missing and how long it took.

The only part of a report that holds times of the run itself.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from auditor.report import schema
from auditor.safe import utf8
from auditor.tables.provenance import Input

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditor.report.tally import FileTally, Totals

__all__ = ["Input", "Run", "Stage", "flows_per_second", "run_document", "run_json"]


@dataclass(frozen=True, slots=True)
class Stage:
    """Seconds a stage took: on the clock, and of processors, over all its threads."""

    wall_s: float
    cpu_s: float


@dataclass(slots=True)
class Run:
    """What a report says of its run beside the counts; filled while it goes on.

    Attributes
    ----------
    engine_version : str
        Of this program.
    fingerprint : str or None
        Of the tables; None if there were none yet.
    started : str
        RFC 3339, UTC.
    options : dict
        Every option by name, as it took effect: text, numbers, truths and lists of these.
    inputs : list of Input
        In the order they were read.
    skipped_files : dict of str to str
        Files that were found and not read: the reason, by name.
    stages : dict of str to Stage
        By name of the stage.
    wall_s, cpu_s : float
        Seconds of the whole run.
    warnings : list of str
        What a user must know.
    missing : list of str
        What the report lacks; the run is complete if there is nothing.
    """

    engine_version: str
    fingerprint: str | None
    started: str
    options: dict[str, Any] = field(default_factory=dict)
    inputs: list[Input] = field(default_factory=list)
    skipped_files: dict[str, str] = field(default_factory=dict)
    stages: dict[str, Stage] = field(default_factory=dict)
    wall_s: float = 0.0
    cpu_s: float = 0.0
    warnings: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """Whether everything asked for is in the report."""
        return not self.missing


def run_document(run: Run, totals: Totals, notes: Sequence[str] = ()) -> dict[str, Any]:
    """Return the record of a run as plain values.

    Parameters
    ----------
    run : Run
        Of the run.
    totals : Totals
        Its counts.
    notes : sequence of str
        Further warnings, of the summary.
    """
    document = {
        "schema": schema.VERSION,
        "engine": {"name": "auditor", "version": run.engine_version},
        "fingerprint": run.fingerprint,
        "complete": run.is_complete,
        "missing": list(run.missing),
        "warnings": [*run.warnings, *notes],
        "options": dict(run.options),
        "inputs": [_input(found) for found in run.inputs],
        "skipped_files": dict(run.skipped_files),
        "files": [_account(file, entry) for file, entry in totals.files.items()],
        "rows": {
            "read": totals.n_rows,
            "classified": totals.n_flows,
            "skipped": totals.skipped,
            "rejected": totals.rejected,
        },
        "flows": {
            "classified": totals.n_flows,
            "weight": totals.weight,
            "verdict": totals.verdicts,
            "finding": totals.findings,
            "observed": totals.observed,
            "egress_reason": totals.egress_reasons,
            "ingress_reason": totals.ingress_reasons,
        },
        "losses": totals.losses,
        "time": {
            "started": run.started,
            "wall_s": run.wall_s,
            "cpu_s": run.cpu_s,
            "flows_per_second": flows_per_second(run, totals),
            "stages": {name: asdict(stage) for name, stage in run.stages.items()},
        },
    }
    stored: dict[str, Any] = _stored(document)
    return stored


def run_json(document: dict[str, Any]) -> bytes:
    """Return the bytes of ``run.json``: UTF-8, keys sorted, indented."""
    return msgspec.json.format(msgspec.json.encode(document, order="sorted"), indent=2) + b"\n"


def flows_per_second(run: Run, totals: Totals) -> int | None:
    """Return flows classified a second of the whole run; None before its time is known."""
    return round(totals.n_flows / run.wall_s) if run.wall_s > 0 else None


def _input(found: Input) -> dict[str, Any]:
    """Return a file that was read, with its hash under the name of the algorithm."""
    hashed = {} if found.algorithm == "none" else {found.algorithm: found.digest}
    return {
        "role": found.role,
        "file": found.file,
        "size_bytes": found.size_bytes,
        **hashed,
        "format": found.format,
    }


def _account(file: str, entry: FileTally) -> dict[str, Any]:
    account = entry.account
    return {
        "file": file,
        "rows": account.n_rows,
        "classified": entry.n_flows,
        "skipped": account.skipped,
        "rejected": {reason: rejected.count for reason, rejected in account.rejected.items()},
        "losses": account.losses,
    }


def _stored(value: Any) -> Any:  # noqa: ANN401 - plain values of any depth
    """Return ``value`` with all text fit for UTF-8."""
    if isinstance(value, str):
        return utf8(value)
    if isinstance(value, dict):
        return {utf8(str(key)): _stored(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_stored(inner) for inner in value]
    return value
