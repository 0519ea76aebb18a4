"""Ends looked up: the same however much of them was known before."""

from __future__ import annotations

import gc
import threading
import weakref
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.compiler.build import build
from auditor.flows.schema import Addresses
from auditor.ir.model import TCP, Address, Connection, Endpoint, Inventory, Kind, PolicySet
from auditor.strings import Strings
from auditor.verdicts import lookup as module
from auditor.verdicts.lookup import look_up
from tests.worlds import flow_batch, halves

ADDRESSES = [Address(4, 10 << 24 | place) for place in range(40)] + [Address(6, place) for place in range(9)]


def tables_of(holders):
    """Return tables of pods with these addresses."""
    pods = [
        Endpoint(Kind.POD, "a", f"pod-{place}", {}, (ADDRESSES[place],)) for place in sorted(set(holders))
    ]
    return build(PolicySet(), Inventory({"a": {}}, tuple(pods)))


TABLES = [tables_of(range(0, 49, 2)), tables_of(range(0, 49, 3))]


def batch_of(n, origin):
    """Return a batch that has the first n addresses."""
    made = flow_batch([Connection(ADDRESSES[0], ADDRESSES[0], TCP, 80)])
    pairs = [halves(end) for end in ADDRESSES[:n]]
    high, low = (np.array(half, dtype=np.uint64) for half in zip(*pairs, strict=True))
    addresses = Addresses(high, low, Strings.empty(n), origin)
    return replace(made, sources=addresses, destinations=addresses)


def columns(ends):
    """Return what was found."""
    return [column.tolist() for column in ends]


asked = st.lists(st.tuples(st.integers(1, 49), st.sampled_from("xy"), st.integers(0, 1)), max_size=12)


@given(asked)
def test_look_up__does_not_depend_on_what_is_known(asked):
    """Addresses of two origins by turns, more and fewer of them, by two tables; and what was handed out stays."""
    found = []
    for n, origin, which in asked:
        ends = look_up(TABLES[which], batch_of(n, origin))
        expected = columns(look_up(TABLES[which], batch_of(n, None)))
        assert columns(ends) == expected
        found.append((ends, expected))
    for ends, expected in found:
        assert columns(ends) == expected


@pytest.mark.parametrize("first_room", [0, 1, 7])
def test_look_up__makes_room_for_more(first_room, monkeypatch):
    """What was known moves with it."""
    monkeypatch.setattr(module, "_FIRST_ROOM", first_room)
    for n in (1, 2, 3, 9, 49):
        ends = look_up(TABLES[0], batch_of(n, "z"))
        assert columns(ends) == columns(look_up(TABLES[0], batch_of(n, None)))


def test_look_up__asks_for_new_addresses_only(monkeypatch):
    """Those that are known are not looked up again by the same thread, by another one they are."""
    asked = []

    def noted(index, high, low):
        asked.append(len(high))
        return slots_of(index, high, low)

    slots_of = module.slots_of
    monkeypatch.setattr(module, "slots_of", noted)
    origin = object()
    for n in (5, 5, 9, 2):
        look_up(TABLES[0], batch_of(n, origin))
    other = threading.Thread(target=look_up, args=(TABLES[0], batch_of(9, origin)))
    other.start()
    other.join()
    assert asked == [5, 4, 9]


def test_look_up__keeps_no_tables():
    """Those of a service are replaced while its threads go on."""
    tables = tables_of(range(5))
    look_up(tables, batch_of(9, "kept"))
    watched = weakref.ref(tables)
    del tables
    gc.collect()
    assert watched() is None
    ends = look_up(TABLES[0], batch_of(9, "kept"))
    assert columns(ends) == columns(look_up(TABLES[0], batch_of(9, None)))
