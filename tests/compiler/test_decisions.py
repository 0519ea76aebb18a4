"""Decisions, against walking every row rule by rule."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from auditor.compiler import bitsets
from auditor.compiler.decisions import DecisionBuilder, Entry, Start
from auditor.compiler.ports import PortSets
from auditor.ir.model import TCP, UDP
from kernels.decide import decide
from kernels.layout import BLOCK, CLASS_BITS, SLOT_BITS

PORT_SETS = (
    None,
    frozenset({(TCP, 80, 80)}),
    frozenset({(TCP, 0, 65535)}),
    frozenset({(TCP, 80, 90), (UDP, 53, 53)}),
    frozenset(),
)


def cut():
    """Return port sets, cut."""
    sets = PortSets()
    for ports in PORT_SETS:
        sets.number(ports)
    sets.cut()
    return sets


def starts(sets):
    """Return starts of all kinds: judged, final, with ports that no rule changes, and with two overlapping sets."""
    tcp = sets.mask(2)
    return (
        Start((), 4, is_final=False),
        Start((), 6, is_final=True),
        Start(((sets.other, 9),), 4, is_final=False),
        Start(((sets.mask(1), 6), (tcp, 9)), 4, is_final=False),
        Start(((sets.mask(1), 6),), 0, is_final=True),
    )


def walked(sets, start, entries, peer, port_class):
    """Return the outcome of one cell by its definition."""
    for ports, outcome in start.before:
        if ports >> port_class & 1:
            return outcome
    if not start.is_final:
        for entry in entries:
            if peer in entry.members and sets.mask(entry.ports) >> port_class & 1:
                return entry.outcome
    return start.otherwise


def outcome_of(decisions, subject, peer, port_class):
    """Return the outcome that the kernel reads."""
    upper, lower = subject << (CLASS_BITS + SLOT_BITS), peer << SLOT_BITS
    return int(decide(decisions, np.uint64(upper), np.uint64(lower), np.uint64(port_class)))


@st.composite
def cases(draw):
    """Draw a number of peers, entries, and rows of starts and entries."""
    n_peers = draw(st.sampled_from((1, 3, BLOCK, BLOCK + 1)))
    drawn = draw(
        st.lists(
            st.tuples(st.integers(0, len(PORT_SETS) - 1), st.sets(st.integers(0, n_peers - 1))), max_size=6
        )
    )
    entries = [
        Entry(10 + number, ports, np.array(sorted(members), dtype=np.int32))
        for number, (ports, members) in enumerate(drawn)
    ]
    chosen = st.sets(st.integers(0, len(entries) - 1)).map(sorted) if entries else st.just([])
    row = st.tuples(st.lists(st.integers(0, 4), min_size=n_peers, max_size=n_peers), chosen)
    return n_peers, entries, draw(st.lists(row, min_size=1, max_size=4))


@given(cases())
def test_decision_builder__decides_as_rule_after_rule(case):
    """Every subject, peer and port class has the outcome of the first entry that matches, else that of its start."""
    n_peers, entries, rows = case
    sets = cut()
    begin = starts(sets)
    builder = DecisionBuilder(n_peers, sets, begin, entries)
    numbers = [builder.add_row(np.array(row, dtype=np.int32), chosen) for row, chosen in rows]
    decisions = builder.build(numbers)
    for subject, (row, chosen) in enumerate(rows):
        for peer in range(n_peers):
            for port_class in range(sets.n_classes):
                expected = walked(sets, begin[row[peer]], [entries[n] for n in chosen], peer, port_class)
                assert outcome_of(decisions, subject, peer, port_class) == expected


def test_decision_builder__holds_equal_parts_once():
    """Equal rows are one row, equal blocks one block, and decisions that divide ports alike share the division."""
    sets = cut()
    n_peers = 4 * BLOCK
    everybody = np.arange(n_peers, dtype=np.int32)
    entries = [Entry(10, 1, everybody), Entry(11, 1, everybody)]
    builder = DecisionBuilder(n_peers, sets, [Start((), 4, is_final=False)], entries)
    begin = np.zeros(n_peers, dtype=np.int32)
    assert [builder.add_row(begin, chosen) for chosen in ((0,), (1,), (0,))] == [0, 1, 0]
    found = builder.build([0, 1, 0])
    assert (len(found.blocks), len(found.cells), len(found.places)) == (8, 2 * BLOCK, 2)
    assert len(found.groups) == sets.n_classes
    assert found.rows.tolist() == [0, 4, 0]


def test_decision_builder__looks_no_further_once_all_ports_are_decided():
    """A rule for everything ends the walk: entries behind it make no decisions of their own."""
    sets = cut()
    somebody = np.array([0, 1], dtype=np.int32)
    entries = [Entry(10, 0, somebody), Entry(11, 1, somebody)]
    builder = DecisionBuilder(3, sets, [Start((), 4, is_final=False)], entries)
    decisions = builder.build([builder.add_row(np.zeros(3, dtype=np.int32), (0, 1))])
    assert len(decisions.places) == 2
    assert {outcome_of(decisions, 0, 0, number) for number in range(sets.n_classes)} == {10}
    assert {outcome_of(decisions, 0, 2, number) for number in range(sets.n_classes)} == {4}


def test_decision_builder__grows():
    """More distinct rows of rules than the trie first has room for."""
    sets = cut()
    n_peers, n_entries = 100, 120
    entries = [
        Entry(10 + number, 1 + number % 3, np.arange(number % n_peers, n_peers, dtype=np.int32))
        for number in range(n_entries)
    ]
    begin = [Start((), 4, is_final=False)]
    builder = DecisionBuilder(n_peers, sets, begin, entries)
    rows = [tuple(range(first, n_entries, 1 + first % 5)) for first in range(n_entries)]
    numbers = [builder.add_row(np.zeros(n_peers, dtype=np.int32), chosen) for chosen in rows]
    decisions = builder.build(numbers)
    assert len(decisions.places) > 500
    for subject in range(0, n_entries, 17):
        for peer in range(0, n_peers, 7):
            for port_class in range(sets.n_classes):
                chosen = [entries[number] for number in rows[subject]]
                expected = walked(sets, begin[0], chosen, peer, port_class)
                assert outcome_of(decisions, subject, peer, port_class) == expected
    assert bitsets.full(sets.n_classes) == sets.everything
