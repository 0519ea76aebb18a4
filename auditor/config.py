"""What a user may choose about an audit, with its defaults; flags, environment and files only fill these in."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from auditor.errors import ConfigError
from auditor.flows.options import FlowOptions
from auditor.sources.raw import HASHES

if TYPE_CHECKING:
    from collections.abc import Sequence

ROWS = ("violations", "all")
REPLIES = ("infer", "as-recorded")
OWN_NODE = ("allow", "judge")
OTHER_PROTOCOLS = ("strict", "ignore")
FAIL_ON = ("violation", "misdropped", "undecided", "rejected", "never")
ON_REJECTED = ("quarantine", "fail")

MAX_THREADS = 8
"""More threads than this wait for each other: rows are put in order, counted and written on one."""

_LIMIT = re.compile(r"(?P<number>[0-9]{1,18}(?:\.[0-9]{1,18})?)(?P<percent>%?)")


@dataclass(frozen=True, slots=True)
class RejectLimit:
    """How many rejected rows a run may have and still be complete.

    Attributes
    ----------
    share : float or None
        As a share of all rows read.
    count : int or None
        As a number of rows.
    """

    share: float | None = 0.01
    count: int | None = None

    def is_exceeded(self, n_rejected: int, n_rows: int) -> bool:
        """Return whether ``n_rejected`` of ``n_rows`` are too many."""
        limit = self.count if self.count is not None else (self.share or 0.0) * n_rows
        return n_rejected > limit

    def __str__(self) -> str:
        """Return the limit as a flag takes it."""
        return str(self.count) if self.count is not None else f"{(self.share or 0.0) * 100:g}%"


def parse_reject_limit(text: str) -> RejectLimit:
    """Return the limit that ``--max-rejected`` means: ``1%`` is a share of the rows, ``500`` a number of them.

    Raises
    ------
    ConfigError
        If the text is neither.
    """
    found = _LIMIT.fullmatch(text.strip())
    if found and found["percent"] and float(found["number"]) <= 100:  # noqa: PLR2004  per cent
        return RejectLimit(share=float(found["number"]) / 100)
    if found and not found["percent"] and found["number"].isdigit():
        return RejectLimit(share=None, count=int(found["number"]))
    raise ConfigError(
        f"expected a number of rows or a share such as `1%` for `--max-rejected`, came `{text}`"
    )


def parse_fail_on(given: str | Sequence[str]) -> tuple[str, ...]:
    """Return the findings that ``--fail-on`` means, in the order of ``FAIL_ON``.

    Parameters
    ----------
    given : str or sequence of str
        Words, or several in one text with commas between them.

    Raises
    ------
    ConfigError
        If a word is none of ``FAIL_ON``, there is none, or ``never`` is not alone.
    """
    texts = [given] if isinstance(given, str) else given
    words = {word.strip() for text in texts for word in text.split(",")}
    for word in sorted(words) or [""]:
        require("fail_on", word, FAIL_ON)
    if "never" in words and len(words) > 1:
        came = ",".join(word for word in FAIL_ON if word in words)
        raise ConfigError(f"expected `never` alone for `fail_on`, came `{came}`")
    return tuple(word for word in FAIL_ON if word in words)


def default_threads() -> int:
    """Return how many threads decode and classify: the processors this run may use."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(MAX_THREADS, usable)


@dataclass(frozen=True, slots=True)
class AuditOptions:
    """Choices of one audit.

    Attributes
    ----------
    rows : {'violations', 'all'}
        Whether a row is written for findings only, or for every flow.
    replies : {'infer', 'as-recorded'}
        Whether the end that opened is found out, or the source of every record is taken for it.
    own_node : {'allow', 'judge'} or None
        Whether traffic from a pod's own node is always let in; None is as the tables were compiled.
    fail_on : tuple of str
        Which findings make the exit code 1 (``FAIL_ON``), see ``parse_fail_on``.
    max_rejected : RejectLimit
        Rejected rows that still make a complete run.
    on_rejected : {'quarantine', 'fail'}
        Whether rejected rows are reported, or the first one ends the run.
    threads : int
        Threads that decode and classify, and logs that are read at once.
    hash : {'blake3', 'sha256', 'none'}
        What flow logs are hashed with, for the record of the run.
    flows : FlowOptions
        How flow logs are read.
    since, until : str or None
        The times that its window was given as.
    """

    rows: str = "violations"
    replies: str = "infer"
    own_node: str | None = None
    fail_on: tuple[str, ...] = ("violation",)
    max_rejected: RejectLimit = RejectLimit()
    on_rejected: str = "quarantine"
    threads: int = field(default_factory=default_threads)
    hash: str = "blake3"
    flows: FlowOptions = field(default_factory=FlowOptions)
    since: str | None = None
    until: str | None = None

    def __post_init__(self) -> None:
        """Refuse values without a meaning."""
        require("rows", self.rows, ROWS)
        require("replies", self.replies, REPLIES)
        if self.own_node is not None:
            require("own_node", self.own_node, OWN_NODE)
        parse_fail_on(self.fail_on)
        require("on_rejected", self.on_rejected, ON_REJECTED)
        require("hash", self.hash, HASHES)
        if self.threads < 1:
            raise ConfigError(f"expected at least 1 thread, came `{self.threads}`")


def require(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Raise ConfigError unless ``value`` is one of ``choices``."""
    if value not in choices:
        listed = ", ".join(f"`{choice}`" for choice in choices)
        raise ConfigError(f"expected one of {listed} for `{name}`, came `{value}`")
