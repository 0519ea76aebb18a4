"""Lines of messages read by a scanner, and those that it leaves by an exact parser, with every rejected row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from auditor.flows.json_lines import decode_block
from auditor.flows.messages_text import Rejection, all_rejected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from auditor.flows.hubble_exact import Records
    from auditor.flows.json_lines import Exact, Scan
    from auditor.flows.messages_text import Lines, ValueLines
    from auditor.flows.schema import FlowBatch

    Odd = Callable[[int, int, bytes], bytes | None]


def decode_lines(
    lines: Lines | ValueLines, scan: Scan | None, decode: Exact, odd: Odd
) -> Iterator[tuple[FlowBatch, list[Rejection]]]:
    """Decode lines, block by block.

    Parameters
    ----------
    lines : Lines or ValueLines
        Of messages.
    scan, decode : callable
        See ``json_lines.decode_block``.
    odd : callable
        Is given each line that is not of usual form: its number (from 1), its key, its text. Returns
        the record that the exact parser is to read instead, None if it sees to the line itself.

    Yields
    ------
    flows : FlowBatch
        Rows are numbers of lines.
    rejected : list of Rejection
        Every row that it counts as rejected.

    Raises
    ------
    OtherLinesError
        If ``ValueLines`` are not what they should be; nothing was given to ``odd`` then.
    """
    for block in lines.blocks():
        rejected: list[Rejection] = []

        def exact(records: Records, rejected: list[Rejection] = rejected) -> FlowBatch:
            numbered = [(line, record) for line, record in records if record and not record.isspace()]
            keys = lines.keys_of(np.array([line for line, _ in numbered], np.int64)).tolist()
            read = [
                (line, odd(line, key, record)) for (line, record), key in zip(numbered, keys, strict=True)
            ]
            left = [(line, record) for line, record in read if record is not None]
            batch = decode(left)
            rejected += all_rejected(batch.account, left, lambda some: decode(some).account)
            return batch

        yield decode_block(block, scan, exact), rejected
