"""Numbers read eight digits at a time against ``int``."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.digits import BROKEN, MISSING, number_at
from kernels.jit import kernel
from kernels.memory import base_of
from tests.kernels.devices import joined

DIGITS = st.text("0123456789", min_size=1, max_size=20)
OTHERS = st.text("0123456789/:;-+. x\x00\x10\x1f\u0660", min_size=1, max_size=20)


@kernel
def read_numbers(text, spans, values):
    """Read the number of each span."""
    source = base_of(text)
    for row in range(len(values)):
        values[row] = number_at(source, np.uint64(spans[row, 0]), np.uint64(spans[row, 1]))


def numbers_of(texts, between):
    """Return what the kernel reads of each text."""
    text, spans = joined(texts, between)
    values = np.empty(len(texts), np.int64)
    read_numbers(text, spans, values)
    return values.tolist()


def expected(text):
    """Return what plain Python reads."""
    if text == b"-":
        return MISSING
    return int(text) if text.isdigit() and len(text) <= 16 else BROKEN


@given(st.lists(DIGITS | OTHERS), st.sampled_from((b"", b" ", b"7", b"\n", b"\xff", b" 9999999999999999 ")))
def test_number_at__agrees_with_int(texts, between):
    """Up to 16 digits are a number whatever stands around them, ``-`` is missing, anything else is broken."""
    given_texts = [text.encode() for text in texts]
    assert numbers_of(given_texts, between) == [expected(text) for text in given_texts]


@pytest.mark.parametrize("length", range(1, 20))
def test_number_at__sees_every_byte_that_is_no_digit(length):
    """Of each of the 256 bytes in each place only digits make a number."""
    texts = [
        b"1" * place + bytes([byte]) + b"1" * (length - place - 1)
        for place in range(length)
        for byte in range(256)
    ]
    if length > 2:
        texts = texts[:: 1 + length]
    assert numbers_of(texts, b"2") == [expected(text) for text in texts]
    assert numbers_of([b"9" * length, b"0" * length, b"1" + b"0" * (length - 1)], b"9") == [
        expected(b"9" * length),
        expected(b"0" * length),
        expected(b"1" + b"0" * (length - 1)),
    ]
