"""What one member of the service works with: where messages come from, where segments go, who it is."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

from auditor.errors import SinkError

if TYPE_CHECKING:
    from auditor.service.metrics import Metrics
    from auditor.service.options import StreamOptions
    from auditor.service.storage import Storage
    from auditor.sources.kafka_messages import MessageSource, Partition
    from auditor.tables.tableset import TableSet


class Clock(Protocol):
    """Time, for tests to set."""

    def now_s(self) -> float:
        """Return seconds that never go back."""
        ...

    def now_ms(self) -> int:
        """Return milliseconds since 1970."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class SystemClock:
    """The clock of this machine."""

    def now_s(self) -> float:
        """Return seconds that never go back."""
        return time.monotonic()

    def now_ms(self) -> int:
        """Return milliseconds since 1970."""
        return time.time_ns() // 1_000_000

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


class Newer(Protocol):
    """Where newer tables come from."""

    def take(self) -> TableSet | None:
        """Return tables newer than those taken before, None if there are none."""
        ...


class UnwrittenError(SinkError):
    """What was complete could not be written before the time to stop was over; it is read again at the next start."""


class Gap(NamedTuple):
    """Offsets that were written down as missing, and why."""

    partition: Partition
    start: int
    end: int
    reason: str


@dataclass(frozen=True, slots=True)
class Member:
    """One member of the service.

    Attributes
    ----------
    source : MessageSource
        Where messages come from.
    storage : Storage
        Where segments go.
    writer : str
        Who it is: another for every run of the program.
    options : StreamOptions
        Choices.
    metrics : Metrics
        What is counted.
    clock : Clock
        Of this machine by default.
    gaps : list of Gap
        What it wrote down as missing.
    """

    source: MessageSource
    storage: Storage
    writer: str
    options: StreamOptions
    metrics: Metrics
    clock: Clock = field(default_factory=SystemClock)
    gaps: list[Gap] = field(default_factory=list)
