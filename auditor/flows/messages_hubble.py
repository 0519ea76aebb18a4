"""Lines of messages that are, or may be, Hubble events."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from auditor.flows.hubble import AGGREGATED, HubbleLines
from auditor.flows.hubble_exact import decode_records
from auditor.flows.messages_text import Part, Rejection, all_rejected, placed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from auditor.flows.hubble_exact import Records
    from auditor.flows.messages_text import Lines, ValueLines
    from auditor.flows.schema import FlowBatch

    Odd = Callable[[int, int, bytes], bytes | None]


def decode_hubble(
    file: str, lines: Lines | ValueLines, limit: int, odd: Odd, *, is_exact: bool
) -> list[Part]:
    """Decode lines.

    Parameters
    ----------
    file : str
        As messages name it.
    lines : Lines or ValueLines
        Of messages; the latter only if not ``is_exact``.
    limit : int
        Bytes of the longest line that is decoded.
    odd : callable
        Is given each line that is not of usual form: its number (from 1), its key, its text. Returns
        the record that the exact parser is to read instead, None if it sees to the line itself.
    is_exact : bool
        Whether no line is taken for one of usual form.

    Raises
    ------
    OtherLinesError
        If ``ValueLines`` are not what they should be; nothing was given to ``odd`` then.
    """
    parts = []
    for block in lines.blocks():
        rejected: list[Rejection] = []

        def exact(records: Records, rejected: list[Rejection] = rejected) -> FlowBatch:
            numbered = [(line, record) for line, record in records if record and not record.isspace()]
            keys = lines.keys_of(np.array([line for line, _ in numbered], np.int64)).tolist()
            read = [
                (line, odd(line, key, record)) for (line, record), key in zip(numbered, keys, strict=True)
            ]
            left = [(line, record) for line, record in read if record is not None]
            batch = decode_records(file, left, limit)
            rejected += all_rejected(
                batch.account, left, lambda some: decode_records(file, some, limit).account
            )
            return batch

        batch = HubbleLines(file, block, limit, exact, is_exact)()
        parts.append(placed(lines, batch, rejected, () if batch.weight is None else (AGGREGATED,)))
    return parts


def decode_documents(file: str, records: Sequence[tuple[int, bytes]], limit: int) -> Part:
    """Decode records that may be written over several lines.

    Parameters
    ----------
    file : str
        As messages name it.
    records : sequence of (int, bytes)
        Key and text of each, in order.
    limit : int
        Bytes of the longest record that is decoded.
    """
    batch = decode_records(file, records, limit)
    rejected = all_rejected(batch.account, records, lambda some: decode_records(file, some, limit).account)
    return Part(batch, rejected, () if batch.weight is None else (AGGREGATED,))
