"""Structs of the compact protocol: read as they are written, and nothing that is broken taken for one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.thrift import (
    BINARY,
    INT32,
    INT64,
    LIST,
    MAP,
    MAX_DEPTH,
    STRUCT,
    TOKEN,
    TRUE,
    flatten,
    new_nest,
    read_struct,
    signed,
    varint,
)
from tests.kernels import compact
from tests.kernels.devices import frozen
from tests.kernels.engines import plain

MALFORMED = -1


def read(content, room=2_000):
    """Return what the kernel says, and the tokens that it wrote."""
    tokens = np.full((room, TOKEN), -77, np.int64)
    n = read_struct(frozen(np.frombuffer(bytes(content), np.uint8)), tokens)
    return n, tokens[: max(0, min(n, room))].tolist()


@given(compact.structs(), st.binary(max_size=9))
def test_read_struct__reads_what_is_written(fields, behind):
    """Every kind of value, long and short ids, structs and lists in each other; what follows is let be."""
    made = compact.Writer().struct(fields)
    assert read(bytes(made.content) + behind) == (len(made.tokens), made.tokens)


@given(compact.structs(), st.data())
def test_read_struct__refuses_a_struct_that_is_cut(fields, drawn):
    """Wherever it ends, it lacks the end."""
    content = compact.Writer().struct(fields).content
    assert read(content[: drawn.draw(st.integers(0, len(content) - 1))])[0] == MALFORMED


@given(compact.structs(2), st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=4))
def test_read_struct__of_changed_bytes_stays_inside(fields, changes):
    """Each token takes a byte at least, and texts lie inside the bytes; or there is no struct."""
    content = compact.Writer().struct(fields).content
    for place, byte in changes:
        content[place % len(content)] = byte
    n, tokens = read(content)
    assert n <= len(content)
    for _, _, kind, value, size in tokens:
        if kind == BINARY:
            assert 0 <= value <= value + size <= len(content)


@given(st.binary(max_size=60))
def test_flatten__of_any_bytes_ends_inside(content):
    """What is behind a struct is never behind the end."""
    array = frozen(np.frombuffer(content, np.uint8))
    n, place = plain(flatten)(array, 0, len(array), np.zeros((0, TOKEN), np.int64), plain(new_nest)())
    assert n == MALFORMED or n < place <= len(array)
    assert n == read(content)[0]


def test_read_struct__counts_what_there_is_no_room_for():
    """The caller comes again with a longer table."""
    made = compact.Writer().struct([(place, INT32, place) for place in range(1, 9)])
    assert read(made.content, room=3) == (8, made.tokens[:3])
    assert read(made.content, room=0) == (8, [])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        bytes([1 << 4 | INT32]),
        bytes([1 << 4 | INT32, *[0x80] * 10, 0]),
        bytes([INT32, *[0x80] * 30]),
        bytes([1 << 4 | BINARY, 5, 65, 66, 0]),
        bytes([1 << 4 | BINARY, *compact.varint(2**63), 65, 0]),
        bytes([1 << 4 | BINARY, *compact.varint(2**64 - 1), 65, 0]),
        bytes([1 << 4 | LIST, 0xF0 | INT32, *compact.varint(2**40), 2, 0]),
        bytes([1 << 4 | LIST, 0xF0 | STRUCT, *compact.varint(2**63 + 1), 0, 0]),
        bytes([1 << 4 | LIST, 0x20 | TRUE, 1]),
        bytes([1 << 4 | LIST, 0x10 | MAP, 0, 0]),
        bytes([1 << 4 | LIST, 0x10, 0, 0]),
        bytes([1 << 4 | MAP, 0, 0]),
        bytes([1 << 4 | 13, 0, 0]),
        bytes([1 << 4, 0, 0]),
        bytes([1 << 4 | 7, 1, 2, 3, 0]),
    ],
    ids=[
        *("nothing", "no value", "overlong number", "endless id", "cut text", "text of 2**63"),
        *(
            "text of 2**64 - 1",
            "list of 2**40",
            "list of 2**63",
            "cut list",
            "list of maps",
            "list of nothing",
        ),
        *("map", "unknown kind", "no kind", "cut double"),
    ],
)
def test_read_struct__refuses_what_is_broken(content):
    """A code says so."""
    assert read(content)[0] == MALFORMED


@pytest.mark.parametrize("nested", [bytes([1 << 4 | STRUCT]), bytes([1 << 4 | LIST, 1 << 4 | STRUCT])])
def test_read_struct__reads_to_a_depth(nested):
    """What is nested deeper is refused, however deep."""
    levels = (MAX_DEPTH - 1) // len(nested)
    n, _ = read(nested * levels + bytes(levels + 1))
    assert n == levels * len(nested)
    assert read(nested * (levels + 1) + bytes(levels + 2))[0] == MALFORMED
    assert read(nested * 100_000)[0] == MALFORMED


@given(st.integers(0, 2**64 - 1), st.binary(max_size=3))
def test_varint__reads_what_is_written(number, behind):
    """Up to ten bytes; none of those behind."""
    written = compact.varint(number)
    content = np.frombuffer(written + behind, np.uint8)
    assert plain(varint)(content, 0, len(content)) == (number, len(written))
    assert plain(varint)(content, 0, len(written) - 1)[1] == MALFORMED


def test_varint__ends_after_ten_bytes():
    """More cannot be a number of 64 bits."""
    assert plain(varint)(np.full(40, 0x80, np.uint8), 0, 40)[1] == MALFORMED


@given(compact.NUMBERS)
def test_signed__undoes_the_zigzag(number):
    """The extremes too."""
    for each in (number, -1 - number, 2**63 - 1, -(2**63)):
        written, _ = plain(varint)(np.frombuffer(compact.zigzag(each), np.uint8), 0, 10)
        assert plain(signed)(np.uint64(written)) == each


def test_read_struct__says_which_of_two_numbers_of_one_id_stands_where():
    """Nothing is merged: whoever reads the tokens decides."""
    made = compact.Writer().struct([(4, INT64, -1), (4, INT64, 7), (-2, INT64, 9)])
    assert read(made.content) == (3, [[0, 4, INT64, -1, 0], [0, 4, INT64, 7, 0], [0, -2, INT64, 9, 0]])
