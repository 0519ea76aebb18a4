"""What a decoder hands on: equal-length columns ready for the kernels, and an account of every row it read.

Dtypes, order and missing values are fixed here, at the border; kernels check nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from auditor.strings import Strings
from kernels.times import TIME_UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from auditor.flows.row_range import RowRange

NOT_SAID = TIME_UNKNOWN
"""What evidence has where the log does not say: a number that is taken for no time and no counter."""

MAX_POSITIONS = 5
"""Sample positions kept for each reason of rejection in each file."""


class Addresses(NamedTuple):
    """The distinct addresses of one column of a batch.

    Attributes
    ----------
    high, low : ndarray of uint64, shape (A,)
        Upper and lower half of the 128-bit address; IPv4 is held as ``::ffff:a.b.c.d``.
    texts : Strings, A of them
        As the log wrote them, for reports.
    origin : object or None
        Of two with the same origin the shorter is the beginning of the longer: whoever remembers what was found of one
        looks up what is new in the other.
    """

    high: NDArray[np.uint64]
    low: NDArray[np.uint64]
    texts: Strings
    origin: object = None

    @classmethod
    def joined(cls, parts: Sequence[Addresses]) -> Addresses:
        """Return the addresses of all parts, one after the other."""
        return cls(
            np.concatenate([part.high for part in parts]),
            np.concatenate([part.low for part in parts]),
            Strings.joined([part.texts for part in parts]),
        )


class Evidence(NamedTuple):
    """What a report row says beyond the verdict; loaded only for the rows that are reported.

    Each is as long as the asked rows, ``NOT_SAID`` where the log does not say.

    Attributes
    ----------
    time_start, time_end : ndarray of int64
        Nanoseconds since 1970.
    bytes, packets : ndarray of int64
        Counters of the record.
    """

    time_start: NDArray[np.int64]
    time_end: NDArray[np.int64]
    bytes: NDArray[np.int64]
    packets: NDArray[np.int64]


class EvidenceSource(Protocol):
    """Loads the evidence of chosen flows of one batch."""

    def __call__(self, flows: NDArray[np.int64]) -> Evidence:
        """Return the evidence of ``flows`` (int64 places in the batch, ascending)."""
        ...


@dataclass(slots=True)
class Rejected:
    """Rows of one file that could not be decoded, for one reason.

    Attributes
    ----------
    reason : str
        A short sentence without values, e.g. ``source address is no IP address``: the key of a group.
    count : int
        How many rows.
    rows : list of int
        Line or row numbers (from 1) of the first ``MAX_POSITIONS``.
    """

    reason: str
    count: int = 0
    rows: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Account:
    """Where every row went: ``n_rows`` = flows + sum of ``skipped`` + sum of ``rejected``.

    Attributes
    ----------
    n_rows : int
        Rows (lines that are not blank, records) that were read.
    skipped : dict of str to int
        Rows that are no flow, by reason, e.g. ``header``, ``NODATA``, ``l7-record``.
    rejected : dict of str to Rejected
        Rows that nobody understands, by reason.
    losses : dict of str to int
        What the log itself says it lost, by cause, e.g. ``lost_events PERF_EVENT_RING_BUFFER`` (events) or
        ``SKIPDATA`` (capture windows).
    """

    n_rows: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    rejected: dict[str, Rejected] = field(default_factory=dict)
    losses: dict[str, int] = field(default_factory=dict)

    def skip(self, reason: str, count: int = 1) -> None:
        """Count rows that are no flow."""
        if count:
            self.skipped[reason] = self.skipped.get(reason, 0) + count

    def lose(self, cause: str, count: int = 1) -> None:
        """Count a loss that the log reports."""
        self.losses[cause] = self.losses.get(cause, 0) + count

    def reject(self, reason: str, rows: list[int], count: int | None = None) -> None:
        """Count rejected rows; ``rows`` are the first of them, ``count`` all of them if more."""
        found = len(rows) if count is None else count
        if not found:
            return
        entry = self.rejected.setdefault(reason, Rejected(reason))
        entry.count += found
        entry.rows.extend(rows[: MAX_POSITIONS - len(entry.rows)])

    def add(self, other: Account) -> None:
        """Add the account of a later part of the same file."""
        self.n_rows += other.n_rows
        for reason, count in other.skipped.items():
            self.skip(reason, count)
        for cause, count in other.losses.items():
            self.lose(cause, count)
        for entry in other.rejected.values():
            self.reject(entry.reason, entry.rows, entry.count)

    @property
    def n_rejected(self) -> int:
        """How many rows were rejected."""
        return sum(entry.count for entry in self.rejected.values())


@dataclass(frozen=True, slots=True)
class FlowBatch:
    """Flows of one file, F of them, and the account of the rows they came from.

    Attributes
    ----------
    file : str
        The file they came from, as messages and reports name it.
    account : Account
        All rows behind this batch, the skipped and rejected among them.
    rows : ndarray of int64, shape (F,), or RowRange
        Line or row number of each flow in the file, from 1, ascending.
    src_codes, dst_codes : ndarray of int32, shape (F,)
        Places in ``sources`` and ``destinations``; every one valid.
    sources, destinations : Addresses
        Distinct addresses; the same object where a decoder keeps one dictionary for both columns.
    protocol : ndarray of uint8, shape (F,)
        IANA number.
    src_port, dst_port : ndarray of uint16, shape (F,)
        0 where the protocol has none or the log does not say.
    opener_hint : ndarray of uint8, shape (F,)
        ``codes.HINT_*``.
    observed : ndarray of uint8, shape (F,)
        ``codes.OBSERVED_*``.
    weight : ndarray of int64, shape (F,), or None
        How many flows each row stands for (aggregation, sampling); None is 1 for all.
    evidence : EvidenceSource
        Loads what reports add.
    """

    file: str
    account: Account
    rows: NDArray[np.int64] | RowRange
    src_codes: NDArray[np.int32]
    dst_codes: NDArray[np.int32]
    sources: Addresses
    destinations: Addresses
    protocol: NDArray[np.uint8]
    src_port: NDArray[np.uint16]
    dst_port: NDArray[np.uint16]
    opener_hint: NDArray[np.uint8]
    observed: NDArray[np.uint8]
    weight: NDArray[np.int64] | None
    evidence: EvidenceSource

    @property
    def n_flows(self) -> int:
        """How many flows the batch holds."""
        return len(self.rows)


class FlowPart(Protocol):
    """An independently decodable part of a flow log; called on a worker thread, once."""

    def __call__(self) -> FlowBatch:
        """Decode the part."""
        ...


class FlowLog(Protocol):
    """One open flow log of a known format.

    ``parts`` runs on one thread and does the reading that must be sequential (decompression, cutting at line ends,
    headers that change the columns); each part it yields can be decoded on any thread. The parts, in order, cover the
    file exactly once, and what they decode to does not depend on where the cuts fall.
    """

    @property
    def file(self) -> str:
        """The name that messages and reports use."""
        ...

    @property
    def format(self) -> str:
        """Name of the log format, e.g. ``vpc-text``, ``vpc-parquet``, ``hubble-json``, ``generic-parquet``."""
        ...

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a user must know about this log (complete once every part was decoded)."""
        ...

    @property
    def share_read(self) -> float:
        """Share of the file, 0 to 1, that the parts yielded so far cover."""
        ...

    def parts(self) -> Iterator[FlowPart]:
        """Yield the parts in file order; raises SourceError where the file cannot be read any further."""
        ...
