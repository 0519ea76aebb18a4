"""Structs of Thrift's compact protocol, written, and as the tokens they should be read as."""

from __future__ import annotations

from hypothesis import strategies as st

from kernels.thrift import BINARY, DOUBLE, FALSE, INT8, INT16, INT64, LIST, SET, STRUCT, TRUE


def varint(number):
    """Return an unsigned number, seven bits a byte."""
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    return bytes([*found, number])


def zigzag(number):
    """Return a signed number of up to 64 bits."""
    return varint((number << 1 ^ number >> 63) & 0xFFFF_FFFF_FFFF_FFFF)


class Writer:
    """Writes fields, and notes the tokens: level, id, kind, value, size."""

    def __init__(self, before=b""):
        self.content = bytearray(before)
        self.tokens = []

    def struct(self, fields, level=0):
        """Write fields, ``(id, kind, value)``, and the end."""
        last = 0
        for identity, kind, value in fields:
            if 0 < identity - last < 16:
                self.content.append(identity - last << 4 | kind)
            else:
                self.content.append(kind)
                self.content += zigzag(identity)
            last = identity
            self.value(level, identity, kind, value)
        self.content.append(0)
        return self

    def value(self, level, identity, kind, value, *, is_element=False):
        """Write a value behind its head."""
        token = [level, identity, kind, 0, 0]
        self.tokens.append(token)
        if kind == STRUCT:
            self.struct(value, level + 1)
        elif kind in {LIST, SET}:
            of, elements = value
            token[3:] = len(elements), of
            short = min(len(elements), 15)
            self.content.append(short << 4 | of)
            self.content += varint(len(elements)) if short == 15 else b""
            for place, element in enumerate(elements):
                self.value(level + 1, place, of, element, is_element=True)
        elif kind == BINARY:
            self.content += varint(len(value))
            token[3:] = len(self.content), len(value)
            self.content += value
        elif INT16 <= kind <= INT64:
            token[3] = value
            self.content += zigzag(value)
        elif kind in {TRUE, FALSE}:
            token[3] = int(value if is_element else kind == TRUE)
            self.content += bytes([1 if value else 2]) if is_element else b""
        elif kind == INT8:
            token[3] = value
            self.content.append(value)
        elif kind == DOUBLE:
            self.content += value


NUMBERS = st.integers(-(2**63), 2**63 - 1)
_LEAVES = {
    TRUE: st.booleans(),
    FALSE: st.booleans(),
    INT8: st.integers(0, 255),
    **dict.fromkeys(range(INT16, INT64 + 1), NUMBERS),
    DOUBLE: st.binary(min_size=8, max_size=8),
    BINARY: st.binary(max_size=200),
}


def structs(depth=3):
    """Return a strategy of fields, structs and lists inside each other up to a depth."""
    values = dict(_LEAVES)
    if depth:
        of = st.sampled_from([*values, STRUCT])
        values[STRUCT] = structs(depth - 1)
        values[LIST] = values[SET] = of.flatmap(
            lambda kind: st.tuples(st.just(kind), st.lists(values[kind], max_size=18))
        )
    kinds = st.sampled_from(list(values)).flatmap(lambda kind: st.tuples(st.just(kind), values[kind]))
    field = st.builds(lambda identity, found: (identity, *found), st.integers(-40, 300), kinds)
    return st.lists(field, max_size=4)
