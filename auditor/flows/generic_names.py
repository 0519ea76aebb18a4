"""Column names of a generic flow table, those of the report: which are read, and what others may be meant to be.

Required are ``src_ip``, ``dst_ip``, ``protocol`` and ``dst_port``; the rest says more. Others are not read.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from auditor.errors import Position, SourceError

if TYPE_CHECKING:
    from collections.abc import Sequence

REQUIRED = ("src_ip", "dst_ip", "protocol", "dst_port")
JUDGED = (*REQUIRED, "src_port", "observed", "weight", "is_reply", "tcp_flags")
"""Columns that a verdict needs."""
EVIDENCE = ("time_start", "time_end", "bytes", "packets")
"""Columns that only reports need."""
NAMES = (*JUDGED, *EVIDENCE)
TEXT_NAMES = ("src_ip", "dst_ip", "protocol", "observed")
"""Columns of few distinct values: read as dictionaries where they are text."""

NO_OBSERVED = (
    "the log has no column `observed`, so it does not say what happened to a flow: every one that the policies deny "
    "counts as a violation"
)
"""What a user must know of such a table."""
NO_OBSERVED_JSON = (
    "no object of the log says under `observed` what happened to its flow: every one that the policies deny counts as "
    "a violation; name the value with --json-fields if it stands elsewhere"
)
"""The same of JSON, where each object may have other keys."""
NO_OBSERVED_MESSAGES = (
    "messages of generic JSON without `observed` do not say what happened to their flows: every one that the policies "
    "deny counts as a violation"
)
"""The same of messages, each of which may be of another writer."""

_REPORTED = frozenset(
    (
        *("src_kind", "dst_kind", "src_namespace", "src_name", "src_workload"),
        *("dst_namespace", "dst_name", "dst_workload", "verdict", "finding"),
        *("egress_verdict", "ingress_verdict", "egress_reason", "ingress_reason"),
        *("egress_rule", "ingress_rule", "egress_policies", "ingress_policies"),
        *("opener", "opener_basis", "source_file", "source_row"),
    )
)
"""What a report adds to ``NAMES``: a report is read as a log again, and nobody misses them there."""

_SHOWN = 80
_MOST_SHOWN = 10
_NEAR = 0.75
"""From which likeness on, 0 to 1, one name may be a misspelling of another."""
_SPELLINGS = {
    "src_ip": ("srcaddr", "src_addr", "source_ip", "source_address", "saddr", "source", "src"),
    "dst_ip": (
        *("dstaddr", "dst_addr", "destination_ip", "dest_ip", "destination_address", "daddr", "destination"),
        *("dest", "dst"),
    ),
    "protocol": ("proto", "ip_protocol", "l4_protocol", "ipproto"),
    "dst_port": ("dstport", "destination_port", "dest_port", "dport", "port"),
    "src_port": ("srcport", "source_port", "sport"),
    "observed": ("action", "verdict", "decision", "disposition"),
    "weight": ("count", "flows", "sampling_rate"),
    "is_reply": ("reply",),
    "tcp_flags": ("flags",),
    "time_start": ("timestamp", "time", "start", "start_time", "first_seen", "ts"),
    "time_end": ("end", "end_time", "last_seen"),
    "bytes": ("octets", "n_bytes"),
    "packets": ("pkts", "n_packets"),
}
"""What other tools call the columns, for suggestions only."""


def check_names(file: str, names: Sequence[str]) -> None:
    """Refuse a table without the required columns, or with one of ours twice.

    Parameters
    ----------
    file : str
        As messages name it.
    names : sequence of str
        Every column of the table.

    Raises
    ------
    SourceError
        Names what is missing, and columns that may be meant.
    """
    twice = [name for name in NAMES if names.count(name) > 1]
    if twice:
        raise SourceError(f"column `{twice[0]}` stands more than once in the table", Position(file))
    missing = [name for name in REQUIRED if name not in names]
    if not missing:
        return
    listed = ", ".join(_with_suggestion(name, names) for name in missing)
    found = ", ".join(names)
    shown = f"`{found if len(found) <= _SHOWN else found[:_SHOWN] + '...'}`" if names else "none"
    raise SourceError(f"expected columns {listed}; found {printable(shown)}", Position(file))


def column_warnings(names: Sequence[str]) -> tuple[str, ...]:
    """Return what a user must know of a table with these columns: what is not read, and that nothing was observed.

    Parameters
    ----------
    names : sequence of str
        Every column of a table that ``check_names`` let through.
    """
    # A column of the report that stands in for one that is missing is worth a word: `verdict` without `observed`.
    unread = {
        name: _meant(name, names)
        for name in names
        if name not in NAMES and (name not in _REPORTED or _meant(name, names))
    }
    warnings = []
    if unread:
        shown = [_asked(name, meant) for name, meant in unread.items()][:_MOST_SHOWN]
        more = f" and {len(unread) - len(shown)} more" if len(unread) > len(shown) else ""
        is_one = len(unread) == 1
        noun, verb = ("column", "is") if is_one else ("columns", "are")
        warnings.append(f"{noun} {', '.join(shown)}{more} {verb} not read")
    if "observed" not in names:
        warnings.append(NO_OBSERVED)
    return tuple(warnings)


def printable(text: str) -> str:
    """Return a name from a file without control characters, as it may stand in a message."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _asked(name: str, meant: str) -> str:
    """Return a name and, where there is one, the name that may be meant."""
    shown = f"`{printable(name[:_SHOWN])}`"
    return f"{shown} (is it `{meant}`?)" if meant else shown


def _meant(name: str, names: Sequence[str]) -> str:
    """Return the column that the table lacks and another name may stand for; empty if none."""
    lacking = [ours for ours in NAMES if ours not in names]
    exact = [ours for ours in lacking if _plain(name) in map(_plain, (ours, *_SPELLINGS[ours]))]
    near = exact or get_close_matches(name[:_SHOWN].lower(), lacking, 1, _NEAR)
    return near[0] if near else ""


def _with_suggestion(name: str, names: Sequence[str]) -> str:
    """Return the name and, where one is near, the column that may be meant."""
    # Only columns not already taken for another name can be meant.
    others = {_plain(other): other for other in names if other not in NAMES}
    spellings = (name, *_SPELLINGS[name])
    exact = [others[_plain(spelling)] for spelling in spellings if _plain(spelling) in others]
    near = exact or [others[found] for found in get_close_matches(_plain(name), others, 1, _NEAR)]
    return _asked(name, printable(near[0][:_SHOWN]) if near else "")


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())
