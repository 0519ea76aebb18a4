"""From messages to what a segment keeps of them; runs on any thread."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from auditor.flows.messages import decode_messages, value_of
from auditor.report.reported import Reported, least_reported
from auditor.report.tally import Tally
from auditor.verdicts.classify import classify

if TYPE_CHECKING:
    from auditor.flows.messages import RejectedMessage
    from auditor.service.options import StreamOptions
    from auditor.sources.kafka_messages import Messages
    from auditor.tables.tableset import TableSet


class Refused(NamedTuple):
    """A message of which rows were rejected, with its bytes.

    Attributes
    ----------
    message : RejectedMessage
        Where, why, and how many rows.
    time_ms : int
        When it was written, since 1970; -1 if not known.
    value : bytes or None
        None if they could not be read.
    """

    message: RejectedMessage
    time_ms: int
    value: bytes | None


@dataclass(frozen=True, slots=True)
class Judged:
    """What some consecutive messages of a partition come to.

    Attributes
    ----------
    start, end : int
        The positions before and after.
    tally : Tally
        Counts of their flows and rows.
    reported : tuple of Reported
        The flows that get rows, in order.
    refused : tuple of Refused
        By offset.
    n_messages, n_bytes : int
        How many, and the bytes of their values.
    first_ms, last_ms : int
        Least and greatest time of a message, since 1970; -1 if none has one.
    warnings : tuple of str
        What a user must know of these messages.
    parse_s, classify_s : float
        Seconds that their flows took to be read, and to be judged.
    """

    start: int
    end: int
    tally: Tally
    reported: tuple[Reported, ...]
    refused: tuple[Refused, ...]
    n_messages: int
    n_bytes: int
    first_ms: int
    last_ms: int
    warnings: tuple[str, ...]
    parse_s: float
    classify_s: float


def judge(tables: TableSet, messages: Messages, options: StreamOptions) -> Judged:
    """Decode and classify messages, and choose the flows to report.

    Parameters
    ----------
    tables : TableSet
        Compiled policies and inventory.
    messages : Messages
        Of one partition.
    options : StreamOptions
        Choices of the service.
    """
    tally = Tally.create(len(tables.policies.rules))
    reported: list[Reported] = []
    refused: list[Refused] = []
    warnings: dict[str, None] = {}
    least = least_reported(options.rows)
    begin = time.perf_counter()
    parts = decode_messages(messages, options.messages)
    parsed = time.perf_counter()
    for decoded in parts:
        verdicts = classify(tables, decoded.flows, options.replies, least_finding=least)
        tally.add(decoded.flows, verdicts)
        if len(verdicts.finding):
            reported.append(Reported.of(decoded.flows, verdicts))
        refused.extend(_refused(messages, each) for each in decoded.rejected)
        warnings.update(dict.fromkeys(decoded.warnings))
    known = messages.timestamps_ms[messages.timestamps_ms >= 0]
    return Judged(
        start=messages.start,
        end=messages.end,
        tally=tally,
        reported=tuple(reported),
        refused=tuple(refused),
        n_messages=len(messages.offsets),
        n_bytes=int(np.maximum(messages.lengths, 0).sum()),
        first_ms=int(known.min()) if len(known) else -1,
        last_ms=int(known.max()) if len(known) else -1,
        warnings=tuple(warnings),
        parse_s=parsed - begin,
        classify_s=time.perf_counter() - parsed,
    )


def judge_taken(tables: TableSet, messages: list[Messages], options: StreamOptions) -> Judged:
    """Judge the only messages of a list, and take them out of it.

    A thread of a pool lets go of what it was given when it runs next, which on a busy machine may be long after its
    result is there: by then the memory of messages is wanted again.
    """
    return judge(tables, messages.pop(), options)


def _refused(messages: Messages, rejected: RejectedMessage) -> Refused:
    if rejected.place < 0:
        return Refused(rejected, -1, None)
    return Refused(rejected, int(messages.timestamps_ms[rejected.place]), value_of(messages, rejected.place))
