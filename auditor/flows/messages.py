"""Messages of a Kafka topic to flows: every message is accounted for, and none can hurt another one.

::

    Messages -> look: what each value begins with -> by format
        lines of Hubble, of VPC  -> put behind one another -> the scanners of files -> places of messages
        gzip, base64, CloudWatch Logs, log shippers -> the lines they carry -> the same
        Arrow IPC                -> the reader of files

What a message is decoded to depends on its own bytes, its header and the options alone: not on the messages around
it, nor on how many were fetched together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from auditor.flows.merge import empty_batch
from auditor.flows.messages_join import join
from auditor.flows.messages_options import FORMATS, MessageOptions
from auditor.flows.messages_read import decode_parts
from auditor.flows.messages_routes import ARROW, SKIP, UNKNOWN, Looked, looked
from auditor.flows.messages_text import LINE_BITS, Part, Rejection
from auditor.flows.schema import MAX_POSITIONS, Account

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.flows.schema import FlowBatch
    from auditor.sources.kafka_messages import Messages

__all__ = ["FORMATS", "DecodedMessages", "MessageOptions", "RejectedMessage", "decode_messages", "value_of"]

MAX_MESSAGES = 1 << 17
"""Messages decoded together at most."""

UNKNOWN_FORMAT = "header `auditor.format` names no known format"
TOMBSTONE, EMPTY = "tombstone", "empty"


@dataclass(frozen=True, slots=True)
class RejectedMessage:
    """A message, or a range of offsets, of which rows were rejected for one reason.

    Attributes
    ----------
    offset, last : int
        The first and the last offset: the same but for a range that could not be read.
    reason : str
        A short sentence without values of the message.
    n_rows : int
        How many rows.
    place : int
        Which of the ``Messages``, for ``value_of``; -1 if its bytes could not be read.
    detail : str
        What else is known, perhaps with names from the message; may be empty.
    """

    offset: int
    last: int
    reason: str
    n_rows: int
    place: int
    detail: str


@dataclass(frozen=True, slots=True)
class DecodedMessages:
    """What consecutive messages say.

    Attributes
    ----------
    flows : FlowBatch
        Its rows are offsets: ascending, repeated where a message holds several flows, as are the positions of its
        account. ``file`` is ``topic/partition``. Null values are skipped as ``tombstone``, those without anything
        in them as ``empty``.
    rejected : tuple of RejectedMessage
        By offset; together they are the rejected rows of the account.
    start, end : int
        The positions before and after; what follows begins at ``end``.
    n_messages : int
        How many messages, skipped and rejected ones among them.
    warnings : tuple of str
        What a user must know of these messages.
    """

    flows: FlowBatch
    rejected: tuple[RejectedMessage, ...]
    start: int
    end: int
    n_messages: int
    warnings: tuple[str, ...]


def value_of(messages: Messages, place: int) -> bytes | None:
    """Return the bytes of a message, None for a tombstone."""
    length = int(messages.lengths[place])
    start = int(messages.starts[place])
    return None if length < 0 else messages.values[start : start + length].tobytes()


def decode_messages(messages: Messages, options: MessageOptions) -> list[DecodedMessages]:
    """Decode messages.

    Parameters
    ----------
    messages : Messages
        Consecutive messages of a topic partition; left as they are.
    options : MessageOptions
        How they are read.

    Returns
    -------
    list of DecodedMessages
        In order; together they cover the positions from ``messages.start`` to ``messages.end``. None if these are
        the same.
    """
    if messages.start == messages.end:
        return []
    facts = looked(messages, options)
    cuts = list(_cuts(messages, facts, options.block_bytes))
    return [
        _decoded(messages, facts, options, (first, last), (first == 0, last == len(messages.offsets)))
        for first, last in cuts
    ]


def _cuts(messages: Messages, facts: Looked, block_bytes: int) -> Iterator[tuple[int, int]]:
    """Yield the messages that are decoded together: first, and first behind."""
    n = len(messages.offsets)
    ends = np.cumsum(np.maximum(messages.lengths, 0))
    # Arrow apart from text: what is skipped goes along with either.
    is_arrow = facts.routes == ARROW
    counts = np.flatnonzero(facts.routes != SKIP)
    changes = counts[1:][is_arrow[counts[1:]] != is_arrow[counts[:-1]]]
    first = 0
    while first < n or (first == 0 and n == 0):
        before = int(ends[first - 1]) if first else 0
        last = max(first + 1, int(np.searchsorted(ends, before + block_bytes, side="right")))
        change = int(np.searchsorted(changes, first, side="right"))
        if change < len(changes):
            last = min(last, int(changes[change]))
        last = min(last, first + MAX_MESSAGES, n)
        yield first, last
        first = max(last, 1)


def _decoded(
    messages: Messages, facts: Looked, options: MessageOptions, span: tuple[int, int], ends: tuple[bool, bool]
) -> DecodedMessages:
    """Decode the messages of one piece; ``ends`` is whether it is the first, and the last."""
    first, last = span
    file = f"{messages.topic}/{messages.partition}"
    start = messages.start if ends[0] else int(messages.offsets[first])
    end = messages.end if ends[1] else int(messages.offsets[last])
    parts = [
        _skipped(file, messages, facts, span),
        *decode_parts(file, messages.values, facts, span, options),
    ]
    flows = join(file, [part.flows for part in parts])
    found = sorted((each for part in parts for each in part.rejected), key=lambda each: each.key)
    rejected = _merged(messages, found)
    for damage in messages.damaged:
        if start <= damage.first < end:
            flows.account.n_rows += 1
            rejected.append(RejectedMessage(damage.first, damage.last, damage.reason, 1, -1, ""))
    rejected.sort(key=lambda each: each.offset)
    account = flows.account
    account.rejected.clear()
    for each in rejected:
        account.reject(each.reason, [each.offset] * min(each.n_rows, MAX_POSITIONS), each.n_rows)
    return DecodedMessages(
        flows=replace(flows, rows=messages.offsets[np.asarray(flows.rows) >> LINE_BITS]),
        rejected=tuple(rejected),
        start=start,
        end=end,
        n_messages=last - first,
        warnings=tuple(dict.fromkeys(warning for part in parts for warning in part.warnings)),
    )


def _merged(messages: Messages, found: list[Rejection]) -> list[RejectedMessage]:
    """Return rejected rows as one entry for each message and reason."""
    counts: dict[tuple[int, str], int] = {}
    details: dict[tuple[int, str], str] = {}
    for each in found:
        key = (each.key >> LINE_BITS, each.reason)
        counts[key] = counts.get(key, 0) + each.n_rows
        details.setdefault(key, each.detail)
    offsets = messages.offsets
    return [
        RejectedMessage(
            int(offsets[place]), int(offsets[place]), reason, n_rows, place, details[place, reason]
        )
        for (place, reason), n_rows in counts.items()
    ]


def _skipped(file: str, messages: Messages, facts: Looked, span: tuple[int, int]) -> Part:
    """Return the account of messages without anything in them, and of those with an unknown format."""
    chosen = slice(*span)
    routes = facts.routes[chosen]
    n_null = int((messages.lengths[chosen] < 0).sum())
    n_skipped = int((routes == SKIP).sum())
    unknown = (np.flatnonzero(routes == UNKNOWN) + span[0]).tolist()
    account = Account(n_rows=n_skipped + len(unknown))
    account.skip(TOMBSTONE, n_null)
    account.skip(EMPTY, n_skipped - n_null)
    account.reject(UNKNOWN_FORMAT, unknown)
    rejected = [
        Rejection(place << LINE_BITS, UNKNOWN_FORMAT, detail=messages.formats[messages.format_codes[place]])
        for place in unknown
    ]
    return Part(empty_batch(file, account), rejected)
