"""The span of time that an audit is about: which flows are judged, and which are none of its business."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

from auditor.errors import ConfigError
from auditor.flows.evidence import KeptEvidence
from auditor.flows.schema import NOT_SAID, Account, Addresses, FlowBatch
from auditor.strings import Strings

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    from auditor.flows.schema import Evidence, EvidenceSource

OUTSIDE = "outside --since and --until"
"""Why a flow is skipped."""

_TIME = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[Tt ](?P<clock>[0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(?:\.(?P<fraction>[0-9]{1,9}))?"
    r"(?P<zone>[Zz]|[+-][0-9]{2}:[0-9]{2})?)?",
    re.ASCII,
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NS = 1_000_000_000
_FIRST, _LAST = -(2**63), 2**63 - 1


@runtime_checkable
class TimeSource(Protocol):
    """Evidence that can load times without counters."""

    def times(self, flows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return when ``flows`` (int64 places in the batch, ascending) began and ended."""
        ...


@dataclass(frozen=True, slots=True)
class Window:
    """A span of time; flows that touch it are inside.

    Attributes
    ----------
    since : int
        Its first nanosecond since 1970.
    until : int
        The first nanosecond behind it.
    """

    since: int = _FIRST
    until: int = _LAST + 1

    def excludes(self, first: int, last: int) -> bool:
        """Return whether all that happened from ``first`` to ``last`` (nanoseconds since 1970) is outside."""
        return last < self.since or first >= self.until

    def cut(self, flows: FlowBatch) -> FlowBatch:
        """Return the flows inside, and those of unknown time; count the others as skipped.

        Parameters
        ----------
        flows : FlowBatch
            Its account is added to.
        """
        if not flows.n_flows:
            return flows
        every = np.arange(flows.n_flows, dtype=np.int64)
        start, end = _times(flows.evidence, every)
        # A flow of one known time happened then; which of two is earlier is not for the log to promise.
        start, end = np.where(start == NOT_SAID, end, start), np.where(end == NOT_SAID, start, end)
        first, last = np.minimum(start, end), np.maximum(start, end)
        is_outside = np.zeros(len(first), np.bool_)
        if self.since > _FIRST:
            is_outside |= last < self.since
        if self.until <= _LAST:
            is_outside |= first >= self.until
        is_outside &= start != NOT_SAID
        if not is_outside.any():
            return flows
        kept = np.flatnonzero(~is_outside)
        flows.account.skip(OUTSIDE, flows.n_flows - len(kept))
        columns = (
            "rows",
            "src_codes",
            "dst_codes",
            "protocol",
            "src_port",
            "dst_port",
            "opener_hint",
            "observed",
        )
        return replace(
            flows,
            **{name: getattr(flows, name)[kept] for name in columns},
            weight=None if flows.weight is None else flows.weight[kept],
            evidence=_Kept(flows.evidence, kept),
        )


@dataclass(frozen=True, slots=True)
class _Kept:
    """Evidence of the flows that were kept."""

    evidence: EvidenceSource
    kept: NDArray[np.int64]

    def __call__(self, flows: NDArray[np.int64]) -> Evidence:
        return self.evidence(self.kept[flows])


@dataclass(frozen=True, slots=True)
class SkippedPart:
    """Rows that lie outside the window, as the file says of them together: they are counted, not read.

    Attributes
    ----------
    file : str
        As messages name it.
    n_rows : int
        How many.
    """

    file: str
    n_rows: int

    def __call__(self) -> FlowBatch:
        """Return no flow, and the account of the rows."""
        account = Account(n_rows=self.n_rows)
        account.skip(OUTSIDE, self.n_rows)
        none = np.zeros(0, np.uint64)
        addresses = Addresses(none, none, Strings.empty(0))
        small, ports, places = np.zeros(0, np.uint8), np.zeros(0, np.uint16), np.zeros(0, np.int32)
        return FlowBatch(
            file=self.file,
            account=account,
            rows=np.zeros(0, np.int64),
            src_codes=places,
            dst_codes=places,
            sources=addresses,
            destinations=addresses,
            protocol=small,
            src_port=ports,
            dst_port=ports,
            opener_hint=small,
            observed=small,
            weight=None,
            evidence=KeptEvidence(None, None, None, None),
        )


def _times(evidence: EvidenceSource, flows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    if isinstance(evidence, TimeSource):
        return evidence.times(flows)
    found = evidence(flows)
    return found.time_start, found.time_end


def read_window(since: str | date | None, until: str | date | None) -> Window | None:
    """Return the span of time that a user means, None if it is all of it.

    Parameters
    ----------
    since, until : str, date, datetime, or None
        RFC 3339, or a date; UTC where there is no zone.

    Raises
    ------
    ConfigError
        One of them is no time, or they hold nothing between them.
    """
    if since is None and until is None:
        return None
    window = Window(
        _FIRST if since is None else _parsed(since, "since"),
        _LAST + 1 if until is None else _parsed(until, "until"),
    )
    if window.since >= window.until:
        raise ConfigError(f"expected `--since` before `--until`, came `{since}` and `{until}`")
    return window


def _parsed(given: str | date, name: str) -> int:
    text = given.strip() if isinstance(given, str) else given.isoformat()
    found = _TIME.fullmatch(text)
    try:
        if found is None:
            raise ValueError  # noqa: TRY301 - the sentence is the same
        clock, zone = found["clock"] or "00:00", found["zone"] or "Z"
        moment = datetime.fromisoformat(f"{found['day']}T{clock}{zone.upper().replace('Z', '+00:00')}")
    except ValueError:
        raise ConfigError(
            f"expected a time such as `2026-01-05T08:00:00Z`, or a date, for `--{name}`, came `{text}`"
        ) from None
    fraction = int((found["fraction"] or "").ljust(9, "0"))
    return (moment - _EPOCH) // timedelta(seconds=1) * _NS + fraction
