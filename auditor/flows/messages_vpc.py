"""Lines of messages that are VPC records: a header counts to the end of its message, and no further."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from auditor.flows.blocks import bounded
from auditor.flows.merge import empty_batch
from auditor.flows.messages_text import Part, Rejection, all_rejected, placed
from auditor.flows.schema import Account
from auditor.flows.vpc_columns import NO_PACKET_ADDRESSES, Columns, has_packet_addresses, read_header
from auditor.flows.vpc_exact import ExactLines
from auditor.flows.vpc_lines import VpcLines
from auditor.flows.vpc_text import LENGTHS, NAMES
from kernels.text import find_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.flows.blocks import LineBlock
    from auditor.flows.messages_text import Lines

TWICE = "header names a field twice"
"""Why the lines below a header are rejected that cannot be used."""


class _Run(NamedTuple):
    """Lines of the same columns, None if nobody knows them: the first line (from 0), where it begins, the headers."""

    first: int
    start: int
    columns: Columns | None
    headers: list[int]


def decode_vpc(file: str, lines: Lines, columns: Columns, limit: int, *, is_exact: bool) -> list[Part]:
    """Decode lines.

    Parameters
    ----------
    file : str
        As messages name it.
    lines : Lines
        Of messages.
    columns : Columns
        Those of a record that stands below no header of its own message.
    limit : int
        Bytes of the longest line that is decoded.
    is_exact : bool
        Whether the scanner reads no line.
    """
    parts = []
    runs = _runs(lines, columns, limit)
    ends = [(run.first, run.start) for run in runs[1:]] + [(lines.block.n_lines, lines.block.size)]
    for run, (last, end) in zip(runs, ends, strict=True):
        for block in bounded(lines.block.part(run.start, end, run.first, last)):
            if run.columns is None:
                parts.append(_refused(file, lines, block))
                continue
            part = VpcLines(file, block, run.columns, tuple(run.headers), limit, is_exact)
            batch = part()
            hides = batch.n_flows and not has_packet_addresses(run.columns.names)
            rejected = _rejected(part, batch.account, np.asarray(batch.rows))
            parts.append(placed(lines, batch, rejected, (NO_PACKET_ADDRESSES,) if hides else ()))
    return parts


def _runs(lines: Lines, base: Columns, limit: int) -> list[_Run]:
    """Return where the columns change."""
    found = [_Run(0, 0, base, [])]
    firsts = lines.firsts

    def end_of(place: int) -> tuple[int, int]:
        if place + 1 == len(firsts):
            return lines.block.n_lines, lines.block.size
        return int(firsts[place + 1, 0]), int(firsts[place + 1, 1])

    at = 0  # the message of the header before
    is_below = False  # a header of that message
    for line, start, columns in _headers(lines.block, limit):
        place = int(np.searchsorted(firsts[:, 0], line, side="right")) - 1
        if is_below and place > at:
            _change(found, *end_of(at), base)
        at, is_below = place, True
        _change(found, line, start, columns)
        found[-1].headers.append(lines.block.first_line + line)
    if is_below and end_of(at)[0] < lines.block.n_lines:
        _change(found, *end_of(at), base)
    return found


def _change(runs: list[_Run], line: int, start: int, columns: Columns | None) -> None:
    """Go on with other columns, which may be the same; what has no line is forgotten."""
    if runs[-1].first == line:
        runs.pop()
    if not runs or runs[-1].columns != columns:
        runs.append(_Run(line, start, columns, []))


def _headers(block: LineBlock, limit: int) -> Iterator[tuple[int, int, Columns | None]]:
    """Yield line (from 0), place and columns of each header; None if it cannot be used."""
    lines = np.empty((256, 2), np.int32)
    n_found, _ = find_lines(block.text, np.uint64(block.size), NAMES, LENGTHS, lines)
    if n_found > len(lines):
        lines = np.empty((n_found, 2), np.int32)
        find_lines(block.text, np.uint64(block.size), NAMES, LENGTHS, lines)
    known: dict[bytes, Columns | None] = {}
    for line, place in lines[:n_found].tolist():
        written = block.content(place, block.find(b"\n", place))
        if len(written) > limit:
            continue
        if written not in known:
            try:
                known[written] = read_header(written)
            except ValueError:
                yield line, place, None
                continue
        columns = known[written]
        if columns is not None:
            yield line, place, columns


def _rejected(
    part: VpcLines, account: Account, rows: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> list[Rejection]:
    """Return every rejected line of a part."""
    if not account.rejected:
        return []
    block = part.block
    numbers = np.arange(block.first_line, block.first_line + block.n_lines)
    texts = block.content().split(b"\n")
    left = [
        (int(number), texts[number - block.first_line])
        for number in numbers[np.isin(numbers, rows, invert=True)]
    ]

    def again(some: list[tuple[int, bytes]]) -> Account:
        text = b"\n".join(line for _, line in some)
        chosen = np.array([number for number, _ in some], np.int64)
        return ExactLines(part.file, text, chosen, part.columns, part.headers, part.max_line_bytes)().account

    return all_rejected(account, left, again)


def _refused(file: str, lines: Lines, block: LineBlock) -> Part:
    """Return all lines, save blank ones, as rejected."""
    texts = block.content().split(b"\n")
    numbers = [block.first_line + number for number, line in enumerate(texts) if line.strip()]
    account = Account(n_rows=len(numbers))
    account.reject(TWICE, numbers)
    return placed(lines, empty_batch(file, account), [Rejection(number, TWICE) for number in numbers])
