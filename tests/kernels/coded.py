"""Runs of small numbers, and pages and columns of them, as Parquet writes them."""

from __future__ import annotations

import numpy as np

from kernels.pages import BODY, COUNT, ENCODING, FIRST_ROW, LEVELS, PAGE, PLAIN, PLAIN_SIZE, RLE_DICTIONARY
from kernels.parquet import SPARE, Column
from kernels.runs import BAD
from tests.kernels.compact import varint


def packed(numbers, width):
    """Return numbers, a multiple of eight, in groups of ``width`` bytes."""
    bits = (np.asarray(numbers, np.uint64)[:, None] >> np.arange(width, dtype=np.uint64)) & np.uint64(1)
    return np.packbits(bits.astype(np.uint8).ravel(), bitorder="little").tobytes()


def written(runs, width):
    """Return the bytes of runs: a number and how often, or a list of numbers."""
    content = b""
    for run in runs:
        if isinstance(run, tuple):
            number, count = run
            content += varint(count << 1) + number.to_bytes((width + 7) // 8, "little")
        else:
            content += varint(len(run) // 8 << 1 | 1) + packed(run, width)
    return content


def column(body, n, width, n_entries=None, levels=None):
    """Return a column of one page of codes."""
    front = b"" if levels is None else len(levels).to_bytes(4, "little") + levels
    content = front + bytes([width]) + body
    page = np.zeros((1, PAGE), np.int64)
    page[0, [COUNT, ENCODING, LEVELS, FIRST_ROW, PLAIN_SIZE]] = n, RLE_DICTIONARY, -1, 0, len(content)
    words = np.frombuffer(content + bytes(SPARE + -len(content) % 8), np.uint64)
    entries = 1 << min(width, 12) if n_entries is None else n_entries
    numbers = np.full(1 << min(width, 12), BAD, np.uint32)
    numbers[:entries] = np.arange(min(entries, len(numbers))) & 0xFFFF
    traits = np.array([levels is not None, 0, 1 << width if n_entries is None else n_entries], np.int64)
    for array in (page, numbers, traits):
        array.flags.writeable = False
    return Column(words, words.view(np.uint8), page, numbers, traits)


def runs_of(numbers, width, n_repeated=4):
    """Return numbers as a writer would: what is repeated as such, the rest packed in eights."""
    content, place = b"", 0
    while place < len(numbers):
        stop = place
        while stop < len(numbers) and numbers[stop] == numbers[place]:
            stop += 1
        if stop - place >= n_repeated or len(numbers) - place < 8:
            content += written([(numbers[place], stop - place)], width)
        else:
            stop = place + 8
            content += written([numbers[place:stop]], width)
        place = stop
    return content


def paged(pages, *, is_optional, size, dictionary, numbers):
    """Return a column of several pages.

    ``pages`` holds for each its values (None is null), whether they are coded, and whether its levels are of version 2;
    a value is its code, or a number of ``size`` bytes.
    """
    table, content = np.zeros((len(pages), PAGE), np.int64), b""
    width = max(len(dictionary) - 1, 0).bit_length()
    row = 0
    for place, (values, is_coded, is_second) in enumerate(pages):
        levels, n_levels = b"", 0 if is_second else -1
        if is_optional:
            levels = runs_of([int(value is not None) for value in values], 1)
            n_levels = len(levels) if is_second else -1
            levels = levels if is_second else len(levels).to_bytes(4, "little") + levels
        there = [value for value in values if value is not None]
        body = b"".join(value.to_bytes(size, "little", signed=True) for value in there if not is_coded)
        if is_coded:
            body = bytes([width]) + runs_of(there, width)
        table[place, [COUNT, ENCODING, LEVELS, FIRST_ROW, BODY, PLAIN_SIZE]] = (
            *(len(values), RLE_DICTIONARY if is_coded else PLAIN, n_levels, row, len(content)),
            len(levels + body),
        )
        content += levels + body
        row += len(values)
    entries = np.full(1 << max(1, width), BAD, np.uint32)
    entries[: len(dictionary)] = numbers
    traits = np.array([is_optional, size, len(dictionary)], np.int64)
    return frozen_column(content, table, entries, traits)


def frozen_column(content, table, entries, traits):
    """Return a column, with what must follow its bytes."""
    words = np.frombuffer(content + bytes(SPARE + -len(content) % 8), np.uint64)
    for array in (table, entries, traits):
        array.flags.writeable = False
    return Column(words, words.view(np.uint8), table, entries, traits)
