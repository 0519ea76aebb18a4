"""The fields of AWS VPC and Transit Gateway flow logs, and how a log names its columns.

Names and their order are those of the VPC user guide ("Flow log records") and, from version 7 on, of public
readers; text spells them with hyphens, Parquet with underscores.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import NamedTuple

from auditor.errors import ConfigError

DEFAULT_FIELDS = (
    *("version", "account-id", "interface-id", "srcaddr", "dstaddr", "srcport", "dstport", "protocol"),
    *("packets", "bytes", "start", "end", "action", "log-status"),
)
"""The default format, version 2: what a record without a header is taken for."""

FIELDS = frozenset(
    (
        *DEFAULT_FIELDS,
        # version 3
        *("vpc-id", "subnet-id", "instance-id", "tcp-flags", "type", "pkt-srcaddr", "pkt-dstaddr"),
        # version 4
        *("region", "az-id", "sublocation-type", "sublocation-id"),
        # version 5
        *("pkt-src-aws-service", "pkt-dst-aws-service", "flow-direction", "traffic-path"),
        # version 7
        *("ecs-cluster-arn", "ecs-cluster-name", "ecs-container-instance-arn", "ecs-container-instance-id"),
        *("ecs-container-id", "ecs-second-container-id", "ecs-service-name", "ecs-task-definition-arn"),
        *("ecs-task-arn", "ecs-task-id"),
        # versions 8, 9 and 10
        *("reject-reason", "resource-id", "encryption-status"),
        # version 11
        *("instance-tag", "instance-tag-2", "interface-tag", "interface-tag-2", "asg-tag", "asg-tag-2"),
        *(
            "interface-type",
            "next-hop-interface-id",
            "next-hop-subnet-id",
            "next-hop-az-id",
            "next-hop-vpc-id",
        ),
        "next-hop-interface-type",
        # Transit Gateway
        *("resource-type", "tgw-id", "tgw-attachment-id", "tgw-src-vpc-account-id", "tgw-dst-vpc-account-id"),
        *("tgw-src-vpc-id", "tgw-dst-vpc-id", "tgw-src-subnet-id", "tgw-dst-subnet-id", "tgw-src-eni"),
        *("tgw-dst-eni", "tgw-src-az-id", "tgw-dst-az-id", "tgw-pair-attachment-id", "packets-lost-no-route"),
        *("packets-lost-blackhole", "packets-lost-mtu-exceeded", "packets-lost-ttl-expired"),
    )
)

KEPT_FIELDS = (
    *("pkt-srcaddr", "pkt-dstaddr", "srcaddr", "dstaddr", "log-status", "action"),
    *("protocol", "srcport", "dstport", "tcp-flags", "start", "end", "bytes", "packets", "version"),
)
"""What is read of a record; the rest passes by."""

NO_PACKET_ADDRESSES = (
    "the log has no `pkt-srcaddr` and `pkt-dstaddr`, so pod-level claims are not possible on EKS, because "
    "`srcaddr` and `dstaddr` hold the primary address of a network interface and pods have secondary ones"
)
"""What a user must know of such a log (VPC user guide, "Flow log limitations")."""

_NEAR = 0.75
"""From which likeness on, 0 to 1, one name may be a misspelling of another."""
_SHORTEST = 2  # a single name is more likely a stray word than the only column of a log
_NAME = re.compile(r"[a-z][a-z0-9_-]*")
_PLACEHOLDER = re.compile(r"\$\{([^{}]*)\}")


def canonical(name: str) -> str:
    """Return the hyphenated spelling of a field name."""
    return name.replace("_", "-")


class Columns(NamedTuple):
    """The columns of VPC text.

    Attributes
    ----------
    names : tuple of str
        Hyphenated names, in order.
    is_assumed : bool
        Whether nobody named them: the default format, taken for granted.
    n_found : int
        How many fields the first record has if ``--vpc-format`` names another number, else 0.
    """

    names: tuple[str, ...]
    is_assumed: bool = False
    n_found: int = 0


def has_packet_addresses(names: tuple[str, ...]) -> bool:
    """Return whether a log has the addresses inside the packets, not only those of the interface.

    Transit Gateway logs have nothing else.
    """
    return (
        "tgw-id" in names or "resource-type" in names or ("pkt-srcaddr" in names and "pkt-dstaddr" in names)
    )


DEFAULT_COLUMNS = Columns(DEFAULT_FIELDS, is_assumed=True)


def read_header(line: bytes) -> Columns | None:
    """Return the columns that a line names, None if it is no header.

    A header has nothing but field names, in either spelling. Unknown names are let through if the first name
    and at least half of all are known: later versions add fields. A comment ``# format: <names>`` names
    columns too.

    Raises
    ------
    ValueError
        The line is a header that names one field twice.
    """
    try:
        text = line.decode("ascii").strip()
    except UnicodeDecodeError:
        return None
    if text.startswith("#"):
        marker, colon, text = text[1:].partition(":")
        if marker.strip().lower() != "format" or not colon:
            return None
    tokens = text.split()
    names = tuple(canonical(token) for token in tokens)
    n_known = sum(name in FIELDS for name in names)
    if len(names) < _SHORTEST or names[0] not in FIELDS or 2 * n_known < len(names):
        return None
    if n_known < len(names) and not all(_NAME.fullmatch(token) for token in tokens):
        return None
    _refuse_twice(names)
    return Columns(names)


def _refuse_twice(names: tuple[str, ...]) -> None:
    twice = next((name for name in names if name in FIELDS and names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"names the field `{twice}` twice")


def read_format(text: str) -> Columns:
    """Return the columns of a ``--vpc-format``: field names, bare or as AWS writes them, ``${srcaddr}``.

    Raises
    ------
    ConfigError
        No format, a name that cannot be one, a name given twice, or too few fields to judge a record.
    """
    tokens = _PLACEHOLDER.sub(r" \1 ", text).split()
    wrong = next((token for token in tokens if not _NAME.fullmatch(token)), None)
    if wrong is not None:
        raise ConfigError(
            f"--vpc-format expects field names such as `${{srcaddr}}` or `srcaddr`, got `{wrong}`"
        )
    names = tuple(canonical(token) for token in tokens)
    try:
        _refuse_twice(names)
    except ValueError as error:
        raise ConfigError(f"--vpc-format {error}") from error
    columns = Columns(names)
    lacking = missing_fields(names)
    if lacking:
        unknown = unknown_fields(names)
        stranger = f"; not known: {unknown}" if unknown else ""
        raise ConfigError(f"--vpc-format lacks {lacking}, without which no record can be judged{stranger}")
    return columns


def unknown_fields(names: tuple[str, ...]) -> str:
    """Return the fields that are not known, as words for a sentence, each with the one that may be meant."""
    shown = []
    for name in dict.fromkeys(names):
        if name not in FIELDS:
            near = get_close_matches(name, sorted(FIELDS.difference(names)), 1, _NEAR)
            shown.append(f"`{name}` (is it `{near[0]}`?)" if near else f"`{name}`")
    return ", ".join(shown)


def missing_fields(names: tuple[str, ...]) -> str:
    """Return what a log lacks to be judged, as words for a sentence; empty if nothing."""
    lacking = [
        f"`{field}`"
        for field, instead in (
            ("srcaddr", "pkt-srcaddr"),
            ("dstaddr", "pkt-dstaddr"),
            ("dstport", ""),
            ("protocol", ""),
        )
        if field not in names and instead not in names
    ]
    return " and ".join([", ".join(lacking[:-1]), lacking[-1]] if len(lacking) > 1 else lacking)
