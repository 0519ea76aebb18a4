"""Numbers and escapes of JSON against the parser of Python."""

from __future__ import annotations

import json
import re
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.jit import kernel
from kernels.json_tokens import end_of_number, has_backslash, has_sound_escapes, is_utf8
from kernels.memory import base_of
from tests.kernels.devices import joined

NUMBER = re.compile(rb"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?![0-9.eE])")
NUMBERS = st.text("0123456789-+.eE/:", max_size=24) | st.from_regex(
    r"-?[0-9]{1,22}(\.[0-9]{1,3})?", fullmatch=True
)
STRINGS = st.lists(
    st.sampled_from(
        [*'\\"/bfnrtu', "a", "\\u", "d8", "00e9", "\\ud83d", "\\ude00", "\\uD7ff", "\\uE000", "G"]
    ),
    max_size=12,
)


@kernel
def look(text, spans, found):
    """Note what each device says of each span."""
    source = base_of(text)
    for row in range(len(found)):
        first, end = np.uint64(spans[row, 0]), np.uint64(spans[row, 1])
        found[row, 0] = np.int64(end_of_number(source, first))
        found[row, 1] = has_backslash(source, first, end)
        found[row, 2] = has_sound_escapes(source, first, end)
        found[row, 3] = is_utf8(source, first, end)


def seen(texts, between):
    """Return what the devices say of a blank and of each text, and where these stand."""
    text, spans = joined([b" ", *texts], between)
    found = np.zeros((len(texts) + 1, 4), np.int64)
    look(text, spans, found)
    return found, spans


def looked(texts, between):
    """Return what the devices say of each text but for ``is_utf8``, ends counted from its beginning."""
    found, spans = seen(texts, between)
    ends = np.where(found[:, 0] > 0, found[:, 0] - spans[:, 0], 0)
    return ends[1:].tolist(), found[1:, 1].tolist(), found[1:, 2].tolist()


def test_end_of_number__agrees_with_the_grammar_on_all_short_texts():
    """Of every text of up to five of the letters of numbers, those are read that Python reads, but for exponents."""
    texts = ["".join(each) for length in range(1, 6) for each in product("01-.e+", repeat=length)]
    found, _, _ = looked([text.encode() for text in texts], b",")
    for text, end in zip(texts, found, strict=True):
        try:
            is_number = isinstance(json.loads(text), (int, float)) and "e" not in text
        except ValueError:
            is_number = False
        assert (end == len(text)) == is_number, text
        assert end == 0 or text[end : end + 1] != "e", text


@given(st.lists(NUMBERS.map(str.encode)), st.sampled_from((b",", b"}", b" ", b"\n", b"]", b'"')))
def test_end_of_number__agrees_with_the_grammar(texts, between):
    """A number without exponent of at most 20 characters ends where the grammar says, others are none."""
    found, _, _ = looked(texts, between)
    for text, end in zip(texts, found, strict=True):
        match = NUMBER.match(text)
        if match is None:
            # What is read of it may not be all: then the byte behind it is no end of a value.
            assert end == 0 or text[end : end + 1] in {b"-", b"+", b".", b"/", b":"}
        elif len(match[0]) <= 20:
            assert end == match.end()
        else:
            assert end == 0


@given(st.lists(STRINGS.map("".join), min_size=1))
def test_has_sound_escapes__agrees_with_json(strings):
    """Escapes are sound if a string of them is JSON and none is a surrogate, whether it has its partner or not."""
    texts = [string.encode() for string in strings]
    _, backslashes, sound = looked(texts, b"x")
    for string, has_one, is_sound in zip(strings, backslashes, sound, strict=True):
        assert has_one == ("\\" in string)
        if '"' in string.replace("\\\\", "").replace('\\"', ""):
            continue
        try:
            json.loads(f'"{string}"')
        except ValueError:
            assert not is_sound
        else:
            has_surrogate = re.search(r"(?<!\\)(?:\\\\)*\\u[dD][89a-fA-F]", string) is not None
            assert is_sound == (not has_surrogate)


@pytest.mark.parametrize("byte", range(256))
def test_has_sound_escapes__knows_every_letter(byte):
    """Eight letters may follow a backslash, and ``u`` with four digits."""
    letter = bytes([byte])
    _, _, (short, long, *each) = looked(
        [
            b"\\" + letter + b"aaa",
            b"\\u00e9a",
            *(b"\\u" + b"0" * place + letter + b"0" * (3 - place) + b"a" for place in range(4)),
        ],
        b"x",
    )
    assert short == (letter in b'"\\/bfnrt')
    assert long == 1
    is_digit = letter in b"0123456789abcdefABCDEF"
    assert each[:1] + each[2:] == [is_digit] * 3


def is_decoded(text):
    """Return whether Python decodes a text."""
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


EDGES = (
    0x00,
    0x7F,
    0x80,
    0x8F,
    0x90,
    0x9F,
    0xA0,
    0xBF,
    0xC0,
    0xC1,
    0xC2,
    0xDF,
    0xE0,
    0xE1,
    0xEC,
    0xED,
    0xEE,
    0xEF,
)
EDGES += (0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF)


@pytest.mark.parametrize(
    "bytes_of",
    [(EDGES,), (EDGES,) * 2, pytest.param((EDGES,) * 3, marks=pytest.mark.jit_only)]
    + [
        pytest.param(((lead,), *(EDGES,) * 3), marks=pytest.mark.jit_only)
        for lead in (0xEF, 0xF0, 0xF3, 0xF4)
    ],
)
def test_is_utf8__agrees_with_python_on_all_edges(bytes_of):
    """Of bytes at the borders of what a byte may be, in any order, those are UTF-8 that Python decodes."""
    texts = [bytes(each) for each in product(*bytes_of)]
    found, _ = seen(texts, b",")
    assert found[1:, 3].tolist() == [is_decoded(text) for text in texts]


@given(
    st.lists(
        st.lists(
            st.sampled_from(["a" * 60, "b", "\u00fc", "\u20ac", "\U0001f600"]) | st.characters(), max_size=9
        )
        .map("".join)
        .map(lambda text: text.encode("utf-8", "surrogatepass"))
        | st.binary(max_size=9),
        max_size=4,
    ),
    st.integers(0, 70),
)
def test_is_utf8__agrees_with_python_wherever_a_text_ends(texts, length):
    """Neither the border of 64 bytes nor what lies behind the end counts, and a text cut in a character is none."""
    texts = [b"a" * length + text for text in texts]
    texts += [text[:-1] for text in texts]
    for between in (b",", b"\n"):
        found, _ = seen(texts, between)
        assert found[1:, 3].tolist() == [is_decoded(text) for text in texts]
