"""Every invariant of the tables, broken one array at a time."""

from __future__ import annotations

import numpy as np
import pytest

from auditor.compiler.build import build
from auditor.ir.model import (
    EVERYTHING,
    TCP,
    Address,
    BlockPeer,
    Direction,
    Endpoint,
    Inventory,
    Kind,
    NamedPort,
    Network,
    Policy,
    PolicySet,
    PortRange,
    Rule,
)
from auditor.tables.check import check
from kernels import codes
from kernels.layout import BLOCK, CLASS_BITS, SLOT_BITS, Tables
from tests.strategies import ORIGIN

BLOCK_PEER = BlockPeer(Network(4, 16, 31), (Network(4, 18, 19),))
RULES = tuple(
    Rule(direction, 0, (BLOCK_PEER,), (PortRange(TCP, 80, 90), NamedPort(TCP, "http")), ORIGIN)
    for direction in Direction
)
POLICIES = PolicySet((Policy("NetworkPolicy", "a", "p", EVERYTHING, frozenset(Direction), RULES, ORIGIN),))
PODS = tuple(
    Endpoint(Kind.POD, "a", f"p{n}", {}, (Address(4, 10 << 24 | n), Address(6, n << 64 | n)), "n")
    for n in range(20)
)
BUILT = build(POLICIES, Inventory({"a": {}}, PODS))
N_OUTCOMES = len(BUILT.layout.side_verdicts)


def changed(path, change):
    """Return the tables with one array replaced by a changed copy."""
    *bundles, name = path.split(".")
    tables = BUILT.layout
    bundle = getattr(tables, bundles[0]) if bundles else tables
    made = bundle._replace(**{name: change(getattr(bundle, name).copy())})
    return tables._replace(**{bundles[0]: made}) if bundles else made


def put(place, value):
    """Return a change of one element."""

    def change(array):
        array[place] = value
        return array

    return change


def shorter(array):
    """Leave out the last element."""
    return array[:-1]


def longer(array):
    """Repeat the last element."""
    return np.append(array, array[-1:])


def as_type(name):
    """Return a change of the element type."""
    return lambda array: array.astype(name)


def test_check__takes_what_was_built():
    """The tables it is about to break are whole, with dense blocks and several of everything."""
    found = check(BUILT.layout, N_OUTCOMES)
    assert len(found.addresses.v4_dense) == 65536
    assert len(found.egress.rows) > 1
    assert len(found.egress.places) > 1


def arrays(bundle, path=""):
    """Yield path and array of everything in a bundle."""
    for name, member in zip(type(bundle)._fields, bundle, strict=True):
        where = f"{path}{name}"
        yield from arrays(member, f"{where}.") if isinstance(member, tuple) else [(where, member)]


def test_check__freezes_every_array():
    """All are contiguous and read-only, though not the arrays that were given."""
    given = Tables(
        *(
            type(part)(*(array.copy() for array in part)) if isinstance(part, tuple) else part.copy()
            for part in BUILT.layout
        )
    )
    for path, array in arrays(check(given, N_OUTCOMES)):
        assert array.flags.c_contiguous, path
        assert not array.flags.writeable, path
    assert all(array.flags.writeable for _, array in arrays(given))


N_SLOTS = len(BUILT.layout.slots.node)
SUBJECT, PEER = np.uint64(CLASS_BITS + SLOT_BITS), np.uint64(SLOT_BITS)
BROKEN = {
    "addresses.v4_starts": [put(0, 1), put(2, 0), longer],
    "addresses.v4_slots": [put(0, N_SLOTS), put(3, -1), shorter],
    "addresses.v4_first": [put(0, -1), put(65536, 1 << 20), shorter],
    "addresses.v4_block": [put(9, 1), put(10 << 8, 1 << 20), longer],
    "addresses.v4_dense": [put(7, N_SLOTS), put(65535, -1), shorter],
    "addresses.v6_high": [put(0, 1), put(2, 0), shorter],
    "addresses.v6_low": [put(0, 1), longer],
    "addresses.v6_slots": [put(0, -1), put(1, N_SLOTS), longer],
    "slots.opener_words": [
        put(0, np.uint64((1 << CLASS_BITS) - 1) << SUBJECT),
        put(0, np.uint64((1 << CLASS_BITS) - 1) << PEER),
        put(0, N_SLOTS),
        shorter,
    ],
    "slots.other_words": [
        put(1, np.uint64((1 << CLASS_BITS) - 1) << SUBJECT),
        put(1, np.uint64((1 << CLASS_BITS) - 1) << PEER),
        put(1, N_SLOTS),
        longer,
    ],
    "slots.node": [shorter, longer],
    "slots.node_range": [shorter, longer],
    "ports.protocol_row": [put(255, 4), shorter],
    "ports.classes": [put(80, 65535), shorter],
    "ports.marks": [put(80, codes.N_MARKS), shorter],
    "side_verdicts": [put(0, codes.N_VERDICTS), shorter, longer],
    "findings": [put(0, codes.N_VERDICTS << 3), put(0, codes.N_FINDINGS), shorter, longer],
    "own_node": [shorter, longer],
}
for _side in ("ingress", "egress"):
    _decisions = getattr(BUILT.layout, _side)
    BROKEN |= {
        f"{_side}.rows": [put(0, len(_decisions.blocks)), lambda array: array[:1]],
        f"{_side}.blocks": [put(0, len(_decisions.cells) // BLOCK), lambda array: array[:0]],
        f"{_side}.cells": [put(0, len(_decisions.places)), shorter],
        f"{_side}.places": [
            put(0, len(_decisions.groups) << 32),
            put(0, len(_decisions.outcomes)),
            shorter,
        ],
        f"{_side}.groups": [put(0, 65535), shorter],
        f"{_side}.outcomes": [put(0, -1), put(0, N_OUTCOMES), shorter],
    }


def test_broken__names_every_array():
    """No array goes unbroken."""
    assert set(BROKEN) == {path for path, _ in arrays(BUILT.layout)}


@pytest.mark.parametrize("path", BROKEN)
def test_check__catches_a_broken_array(path):
    """A value that would lead a kernel out of an array, a wrong length and a wrong type stop the build."""
    array = dict(arrays(BUILT.layout))[path]
    for change in (*BROKEN[path], as_type("int16" if array.dtype != np.int16 else "int8")):
        with pytest.raises(AssertionError):
            check(changed(path, change), N_OUTCOMES)


def test_check__catches_a_rule_too_many():
    """Outcomes must be as many as the tables were built for."""
    for n in (N_OUTCOMES - 1, N_OUTCOMES + 1):
        with pytest.raises(AssertionError):
            check(BUILT.layout, n)
