"""Arrow columns from files, checked and in one piece."""

from __future__ import annotations

import pyarrow as pa
import pytest

from auditor.flows.generic_arrays import checked, flat


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        (pa.array(["a"]), pa.binary()),
        (pa.array(["a"], pa.large_string()), pa.large_binary()),
        (pa.array(["a"], pa.string_view()), pa.binary_view()),
        (pa.array(["a"]).dictionary_encode(), pa.dictionary(pa.int32(), pa.binary())),
        (pa.array([1]).dictionary_encode(), pa.dictionary(pa.int32(), pa.int64())),
        (pa.array([1]), pa.int64()),
    ],
)
def test_checked__hands_text_on_as_bytes(column, kind):
    """Whether a value is UTF-8 is its own affair."""
    assert checked(column).type == kind


def test_checked__refuses_codes_outside_the_dictionary():
    """Every code is looked at."""
    column = pa.DictionaryArray.from_arrays(pa.array([0, 5]), pa.array(["a"]), safe=False)
    with pytest.raises(pa.ArrowInvalid):
        checked(column)


@pytest.mark.parametrize(
    ("column", "kind", "values"),
    [
        (pa.chunked_array([["a"], ["b", None]]), pa.string(), ["a", "b", None]),
        (pa.chunked_array([], pa.int8()), pa.int8(), []),
        (
            pa.chunked_array([pa.array(["a"]).dictionary_encode(), pa.array(["b", "a"]).dictionary_encode()]),
            pa.dictionary(pa.int32(), pa.string()),
            ["a", "b", "a"],
        ),
        (pa.array([1, 1]).dictionary_encode(), pa.int64(), [1, 1]),
        (pa.array([b"a"], pa.binary_view()), pa.large_binary(), [b"a"]),
    ],
)
def test_flat__returns_one_array(column, kind, values):
    """Chunks are joined, dictionaries unified, and those of other things than text decoded."""
    found = flat(column)
    assert (found.type, found.to_pylist()) == (kind, values)
