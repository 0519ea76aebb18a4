"""A byte scanner of JSON Lines: the places of wanted values, by a path program, without building a document.

Two passes over a block of lines. ``json_index.index_lines`` notes where quotes and lines are; ``scan_lines`` walks
each line from token to token, jumps over strings by the list of quotes, and looks up keys where the program (see
``json_program``) has an entry. Everything is checked on the way, also what is skipped: a line is
``LINE_READ`` only if it is JSON by RFC 8259 and each wanted value is of an expected kind. Whatever else it may be,
it is ``LINE_ODD``, and an exact parser decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kernels.jit import kernel
from kernels.json_index import FLAG_BACKSLASH, FLAG_NOT_PLAIN
from kernels.json_program import MAX_KEY_BYTES, TABLE_SIZE, key_place
from kernels.json_tokens import end_of_number, has_backslash, has_sound_escapes, is_blank
from kernels.memory import LOW_BYTES, NO_BITS, ONE, base_of, byte_at, load_64

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kernels.json_program import Program

KIND_STRING = 1
KIND_NUMBER = 2
KIND_TRUE = 4
KIND_FALSE = 8
KIND_NULL = 16
KIND_OBJECT = 32
KIND_ARRAY = 64

LINE_BLANK = 0
LINE_READ = 1
LINE_ODD = 2

_MAX_DEPTH = 60
_LONGEST_KEY = np.uint64(MAX_KEY_BYTES)
_NO_NODE = np.int64(-1)
_LOW = np.uint64(0xFFFF_FFFF)
_SHIFT_32 = np.uint64(32)
_TWO = np.uint64(2)
_EIGHT = np.uint64(8)
_BYTE = np.uint64(0xFF)
_TWO_BYTES = np.uint64(0xFFFF)
_COLON_QUOTE = np.uint64(0x223A)
_COMMA_QUOTE = np.uint64(0x222C)
_TABLE_SIZE = np.uint64(TABLE_SIZE)
_KINDS_SHIFT = np.uint64(16)
_MARK_SHIFT = np.uint64(24)
_CHILD_SHIFT = np.uint64(32)
_TRUE = np.uint64(0x6575_7274)
_NULL = np.uint64(0x6C6C_756E)
_FALSE = np.uint64(0x65_736C_6166)
_FIVE_BYTES = np.uint64(0xFF_FFFF_FFFF)
_THREE = np.uint64(3)
_FOUR = np.uint64(4)
_FIVE = np.uint64(5)


@kernel
def scan_lines(
    text: NDArray[np.uint8],
    quotes: NDArray[np.uint32],
    lines: NDArray[np.uint32],
    bounds: NDArray[np.uint64],
    program: Program,
    found: tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint64]],
) -> None:
    """Note the wanted values of lines.

    Parameters
    ----------
    text : ndarray of uint8, shape (N,)
        As given to ``index_lines``; behind its last line stands a byte that no JSON holds.
    quotes : ndarray of uint32, shape (Q,)
        From ``index_lines``.
    lines : ndarray of uint32, shape (L, 3)
        From ``index_lines``.
    bounds : ndarray of uint64, shape (3,)
        The first line to scan, the line behind the last one, and the bytes of the longest line that is read.
    program : Program
        What is wanted.
    found : tuple of ndarray
        Out, a row for each line scanned: ``LINE_*``, uint8 of shape (L,); the kind of each slot, uint8 of shape (L, S),
        zeros when given, 0 where the line has no such value; where the value begins (lower half) and ends (upper
        half), uint64 of shape (L, S), strings without their quotes. Kinds and places of lines that are not
        ``LINE_READ`` are of no use.
    """
    status, kinds, spans = found
    # Taken out of the bundle once: each look into it would count a reference.
    table, multipliers, closed = program.table, program.multiplier, program.is_closed
    lengths = program.lengths
    key_words, key_facts = program.words, program.facts
    source = base_of(text)
    nodes = np.empty(_MAX_DEPTH + 2, np.int64)
    for line in range(bounds[0], bounds[1]):
        row = np.uint64(line) - bounds[0]
        at = NO_BITS
        quote = NO_BITS
        if line > 0:
            at = np.uint64(lines[line - 1, 0]) + ONE
            quote = np.uint64(lines[line - 1, 1])
        end = np.uint64(lines[line, 0])
        last_quote = np.uint64(lines[line, 1])
        is_careful = (lines[line, 2] & FLAG_BACKSLASH) != 0
        is_long = end - at > bounds[2]
        while end > at and is_blank(byte_at(source, end - ONE)):
            end -= ONE
        while at < end and is_blank(byte_at(source, at)):
            at += ONE
        if at == end and not is_long:
            status[row] = LINE_BLANK
            continue
        status[row] = LINE_ODD
        if (
            is_long
            or (lines[line, 2] & FLAG_NOT_PLAIN) != 0
            or byte_at(source, at) != 123
            # Quotes in pairs: from here on, a quote outside a string has its partner in this line, and is the next
            # one of the list.
            or (last_quote - quote) & ONE
            or (is_careful and not has_sound_escapes(source, at, end))
        ):
            continue
        at += ONE
        node = np.int64(0)
        depth = 0
        nodes[0] = 0
        arrays = NO_BITS  # bit i: the container at depth i is an array
        is_sound = True
        is_first = True  # nothing of the innermost container was read yet
        is_value = False  # the next token begins a value, not a key
        while True:
            # One turn: a key if the container is an object, a value, and the closing brackets behind it.
            byte = byte_at(source, at)
            while byte == 32:
                at += ONE
                byte = byte_at(source, at)
            if not is_first or (byte != 125 and byte != 93):
                facts = NO_BITS
                if not is_value:
                    if byte != 34:
                        is_sound = False
                        break
                    close = np.uint64(quotes[quote + ONE])
                    if node < 0:
                        # Texts under keys that nobody wants, one after the other, but for the last of them.
                        while load_64(source, close + ONE) & _TWO_BYTES == _COLON_QUOTE:
                            stop = np.uint64(quotes[quote + _THREE])
                            if load_64(source, stop + ONE) & _TWO_BYTES != _COMMA_QUOTE:
                                break
                            at = stop + _TWO
                            quote += _FOUR
                            close = np.uint64(quotes[quote + ONE])
                    quote += _TWO
                    if node >= 0:
                        length = close - at - ONE
                        if is_careful and has_backslash(source, at, close):
                            is_sound = False
                            break
                        if length <= _LONGEST_KEY and (lengths[node] >> length) & ONE:
                            # Here and not in a device: each array of the program would be counted for it.
                            word = load_64(source, at + ONE) & LOW_BYTES[min(length, _EIGHT)]
                            place = np.uint64(node) * _TABLE_SIZE + key_place(word, length, multipliers[node])
                            key = table[place]
                            if key >= 0:
                                facts = key_facts[key]
                                if facts & _BYTE != length or word != key_words[key, 0]:
                                    facts = NO_BITS
                                part = 1
                                left = length
                                while facts and left > _EIGHT:
                                    left -= _EIGHT
                                    word = load_64(source, close - left) & LOW_BYTES[min(left, _EIGHT)]
                                    if word != key_words[key, part]:
                                        facts = NO_BITS
                                    part += 1
                        if facts == NO_BITS and closed[node]:
                            is_sound = False
                            break
                    at = close + ONE
                    word = load_64(source, at)
                    if word & _TWO_BYTES == _COLON_QUOTE:
                        at += ONE
                        byte = 34
                    else:
                        while byte_at(source, at) == 32:
                            at += ONE
                        if byte_at(source, at) != 58:
                            is_sound = False
                            break
                        at += ONE
                        byte = byte_at(source, at)
                        while byte == 32:
                            at += ONE
                            byte = byte_at(source, at)
                first = at
                kind = 0
                if byte == 34:
                    first = at + ONE
                    at = np.uint64(quotes[quote + ONE])
                    quote += _TWO
                    kind = KIND_STRING
                elif byte == 123:
                    kind = KIND_OBJECT
                elif byte == 91:
                    kind = KIND_ARRAY
                elif byte == 116:
                    if load_64(source, at) & _LOW == _TRUE:
                        kind = KIND_TRUE
                        at += _FOUR
                elif byte == 102:
                    if load_64(source, at) & _FIVE_BYTES == _FALSE:
                        kind = KIND_FALSE
                        at += _FIVE
                elif byte == 110:
                    if load_64(source, at) & _LOW == _NULL:
                        kind = KIND_NULL
                        at += _FOUR
                else:
                    stop = end_of_number(source, at)
                    if stop:
                        kind = KIND_NUMBER
                        at = stop
                if kind == 0:
                    is_sound = False
                    break
                if facts:
                    slot = (facts >> _EIGHT) & _BYTE
                    if (
                        (np.uint64(kind) & (facts >> _KINDS_SHIFT)) == NO_BITS
                        or kinds[row, slot] != 0
                        or (is_careful and kind == KIND_STRING and has_backslash(source, first, at))
                    ):
                        is_sound = False
                        break
                    mark = (facts >> _MARK_SHIFT) & _BYTE
                    kinds[row, slot] = mark or np.uint64(kind)
                    spans[row, slot] = first | (at << _SHIFT_32)
                if kind == KIND_STRING:
                    at += ONE
                elif kind >= KIND_OBJECT:
                    if depth == _MAX_DEPTH:
                        is_sound = False
                        break
                    depth += 1
                    node = _NO_NODE
                    at += ONE
                    is_value = kind == KIND_ARRAY
                    if is_value:
                        arrays |= ONE << np.uint64(depth)
                    else:
                        arrays &= ~(ONE << np.uint64(depth))
                        node = np.int64(facts >> _CHILD_SHIFT) - np.int64(1)
                    nodes[depth] = node
                    is_first = True
                    if not is_value or byte_at(source, at) != 34:
                        continue
                    # Lists of labels are half of an event: strings one after the other.
                    while True:
                        at = np.uint64(quotes[quote + ONE]) + ONE
                        quote += _TWO
                        if load_64(source, at) & _TWO_BYTES != _COMMA_QUOTE:
                            break
                        at += ONE
                byte = byte_at(source, at)
                while byte == 32:
                    at += ONE
                    byte = byte_at(source, at)
            is_first = False
            if byte != 44:
                while byte == 125 or byte == 93:
                    if (byte == 93) != is_value:
                        is_sound = False
                        break
                    at += ONE
                    depth -= 1
                    if depth < 0:
                        break
                    node = nodes[depth]
                    is_value = (arrays >> np.uint64(depth)) & ONE != NO_BITS
                    byte = byte_at(source, at)
                    while byte == 32:
                        at += ONE
                        byte = byte_at(source, at)
                if not is_sound or depth < 0:
                    break
                if byte != 44:
                    is_sound = False
                    break
            at += ONE
        if is_sound and at == end and quote == last_quote:
            status[row] = LINE_READ
