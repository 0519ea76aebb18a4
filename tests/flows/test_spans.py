"""Fields to codes and addresses, whatever the table of the thread has been through."""

from __future__ import annotations

import ipaddress
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.flows import spans as spans_module
from auditor.flows.spans import intern, intern_addresses
from kernels.codes import ADDRESS_OK
from tests.kernels.devices import joined

ADDRESSES = st.sampled_from(
    ["10.0.0.1", "10.0.0.12", "255.255.255.255", "::1", "fd00:0:0:0:0:0:0:1", "::ffff:10.0.0.1"]
)
OTHERS = st.sampled_from(["", "-", "10.0.0", "10.0.0.256", "::1%eth0", "x" * 50, "10.0.0.1 ", "\u0661"])


def check(texts):
    """Assert that codes and texts are those of a dictionary."""
    text, fields = joined(texts)
    found = intern(text, fields)
    distinct = list(dict.fromkeys(texts))
    assert found.codes.dtype == np.int32
    assert found.texts.to_pylist() == distinct
    assert [distinct[code] for code in found.codes.tolist()] == texts


@given(st.lists(st.binary(max_size=40)))
def test_intern__agrees_with_a_dictionary(texts):
    """Texts of any bytes come back, each once, as they first appear."""
    check(texts)


@given(st.lists(st.lists(st.binary(max_size=3), max_size=40), min_size=2, max_size=5))
def test_intern__forgets_earlier_blocks(blocks):
    """The table of a thread is used again, and nothing of one block shows in the next."""
    for texts in blocks:
        check(texts)


@pytest.mark.parametrize("n", [3, 4, 5, 63, 64, 65, 1_000])
def test_intern__takes_a_longer_table_for_many_texts(monkeypatch, n):
    """More distinct texts than half of the table begin anew with a longer one, and it shrinks again afterwards."""
    monkeypatch.setattr(spans_module, "_FIRST_TABLE", 8)
    monkeypatch.setattr(spans_module, "_ROOM", spans_module._Room())  # noqa: SLF001 - what is tested
    check([str(number).encode() for number in range(n)] * 2)
    check([b"few"] * 3)
    check([str(number).encode() for number in range(n)])


def test_intern__keeps_what_it_returned():
    """Codes and texts of one block stay when the next one is read."""
    text, fields = joined([b"a", b"b", b"a"])
    first = intern(text, fields)
    check([b"c", b"d", b"e", b"c"])
    assert (first.codes.tolist(), first.texts.to_pylist()) == ([0, 1, 0], [b"a", b"b"])


def test_intern__works_on_many_threads_at_once():
    """Each thread has a table of its own."""
    failures = []

    def work(seed):
        try:
            for step in range(20):
                check([f"{seed}-{number % (seed + step + 2)}".encode() for number in range(200)])
        except AssertionError as error:  # pragma: no cover - would be the finding
            failures.append(error)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


@given(st.lists(st.tuples(ADDRESSES | OTHERS, ADDRESSES | OTHERS)))
def test_intern_addresses__reads_both_sides(pairs):
    """Codes of both sides point at one dictionary; only what Python takes for an address is one."""
    text, fields = joined([each.encode() for pair in pairs for each in pair])
    codes, addresses, status = intern_addresses(text, fields.reshape(-1, 2, 2))
    assert (codes.dtype, codes.shape) == (np.int32, (2, len(pairs)))
    texts = addresses.texts.array().to_pylist()
    assert len(texts) == len(status) == len(addresses.high) == len(addresses.low)
    assert len(texts) == len({each for pair in pairs for each in pair})
    for side in (0, 1):
        for code, pair in zip(codes[side].tolist(), pairs, strict=True):
            assert (status[code] == ADDRESS_OK) == _is_address(pair[side])
            # What is no address has no text either.
            assert texts[code] == (pair[side] if status[code] == ADDRESS_OK else "")
    for written in (each for place, each in enumerate(texts) if status[place] == ADDRESS_OK):
        place = texts.index(written)
        address = ipaddress.ip_address(written)
        number = int(address) if address.version == 6 else 0xFFFF_0000_0000 | int(address)
        assert (int(addresses.high[place]) << 64) | int(addresses.low[place]) == number


def _is_address(text):
    try:
        ipaddress.ip_address(text.replace("%", " "))
    except ValueError:
        return False
    return True
