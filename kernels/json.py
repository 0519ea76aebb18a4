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
from kernels.json_index import FLAG_BACKSLASH, FLAG_CONTROL, FLAG_NOT_ASCII
from kernels.json_program import (
    CHILD_SHIFT,
    KEY_ROOM,
    KEY_SHIFT,
    KIND_ARRAY,
    KIND_FALSE,
    KIND_NUMBER,
    KIND_OBJECT,
    KIND_STRING,
    KINDS_SHIFT,
    MARK_SHIFT,
    NODE_HEAD,
    WANTED_SHIFT,
    key_place,
)
from kernels.json_tokens import (
    end_of_number,
    has_backslash,
    has_sound_escapes,
    is_blank,
    is_utf8,
    kind_of_word,
)
from kernels.memory import NO_BITS, ONE, base_of, byte_at, load_64, mask_differ

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kernels.json_program import Found, Program

LINE_BLANK = 0
LINE_READ = 1
LINE_ODD = 2

_MAX_DEPTH = np.uint64(60)
_IN_ARRAY = np.uint64(1 << 32)  # stands for a node: no key comes here
_SHIFT_32 = np.uint64(32)
_TWO = np.uint64(2)
_THREE = np.uint64(3)
_FOUR = np.uint64(4)
_FIVE = np.uint64(5)
_EIGHT = np.uint64(8)
_BYTE = np.uint64(0xFF)
_TWO_BYTES = np.uint64(0xFFFF)
_THREE_BYTES = np.uint64(0xFF_FFFF)
_QUOTE_COLON_QUOTE = np.uint64(0x22_3A22)
_COLON_QUOTE = np.uint64(0x223A)
_QUOTE_COLON = np.uint64(0x3A22)
_COMMA_QUOTE = np.uint64(0x222C)
_NODE_HEAD = np.uint64(NODE_HEAD)
_KEY_ROOM = np.uint64(KEY_ROOM)
_KINDS_SHIFT = np.uint64(KINDS_SHIFT)
_MARK_SHIFT = np.uint64(MARK_SHIFT)
_CHILD_SHIFT = np.uint64(CHILD_SHIFT)
_WANTED_SHIFT = np.uint64(WANTED_SHIFT)
_KEY_SHIFT = np.uint64(KEY_SHIFT)
_WANTS_STRING = np.uint64(KIND_STRING << KINDS_SHIFT)


@kernel
def scan_lines(
    text: NDArray[np.uint8],
    quotes: NDArray[np.uint32],
    lines: NDArray[np.uint32],
    bounds: NDArray[np.uint64],
    program: Program,
    found: Found,
) -> None:
    """Note the wanted values of lines.

    Parameters
    ----------
    text : ndarray of uint8, shape (N,)
        As given to ``index_lines``; behind each line stands a byte that no JSON holds outside of its strings.
    quotes : ndarray of uint32, shape (Q,)
        From ``index_lines``.
    lines : ndarray of uint32, shape (L, 4)
        From ``index_lines``.
    bounds : ndarray of uint64, shape (3,)
        The first line to scan, the line behind the last one, and the bytes of the longest line that is read.
    program : Program
        What is wanted.
    found : Found
        Out, a row for each line scanned.
    """
    status, kinds, spans = found
    # Taken out of the bundle once: each look into it would count a reference.
    nodes = program.nodes
    source, letters = base_of(text), base_of(program.letters)
    unknown = nodes[0]
    opened = np.empty(int(_MAX_DEPTH) + 2, np.uint64)  # the node of each container that is open, by depth
    for line in range(bounds[0], bounds[1]):
        row = np.uint64(line) - bounds[0]
        at = np.uint64(lines[line, 3])
        quote = NO_BITS
        if line > 0:
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
            or (lines[line, 2] & FLAG_CONTROL) != 0
            or byte_at(source, at) != 123
            # Quotes in pairs: from here on, a quote outside a string has its partner in this line, and is the next
            # one of the list.
            or (last_quote - quote) & ONE
            or (is_careful and not has_sound_escapes(source, at, end))
            or ((lines[line, 2] & FLAG_NOT_ASCII) != 0 and not is_utf8(source, at, end))
        ):
            continue
        at += ONE
        node = ONE
        depth = ONE
        opened[depth] = node
        is_sound = True
        is_first = True  # nothing of the innermost container was read yet
        while True:
            # One turn: a key if the container is an object, a value, and the closing brackets behind it.
            byte = byte_at(source, at)
            while byte == 32:
                at += ONE
                byte = byte_at(source, at)
            if not is_first or (byte != 125 and byte != 93):
                facts = unknown
                is_text = False  # a text was read, and no key begins behind it
                if node != _IN_ARRAY:
                    if byte != 34:
                        is_sound = False
                        break
                    # The same place, known from the list: what comes next need not wait until the value in front of
                    # it was read to its end.
                    at = np.uint64(quotes[quote])
                    close = np.uint64(quotes[quote + ONE])
                    if node == NO_BITS:
                        # Texts under keys that nobody wants, one after the other.
                        while load_64(source, close + ONE) & _TWO_BYTES == _COLON_QUOTE:
                            at = np.uint64(quotes[quote + _THREE]) + ONE
                            quote += _FOUR
                            is_text = load_64(source, at) & _TWO_BYTES != _COMMA_QUOTE
                            if is_text:
                                break
                            at += ONE
                            close = np.uint64(quotes[quote + ONE])
                    while node != NO_BITS:
                        # Here and not in a device: each array of the program would be counted for it.
                        place = key_place(source, at, close, nodes[node])
                        facts = nodes[node + _NODE_HEAD + place]
                        differs = mask_differ(source, at + ONE, letters, (facts >> _KEY_SHIFT) * _KEY_ROOM)
                        if differs & ((_TWO << (facts & _BYTE)) - ONE):
                            facts = unknown
                            is_sound = nodes[node + ONE] == NO_BITS
                        if is_careful:
                            is_sound &= not has_backslash(source, at, close)
                            break
                        if load_64(source, close) & _THREE_BYTES != _QUOTE_COLON_QUOTE:
                            break
                        stop = np.uint64(quotes[quote + _THREE])
                        # A text: most of a flow. Noted whether it is wanted or not, as nothing and where nobody looks
                        # if not: a branch would be foreseen only when all flows are alike.
                        slot = (facts >> _EIGHT) & _BYTE
                        if facts & _WANTS_STRING == NO_BITS or kinds[row, slot] != 0 or not is_sound:
                            is_sound = False
                            break
                        kinds[row, slot] = (facts >> _WANTED_SHIFT) & ONE
                        spans[row, slot] = (close + _THREE) | (stop << _SHIFT_32)
                        at = stop + ONE
                        quote += _FOUR
                        is_text = load_64(source, at) & _TWO_BYTES != _COMMA_QUOTE
                        if is_text:
                            break
                        at += ONE
                        close = np.uint64(quotes[quote + ONE])
                    if not is_sound:
                        break
                if not is_text:
                    if node != _IN_ARRAY:
                        quote += _TWO
                        at = close + ONE
                        if load_64(source, close) & _TWO_BYTES != _QUOTE_COLON:
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
                    elif byte > 57:
                        kind = kind_of_word(source, at)
                        at += _FIVE if kind == KIND_FALSE else _FOUR
                    else:
                        stop = end_of_number(source, at)
                        if stop:
                            kind = KIND_NUMBER
                            at = stop
                    slot = (facts >> _EIGHT) & _BYTE
                    is_wanted = (facts >> _WANTED_SHIFT) & ONE
                    if (
                        (np.uint64(kind) & (facts >> _KINDS_SHIFT)) == NO_BITS
                        or kinds[row, slot] != 0
                        or (
                            is_careful
                            and is_wanted
                            and kind == KIND_STRING
                            and has_backslash(source, first, at)
                        )
                    ):
                        is_sound = False
                        break
                    mark = (facts >> _MARK_SHIFT) & _BYTE
                    kinds[row, slot] = (mark or np.uint64(kind)) * is_wanted
                    spans[row, slot] = first | (at << _SHIFT_32)
                    if kind == KIND_STRING:
                        at += ONE
                    elif kind >= KIND_OBJECT:
                        if depth > _MAX_DEPTH:
                            is_sound = False
                            break
                        depth += ONE
                        at += ONE
                        node = _IN_ARRAY if kind == KIND_ARRAY else (facts >> _CHILD_SHIFT) & _TWO_BYTES
                        opened[depth] = node
                        is_first = True
                        if kind == KIND_OBJECT or byte_at(source, at) != 34:
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
                    if (byte == 93) != (node == _IN_ARRAY):
                        is_sound = False
                        break
                    at += ONE
                    depth -= ONE
                    if depth == NO_BITS:
                        break
                    node = opened[depth]
                    byte = byte_at(source, at)
                    while byte == 32:
                        at += ONE
                        byte = byte_at(source, at)
                if not is_sound or depth == NO_BITS:
                    break
                if byte != 44:
                    is_sound = False
                    break
            at += ONE
        if is_sound and at == end and quote == last_quote:
            status[row] = LINE_READ
