"""What values begin with, and values put behind one another, against the methods of ``bytes``."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels import messages
from kernels.copying import copy_64
from kernels.jit import kernel
from kernels.memory import PADDING, base_of
from kernels.messages import gather, look


def laid(values, junk):
    """Return a buffer of values with junk before each, where they lie in it, and their lengths."""
    buffer = bytearray()
    starts = []
    for number, value in enumerate(values):
        buffer += junk[number % len(junk)]
        starts.append(len(buffer))
        buffer += value or b""
    lengths = [-1 if value is None else len(value) for value in values]
    arrays = np.frombuffer(bytes(buffer), np.uint8), np.array(starts, np.int64), np.array(lengths, np.int64)
    for array in arrays:
        array.flags.writeable = False
    return arrays


BEGINNINGS = [
    (None, messages.KIND_EMPTY, 0),
    (b"", messages.KIND_EMPTY, 0),
    (b" \t\r\n\v\f", messages.KIND_EMPTY, 0),
    (b"\xef\xbb\xbf", messages.KIND_EMPTY, 3),
    (b"{", messages.KIND_OBJECT, 0),
    (b' {"flow":{}}', messages.KIND_OBJECT, 0),
    (b'\xef\xbb\xbf{"flow":{}}', messages.KIND_OBJECT, 3),
    (b'\x00\x00\x00\x00\x07{"flow":{}}', messages.KIND_OBJECT, 5),
    (b"\x00\x00\x00\x00\x07[", messages.KIND_TEXT, 0),
    (b"\x00\x00\x00\x00{", messages.KIND_TEXT, 0),
    (b'{\n "flow": {}}', messages.KIND_DOCUMENTS, 0),
    (b'{ \r\n "flow": {}}', messages.KIND_DOCUMENTS, 0),
    (b'{"flow":\n{}}', messages.KIND_OBJECT, 0),
    (b"[", messages.KIND_DOCUMENTS, 0),
    (b"\xff\xff\xff\xff\x10\x00", messages.KIND_ARROW, 0),
    (b"ARROW1\x00\x00", messages.KIND_ARROW, 0),
    (b"ARROW", messages.KIND_TEXT, 0),
    (b"\x1f\x8b", messages.KIND_GZIP, 0),
    (b"H4sIAAAA", messages.KIND_BASE64, 0),
    (b'"H4sIAAAA"', messages.KIND_BASE64, 0),
    (b"H4s", messages.KIND_TEXT, 0),
    (b"level=info", messages.KIND_AGENT_LOG, 0),
    (b"time=1", messages.KIND_AGENT_LOG, 0),
    (b"ts=1", messages.KIND_AGENT_LOG, 0),
    (b"msg=1", messages.KIND_AGENT_LOG, 0),
    (b"levels=1", messages.KIND_TEXT, 0),
    (b"2 123 eni-1", messages.KIND_TEXT, 0),
    (b"\xef\xbb", messages.KIND_TEXT, 0),
    (b"\xef\xbb\x00", messages.KIND_TEXT, 0),
]


@pytest.mark.parametrize(("value", "kind", "mark"), BEGINNINGS)
def test_look__says_what_a_value_begins_with(value, kind, mark):
    """Whatever lies around it, even where it is the last of the buffer."""
    for junk in (b"", b"{", b"\x1f\x8b"):
        values, starts, lengths = laid([b"x", value], [b"", junk])
        begins = np.empty(2, np.int64)
        assert look(values, starts, lengths, begins)[1] == kind
        assert begins[1] == starts[1] + mark


VALUES = st.lists(st.binary(max_size=200) | st.text("ab\n\r", max_size=200).map(str.encode), max_size=8)


@given(VALUES, st.lists(st.binary(max_size=9), min_size=1, max_size=3))
def test_gather__puts_values_behind_one_another(contents, junk):
    """Each value is followed by one line feed, and where its lines begin is known."""
    values, starts, lengths = laid(contents, junk)
    spans = np.stack([starts, starts + lengths], axis=1)
    spans.flags.writeable = False
    text = np.full(sum(map(len, contents)) + len(contents) + PADDING, 255, np.uint8)
    firsts = np.empty((len(contents), 2), np.int64)
    size, n_lines = gather(values, spans, text, firsts)
    lines = [content.removesuffix(b"\n") + b"\n" for content in contents]
    assert text[: int(size) + PADDING].tobytes() == b"".join(lines) + bytes(PADDING)
    counts = [line.count(b"\n") for line in lines]
    assert n_lines == sum(counts)
    assert firsts[:, 0].tolist() == np.cumsum([0, *counts])[:-1].tolist()
    assert firsts[:, 1].tolist() == np.cumsum([0, *map(len, lines)])[:-1].tolist()


@kernel
def copy(target, to, source, place):
    """Copy sixty-four bytes."""
    copy_64(base_of(target), to, base_of(source), place)


@given(st.integers(0, 40), st.integers(0, 40))
def test_copy_64__copies_sixty_four_bytes(to, place):
    """From any place to any place, and nothing else is touched."""
    source = np.arange(104, dtype=np.uint8)
    source.flags.writeable = False
    target = np.full(104, 255, np.uint8)
    copy(target, np.uint64(to), source, np.uint64(place))
    expected = [255] * to + list(range(place, place + 64)) + [255] * (40 - to)
    assert target.tolist() == expected
