"""Lines of messages that are, or may be, Hubble events."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from auditor.flows.hubble import AGGREGATED
from auditor.flows.hubble_exact import decode_records
from auditor.flows.hubble_scan import scan_block
from auditor.flows.messages_lines import decode_lines
from auditor.flows.messages_text import Part, all_rejected, placed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditor.flows.hubble_exact import Records
    from auditor.flows.messages_lines import Odd
    from auditor.flows.messages_text import Lines, ValueLines
    from auditor.flows.schema import FlowBatch


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
        See ``messages_lines.decode_lines``.
    is_exact : bool
        Whether no line is taken for one of usual form.

    Raises
    ------
    OtherLinesError
        If ``ValueLines`` are not what they should be; nothing was given to ``odd`` then.
    """

    def decode(records: Records) -> FlowBatch:
        return decode_records(file, records, limit)

    scan = None if is_exact else partial(scan_block, file, limit=limit)
    return [
        placed(lines, batch, rejected, () if batch.weight is None else (AGGREGATED,))
        for batch, rejected in decode_lines(lines, scan, decode, odd)
    ]


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
