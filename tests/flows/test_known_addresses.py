"""Addresses anywhere in a text to places in the dictionary of the thread, as the exact way reads them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.flows import known_addresses as memory
from auditor.flows.known_addresses import addresses_at
from auditor.flows.spans import intern_addresses
from kernels.codes import ADDRESS_OK
from kernels.known import NO_ADDRESS
from tests.flows.test_spans import ADDRESSES, OTHERS
from tests.flows.test_vpc_scan import addresses
from tests.kernels.devices import joined


def check(texts):
    """Assert that each two addresses are what the exact way makes of them; return those that are known."""
    text, fields = joined([each.encode() for each in texts])
    spans = fields.reshape(-1, 2, 2)
    codes, found = addresses_at(text, spans)
    exact, expected, status = intern_addresses(text, spans)
    assert (codes.dtype, codes.shape) == (np.int32, exact.shape)
    is_address = status[exact] == ADDRESS_OK
    assert np.array_equal(codes != NO_ADDRESS, is_address)
    for one, other in zip(found[:2], expected[:2], strict=True):
        assert np.array_equal(one[codes[is_address]], other[exact[is_address]])
    written = [texts[2 * row + side] for side in range(2) for row in range(len(spans))]
    known = found.texts.array().to_pylist()
    assert len(set(known)) == len(known) == len(found.high)
    assert [known[code] for code in codes.reshape(-1) if code >= 0] == [
        each for each, sound in zip(written, is_address.reshape(-1), strict=True) if sound
    ]
    return found


@given(st.lists(st.lists(ADDRESSES | OTHERS, max_size=20).map(lambda texts: texts[: len(texts) // 2 * 2])))
def test_addresses_at__agrees_with_the_exact_way(blocks):
    """One block after the other on one thread, of what is an address and what is none."""
    for texts in blocks:
        check(texts)


@pytest.mark.parametrize("n", [2, 512, 1_024, 3_000])
def test_addresses_at__takes_a_larger_dictionary(monkeypatch, n):
    """However many there are, each is told apart from the others."""
    monkeypatch.setattr(memory, "_FIRST_TABLE", 1 << 11)
    monkeypatch.setattr(memory, "_LEAST_TABLE", 1 << 3)
    monkeypatch.setattr(memory, "KNOWN", memory.Known())
    texts = addresses(n)
    assert len(check([*texts, *texts[::-1]]).high) == n


def test_addresses_at__goes_on_with_what_is_known(monkeypatch):
    """Of two long blocks the second one adds to what the first has, which stays as it is."""
    monkeypatch.setattr(memory, "KNOWN", memory.Known())
    texts = addresses(3_000)
    first = check(texts[:2_400])
    before = first.texts.array().to_pylist()
    second = check(texts[600:])
    assert first.origin is second.origin
    assert first.texts.array().to_pylist() == before == second.texts.array().to_pylist()[: len(before)]
    assert sorted(second.texts.array().to_pylist()) == sorted(texts)
