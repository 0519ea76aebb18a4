"""A byte scanner of flow-log text: records of usual form to columns; all other lines are set aside.

The columns of the text are a program: for each slot the column that fills it. Some hundred lines at a time are indexed,
then read one column after the other while they are in the cache: what stands in a column is alike from line to line, so
its branches are foreseen, and columns that nobody wants cost nothing. A record is taken only if nothing is unusual; the
exact decoder reads the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kernels import codes
from kernels.digits import MISSING
from kernels.jit import device, lean_kernel, lean_stage
from kernels.memory import ONE, PADDING, base_of
from kernels.record_addresses import read_addresses
from kernels.record_fields import NO_ACTION, choose_records, read_actions, read_numbers
from kernels.record_layout import (
    ACTION,
    AT,
    DESTINATION,
    DESTINATION_PORT,
    N_ADDRESSES,
    N_ODD,
    N_RECORDS,
    N_SLOTS,
    PACKET_DESTINATION,
    PACKET_SOURCE,
    PROTOCOL,
    SOURCE,
    SOURCE_PORT,
    START,
    TCP_FLAGS,
    Dictionary,
    Records,
    Rules,
    Scratch,
)
from kernels.text_index import index_fields

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TCP = 6
_SYN_ACK = 18


@device
def _note_wrong(values: NDArray[np.int64], least: int, greatest: int, is_wrong: NDArray[np.uint8]) -> None:
    """Note which numbers lie outside some bounds."""
    for row in range(len(values)):
        if values[row] < least or values[row] > greatest:
            is_wrong[row] = 1


@device
def _note_replies(values: NDArray[np.int64], n: int, is_wrong: NDArray[np.uint8]) -> bool:
    """Note replies without a source port, for that is what they are judged by; return whether there are any."""
    is_any_wrong = False
    for row in range(n):
        flags = values[TCP_FLAGS, row]
        is_reply = (flags >= 0) & (flags & _SYN_ACK == _SYN_ACK) & (values[PROTOCOL, row] == _TCP)
        is_homeless = is_reply & (values[SOURCE_PORT, row] == MISSING)
        is_wrong[row] |= is_homeless
        is_any_wrong |= is_homeless
    return is_any_wrong


@device
def _sides(columns: NDArray[np.int64], packet: int, interface: int, last: int) -> tuple[int, int, int]:
    """Return the column of addresses to read, and the one to read where that has none."""
    if columns[packet] < 0:
        return columns[interface], -1, last
    return columns[packet], columns[interface], last


@lean_stage
def _leave_wrong(
    rules: Rules, scratch: Scratch, records: Records, counts: NDArray[np.int64], n_chosen: int
) -> int:
    """Set the lines aside that are wrong, and close the ranks of the others; return how many these are."""
    ends, firsts, values, is_wrong = scratch.ends, scratch.firsts, scratch.values, scratch.is_wrong
    first = counts[N_RECORDS]
    n_columns = np.uint64(rules.limits[1])
    odd = records.odd
    n = 0
    for row in range(n_chosen):
        if is_wrong[row]:
            place = np.uint64(firsts[row])
            odd[counts[N_ODD], 0] = records.lines[first + row]
            odd[counts[N_ODD], 1] = (np.uint64(ends[place]) + ONE) & np.uint64(0xFFFF_FFFF)
            odd[counts[N_ODD], 2] = ends[place + n_columns]
            counts[N_ODD] += 1
            continue
        records.lines[first + n] = records.lines[first + row]
        records.observed[first + n] = records.observed[first + row]
        for side in range(2):
            records.addresses[side, first + n] = records.addresses[side, first + row]
        for column in range(4):
            records.evidence[column, first + n] = records.evidence[column, first + row]
        for slot in range(PROTOCOL, START):
            values[slot, n] = values[slot, row]
        n += 1
    return n


@lean_stage
def _keep(rules: Rules, scratch: Scratch, records: Records, first: int, n: int) -> None:
    """Write the numbers of the lines that are records in the width that they have."""
    values, hints, ports = scratch.values, rules.hints, records.ports
    # Unsigned places: a signed one pays for counting from the end, and keeps a loop from becoming vectors.
    begin = np.uint64(first)
    for row in range(n):
        records.protocol[begin + np.uint64(row)] = values[PROTOCOL, row]
    for row in range(n):
        ports[0, begin + np.uint64(row)] = max(values[SOURCE_PORT, row], 0)
    for row in range(n):
        ports[1, begin + np.uint64(row)] = values[DESTINATION_PORT, row]
    if rules.columns[TCP_FLAGS] < 0:
        for row in range(n):
            records.hint[begin + np.uint64(row)] = codes.HINT_NONE
        return
    for row in range(n):
        flags = values[TCP_FLAGS, row]
        is_known = (flags >= 0) & (values[PROTOCOL, row] == _TCP)
        records.hint[begin + np.uint64(row)] = hints[flags & 255] if is_known else codes.HINT_NONE


@lean_kernel
def scan_records(
    text: NDArray[np.uint8],
    rules: Rules,
    scratch: Scratch,
    dictionary: Dictionary,
    records: Records,
    counts: NDArray[np.int64],
) -> None:
    """Read records of usual form; set all other lines aside that are not empty.

    Parameters
    ----------
    text : ndarray of uint8, shape (N + PADDING,)
        Lines, less than 2 GiB, then padding.
    rules : Rules
        The columns.
    scratch : Scratch
        Anything.
    dictionary : Dictionary
        The addresses known so far; those that are new are added.
    records : Records
        Out.
    counts : ndarray of int64, shape (N_COUNTS,)
        All 0 at first but ``LINE``, the number of the first line, and ``N_ADDRESSES``. ``AT`` of N or more says that
        all lines were read, of less that the dictionary is too full: call again with a larger one. ``LINE`` is the
        number of the next line; ``N_RECORDS``, ``N_ODD``, ``N_EMPTY`` (without a flow: NODATA, SKIPDATA) and ``N_LOST``
        (among these those of SKIPDATA) count what the lines were, ``N_ADDRESSES`` what is in the dictionary.
    """
    source = base_of(text)
    size = np.uint64(len(text) - PADDING)
    ends, lines, values = scratch.ends, scratch.lines, scratch.values
    columns, bounds, is_wrong = rules.columns, rules.bounds, scratch.is_wrong
    last = rules.limits[1] - 1
    for row in range(len(lines)):
        values[SOURCE_PORT, row] = MISSING  # unless a column fills it
    sources = _sides(columns, PACKET_SOURCE, SOURCE, last)
    destinations = _sides(columns, PACKET_DESTINATION, DESTINATION, last)
    room = len(dictionary.high) - 2 * len(lines)
    at = np.uint64(counts[AT])
    while at < size and counts[N_ADDRESSES] <= room:
        n_lines, at = index_fields(text, at, size, ends, lines)
        first = counts[N_RECORDS]
        n = choose_records(source, rules, scratch, records, counts, int(n_lines))
        behind = first + n
        for row in range(n):
            is_wrong[row] = 0
        is_any_wrong = False
        for slot in range(PROTOCOL, N_SLOTS):
            column = columns[slot]
            if column < 0:
                continue
            target = values[slot, :n] if slot < START else records.evidence[slot - START, first:behind]
            least, greatest = read_numbers(source, scratch, np.uint64(column), column == last, target)
            if least < bounds[slot, 0] or greatest > bounds[slot, 1]:
                _note_wrong(target, bounds[slot, 0], bounds[slot, 1], is_wrong)
                is_any_wrong = True
        if columns[TCP_FLAGS] >= 0:
            is_any_wrong |= _note_replies(values, n, is_wrong)
        observed = records.observed[first:behind]
        if columns[ACTION] < 0:
            for row in range(n):
                observed[row] = codes.OBSERVED_UNSEEN
        elif read_actions(source, scratch, np.uint64(columns[ACTION]), columns[ACTION] == last, observed):
            for row in range(n):
                is_wrong[row] |= observed[row] == NO_ACTION
            is_any_wrong = True
        for side in range(2):
            fields = destinations if side else sources
            places = records.addresses[side, first:behind]
            is_any_wrong |= read_addresses(text, scratch, fields, dictionary, places, counts)
        if is_any_wrong:
            n = _leave_wrong(rules, scratch, records, counts, n)
        _keep(rules, scratch, records, first, n)
        counts[N_RECORDS] = first + n
    counts[AT] = at
