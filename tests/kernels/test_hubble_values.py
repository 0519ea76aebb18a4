"""Single values of Hubble events against what the exact parser makes of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.flows.hubble_meaning import DIRECTION_NAMES, REASON_NAMES, TYPE_NAMES, VERDICT_NAMES
from auditor.flows.hubble_records import whole_number as exact_number
from kernels import hubble_values as slot
from kernels.jit import kernel
from kernels.json_program import KIND_FALSE, KIND_NULL, KIND_NUMBER, KIND_OBJECT, KIND_STRING, KIND_TRUE
from kernels.memory import PADDING, base_of
from tests.kernels.devices import joined

ENUMS = [
    (VERDICT_NAMES, slot.VERDICTS),
    (REASON_NAMES, slot.REASONS),
    (TYPE_NAMES, slot.TYPES),
    (DIRECTION_NAMES, slot.DIRECTIONS),
]
ALL_NAMES = [name for names, _ in ENUMS for name in names]
TEXTS = st.sampled_from(
    [*ALL_NAMES, *(name[:-1] for name in ALL_NAMES), *(name + "X" for name in ALL_NAMES)]
) | st.text("0123456789-+.AZ_ \x00", max_size=22)
SHIFT = np.uint64(32)


def vocabulary():
    """Return the names as the scanner keeps them."""
    words = b"".join(
        name.encode().ljust(slot.WORD_BYTES - 2, b"\0") + bytes([len(name), number])
        for names, _ in ENUMS
        for name, number in names.items()
    )
    return np.frombuffer(words + bytes(PADDING), np.uint8)


WORDS = vocabulary()


@kernel
def look(text, kind, spans, words, bounds, found):
    """Note the number, the enum value and the presence of each span."""
    source = base_of(text)
    names = base_of(words)
    for row in range(len(found)):
        span = np.uint64(spans[row, 0]) | (np.uint64(spans[row, 1]) << np.uint64(32))
        found[row, 0] = slot.whole_number(source, kind, span)
        found[row, 1] = slot.enum_value(source, kind, span, (names, bounds[0], bounds[1]))
        found[row, 2] = slot.is_local(source, kind, span)


def looked(texts, kind, bounds, between=b'"'):
    """Return what the devices say of each text."""
    text, spans = joined([each.encode() for each in texts], between)
    found = np.full((len(texts), 3), -9, np.int64)
    look(text, kind, spans, WORDS, np.array(bounds, np.int64), found)
    return found.tolist()


@given(
    st.lists(TEXTS, min_size=1), st.sampled_from(ENUMS), st.sampled_from((b'"', b"7", b"ABCDEFGHI", b"\0"))
)
def test_enum_value__agrees_with_the_exact_parser(texts, enum, between):
    """A name is its number, digits are theirs, other names are unknown; the rest is left to the exact parser."""
    names, bounds = enum
    for text, (number, value, presence) in zip(
        texts, looked(texts, KIND_STRING, bounds, between), strict=True
    ):
        exact = exact_number(text)
        assert number in {exact, slot.UNUSUAL}
        assert number == exact or not (text.isdigit() and len(text) <= 18)
        expected = names.get(text, -1 if exact is None else exact)
        assert value in {expected, slot.UNUSUAL}
        assert value == expected or not (text in names or text[:1].isalpha())
        assert presence == bool(text)


@pytest.mark.parametrize(("names", "bounds"), ENUMS)
def test_enum_value__knows_every_name_of_its_enum_alone(names, bounds):
    """Names of other enums are names that nobody knows."""
    found = [value for _, value, _ in looked(ALL_NAMES, KIND_STRING, bounds)]
    assert found == [names.get(name, slot.UNKNOWN) for name in ALL_NAMES]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (slot.ABSENT, [slot.UNUSUAL, 0, 0]),
        (KIND_NULL, [slot.UNUSUAL, 0, 0]),
        (KIND_TRUE, [slot.UNUSUAL] * 3),
        (KIND_FALSE, [slot.UNUSUAL] * 3),
        (KIND_OBJECT, [slot.UNUSUAL] * 3),
        (KIND_NUMBER, [5, 5, 1]),
        (KIND_STRING, [5, 5, 1]),
    ],
)
def test_devices__read_numbers_and_texts_only(kind, expected):
    """What is absent counts as nothing; other kinds of values are left to the exact parser."""
    assert looked(["5"], kind, slot.VERDICTS) == [expected]
    assert looked(["0"], KIND_NUMBER, slot.VERDICTS) == [[0, 0, 0]]
