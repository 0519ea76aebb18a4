"""Texts one after the other are those of Arrow, wherever they were cut from and put together."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor import strings
from auditor.strings import Strings

TEXTS = st.lists(st.text(max_size=20), max_size=12)
CODES = st.lists(st.integers(-1, 9), max_size=40)


@given(texts=TEXTS, first=st.integers(0, 3))
def test_of__holds_what_arrow_does(texts, first):
    """Whole arrays and slices come back as they were, and begin at 0."""
    array = pa.array(texts, pa.string())[first:]
    held = Strings.of(array)
    again = held.array()
    again.validate(full=True)
    assert again.to_pylist() == texts[first:]
    assert len(held) == len(array)
    assert held.offsets[0] == 0
    assert held.offsets[-1] == len(held.letters)


@pytest.mark.parametrize("array", [pa.nulls(3, pa.string()), pa.array([None, "a", None])], ids=str)
def test_of__makes_nulls_empty(array):
    """Nobody points at them, so they need not be told from what is empty."""
    assert Strings.of(array).array().to_pylist() == [text or "" for text in array.to_pylist()]


def test_of__leaves_out_what_stands_under_nulls():
    """Arrow may keep letters there."""
    hidden = pa.StringArray.from_buffers(2, *pa.array(["secret", "b"]).buffers()[1:], pa.py_buffer(b"\2"))
    assert hidden.to_pylist() == [None, "b"]
    assert Strings.of(hidden).letters.tobytes() == b"b"


def test_empty__has_no_letters():
    """As many texts as asked for, none too."""
    assert Strings.empty(3).array().to_pylist() == ["", "", ""]
    assert Strings.empty(0).array().to_pylist() == []


@given(parts=st.lists(st.tuples(TEXTS, st.integers(0, 3)), min_size=1, max_size=4))
def test_joined__is_all_parts(parts):
    """One part after the other."""
    found = Strings.joined([Strings.of(pa.array(texts, pa.string())[first:]) for texts, first in parts])
    found.array().validate(full=True)
    assert found.array().to_pylist() == [text for texts, first in parts for text in texts[first:]]


def test_joined__refuses_more_than_offsets_can_count(monkeypatch):
    """Texts that would run into each other are refused."""
    monkeypatch.setattr(strings, "MOST_BYTES", 9)
    part = Strings.of(pa.array(["12345"]))
    assert len(Strings.joined([part]).letters) == 5
    with pytest.raises(pa.ArrowInvalid) as caught:
        Strings.joined([part, part])
    assert str(caught.value) == "texts of 10 bytes are more than one column can hold"


@given(codes=CODES)
def test_chosen__has_each_text_once_as_it_comes_first(codes):
    """As a dict would number them; -1 stays."""
    texts = ["a", "bb", "", "a", "ccc", "é", "d" * 70, "e", "f", "bb"]
    numbers = {}
    for code in codes:
        if code >= 0:
            numbers.setdefault(code, len(numbers))
    dense, found, n_null = Strings.of(pa.array(texts)).chosen(np.array(codes, dtype=np.int64))
    assert dense.dtype == np.int32
    assert dense.tolist() == [numbers.get(code, -1) for code in codes]
    assert found.array().to_pylist() == [texts[code] for code in numbers]
    assert n_null == codes.count(-1)


def test_chosen__of_no_texts_is_none():
    """All codes are null then."""
    dense, found, n_null = Strings.empty(0).chosen(np.array([-1, -1], dtype=np.int32))
    assert (dense.tolist(), len(found), n_null) == ([-1, -1], 0, 2)
