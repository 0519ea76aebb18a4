"""Texts are chosen as plain Python does it."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.text_choose import choose_texts
from tests.kernels.engines import both


def frozen(values, dtype):
    """Return an array as the callers give it."""
    array = np.array(values, dtype=dtype)
    array.flags.writeable = False
    return array


@pytest.mark.parametrize("kernel", both(choose_texts))
@given(texts=st.lists(st.binary(max_size=70), max_size=8), data=st.data())
def test_choose_texts__copies_what_codes_point_to(kernel, texts, data):
    """Each text once, in order of first appearance; letters behind and before the texts are no matter."""
    codes = data.draw(st.lists(st.integers(-1, len(texts) - 1), max_size=20))
    offsets = np.cumsum([0, *map(len, texts)])
    letters = np.frombuffer(b"".join([*texts, b"behind"]), np.uint8)
    dense = np.empty(len(codes), dtype=np.int32)
    ends, chosen, n_null = kernel(frozen(codes, np.int32), frozen(offsets, np.int32), letters, dense)
    used = list(dict.fromkeys(code for code in codes if code >= 0))
    assert (ends.dtype, chosen.dtype) == (np.int32, np.uint8)
    assert [chosen[start:end].tobytes() for start, end in itertools.pairwise(ends)] == [
        texts[code] for code in used
    ]
    assert len(chosen) == ends[-1]
    assert dense.tolist() == [used.index(code) if code >= 0 else -1 for code in codes]
    assert n_null == codes.count(-1)
