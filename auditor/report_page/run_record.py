"""What ``run.json`` holds, as far as the page says it; what is of another kind than it should be is refused."""

from __future__ import annotations

from typing import Any

import msgspec

from auditor.report.schema import WORST_FIRST


class Rows(msgspec.Struct, frozen=True):
    """Rows of the logs: read, and what became of them; by reason."""

    read: int
    classified: int
    skipped: dict[str, int]
    rejected: dict[str, int]


class Flows(msgspec.Struct, frozen=True):
    """Rows that are flows, by verdict, finding and what was observed; ``weight`` is how many flows they stand for."""

    classified: int
    weight: int
    verdict: dict[str, int]
    finding: dict[str, int]
    observed: dict[str, int]

    def __post_init__(self) -> None:
        """Refuse counts that leave a finding out."""
        missing = [name for name in WORST_FIRST if name not in self.finding]
        if missing:
            raise ValueError(f"expected a count of `{missing[0]}`, found none")


class InputRecord(msgspec.Struct, frozen=True):
    """A file that was read."""

    role: str
    file: str
    size_bytes: int | None = None
    format: str | None = None
    blake3: str | None = None
    sha256: str | None = None


class FileRecord(msgspec.Struct, frozen=True):
    """What became of the rows of a flow log."""

    file: str
    rows: int
    classified: int
    skipped: dict[str, int]
    rejected: dict[str, int]
    losses: dict[str, int]


class StageRecord(msgspec.Struct, frozen=True):
    """Seconds a stage took."""

    wall_s: float
    cpu_s: float


class TimeRecord(msgspec.Struct, frozen=True):
    """When the run was, and how long it took."""

    started: str
    wall_s: float | None = None
    cpu_s: float | None = None
    flows_per_second: int | None = None
    stages: dict[str, StageRecord] = {}


class RunRecord(msgspec.Struct, frozen=True):
    """The record of a run; see ``auditor.report.run``."""

    schema: str
    engine: dict[str, str]
    fingerprint: str | None
    complete: bool
    missing: list[str]
    warnings: list[str]
    options: dict[str, Any]
    inputs: list[InputRecord]
    skipped_files: dict[str, str]
    files: list[FileRecord]
    rows: Rows
    flows: Flows
    losses: dict[str, int]
    time: TimeRecord
