"""The segment of a partition that is being filled."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from auditor.report.reported import Reported
from auditor.report.tally import Tally

if TYPE_CHECKING:
    from auditor.service.judging import Judged, Refused
    from auditor.service.options import StreamOptions
    from auditor.tables.tableset import TableSet

_MAX_PARTS = 256
"""Parts that wait as they came before they are joined: each costs some 10 KB in objects, however few its flows."""


@dataclass(slots=True)
class Opened:
    """What was judged of a partition since its last segment, with one set of policies.

    Attributes
    ----------
    tables : TableSet
        What all of it was judged by.
    start, end : int
        The positions before and after.
    since_s : float
        When the first message came, on the clock of the service.
    tally : Tally
        Counts.
    reported : list of Reported
        The flows that get rows, in order.
    n_rows : int
        How many these are.
    refused : list of Refused
        Messages of which rows were rejected, by offset.
    n_messages, n_bytes : int
        How many messages, and the bytes of their values.
    first_ms, last_ms : int
        Least and greatest time of a message, since 1970; -1 if none has one.
    """

    tables: TableSet
    start: int
    end: int
    since_s: float
    tally: Tally
    reported: list[Reported] = field(default_factory=list)
    n_rows: int = 0
    refused: list[Refused] = field(default_factory=list)
    n_messages: int = 0
    n_bytes: int = 0
    first_ms: int = -1
    last_ms: int = -1

    @classmethod
    def at(cls, tables: TableSet, start: int, now_s: float) -> Opened:
        """Return an empty segment."""
        return cls(tables, start, start, now_s, Tally.create(len(tables.policies.rules)))

    @property
    def is_empty(self) -> bool:
        """Whether no offset is in it."""
        return self.end == self.start

    def add(self, judged: Judged, now_s: float) -> None:
        """Take what comes next."""
        assert judged.start == self.end, f"messages begin at {judged.start}, the segment ends at {self.end}"
        if self.is_empty:
            self.since_s = now_s
        self.end = judged.end
        self.tally.merge(judged.tally)
        self.reported.extend(judged.reported)
        self.n_rows += sum(len(part) for part in judged.reported)
        if len(self.reported) > _MAX_PARTS:
            self.reported = [Reported.joined(self.reported)]
        self.refused.extend(judged.refused)
        self.n_messages += judged.n_messages
        self.n_bytes += judged.n_bytes
        if judged.first_ms >= 0:
            self.first_ms = judged.first_ms if self.first_ms < 0 else min(self.first_ms, judged.first_ms)
            self.last_ms = max(self.last_ms, judged.last_ms)

    def is_due(self, options: StreamOptions, now_s: float) -> bool:
        """Return whether it is to be published."""
        return not self.is_empty and (
            self.n_rows >= options.roll_rows
            or self.n_bytes >= options.roll_bytes
            or now_s - self.since_s >= options.roll_s
        )
