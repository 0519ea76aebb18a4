"""A batch against the tables: who opened, both sides, what it is counted as."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.compiler.build import build
from auditor.flows.schema import Addresses
from auditor.ir.model import (
    SCTP,
    TCP,
    UDP,
    Address,
    Connection,
    Direction,
    Endpoint,
    Inventory,
    Kind,
    Policy,
    PolicySet,
    PortRange,
    Rule,
    Selector,
)
from auditor.strings import Strings
from auditor.verdicts import classify as classifying
from auditor.verdicts.classify import REPLIES, classify
from auditor.verdicts.schema import COLUMNS
from kernels import codes
from kernels.classify import CHUNK
from tests.strategies import ORIGIN, PORTS, connections, inventories, policy_sets, switches
from tests.worlds import as_text, flow_batch, halves

LISTENING = {(TCP, 22), (TCP, 8080), (TCP, 40000), (UDP, 53), (SCTP, 1)}
PORTS_SEEN = (0, 1, 22, 53, 1023, 1024, 8080, 32767, 32768, 40000, 65535)
HINTS = (
    codes.HINT_NONE,
    codes.HINT_SOURCE_TCP_FLAGS,
    codes.HINT_DESTINATION_TCP_FLAGS,
    codes.HINT_SOURCE_REPLY_FLAG,
    codes.HINT_DESTINATION_REPLY_FLAG,
    codes.HINT_SOURCE_RECORDED,
)
ONE, OTHER = Address(4, 10 << 24 | 1), Address(4, 10 << 24 | 2)

FEW = settings(max_examples=max(1, settings.default.max_examples // 3))
"""For what the property against the specification covers too."""

worlds = st.tuples(policy_sets(), inventories(), switches)
recorded = st.lists(
    st.tuples(
        connections, st.sampled_from(PORTS), st.sampled_from(HINTS), st.integers(0, codes.N_OBSERVED - 1)
    ),
    min_size=1,
    max_size=30,
)


def batch(rows):
    """Return drawn rows as a batch."""
    flows, src_ports, hints, observed = zip(*rows, strict=True)
    return flow_batch(flows, src_ports=src_ports, hints=hints, observed=observed)


def columns(verdicts):
    """Return the columns of a verdict batch as lists."""
    return {name: getattr(verdicts, name).tolist() for name in COLUMNS}


def opener_in_words(hint, protocol, src_port, dst_port):
    """Say who opened a flow and how that is known, rule by rule."""
    said = {
        codes.HINT_SOURCE_TCP_FLAGS: ("source", "tcp-flags"),
        codes.HINT_DESTINATION_TCP_FLAGS: ("destination", "tcp-flags"),
        codes.HINT_SOURCE_REPLY_FLAG: ("source", "reply-flag"),
        codes.HINT_DESTINATION_REPLY_FLAG: ("destination", "reply-flag"),
        codes.HINT_SOURCE_RECORDED: ("source", "recorded"),
    }
    if hint in said:
        return said[hint]
    if src_port == 0 or dst_port == 0:
        return "source", "recorded"
    src_listens, dst_listens = (protocol, src_port) in LISTENING, (protocol, dst_port) in LISTENING
    if src_listens and not dst_listens:
        return "destination", "inferred"
    if dst_listens and not src_listens:
        return "source", "inferred"

    def kind(port):
        return "system" if port < 1024 else "client" if port >= 32768 else "between"

    order = ("system", "between", "client")
    src_place, dst_place = order.index(kind(src_port)), order.index(kind(dst_port))
    if src_place == dst_place:
        return "source", "recorded"
    return ("destination" if src_place < dst_place else "source"), "inferred"


def test_classify__finds_the_opener_of_every_combination():
    """All hints with all kinds of ports of all kinds of protocols, against the rules in words."""
    rows = list(product(HINTS, (TCP, UDP, SCTP, 1), PORTS_SEEN, PORTS_SEEN))
    tables = build(PolicySet(), Inventory(listening=frozenset(LISTENING)))
    flows = [Connection(ONE, OTHER, protocol, dst_port) for _, protocol, _, dst_port in rows]
    made = flow_batch(flows, src_ports=[row[2] for row in rows], hints=[row[0] for row in rows])
    found = classify(tables, made)
    names = ("source", "destination"), ("recorded", "tcp-flags", "reply-flag", "inferred")
    for row, opener, basis in zip(rows, found.opener.tolist(), found.opener_basis.tolist(), strict=True):
        assert (names[0][opener], names[1][basis]) == opener_in_words(*row), row
    taken = classify(tables, made, "as-recorded")
    assert not taken.opener.any()
    assert not taken.opener_basis.any()


@given(worlds, recorded)
def test_classify__judges_the_connection_that_was_opened(world, rows):
    """Where the destination opened, the sides are those of the connection with its ends and ports exchanged."""
    tables = build(*world)
    found = classify(tables, batch(rows))
    opened = [
        Connection(flow.destination, flow.source, flow.protocol, src_port)
        if opener == codes.OPENER_DESTINATION
        else flow
        for (flow, src_port, _, _), opener in zip(rows, found.opener.tolist(), strict=True)
    ]
    straight = classify(tables, flow_batch(opened, observed=[row[3] for row in rows]), "as-recorded")
    for name in ("egress", "ingress", "verdict", "finding"):
        assert getattr(found, name).tolist() == getattr(straight, name).tolist()


@FEW
@given(worlds, recorded, st.sampled_from(REPLIES))
def test_classify__counts_what_it_wrote(world, rows, replies):
    """The counts are those of the columns, cell by cell; a row that stands for many flows is counted once."""
    tables = build(*world)
    made = replace(batch(rows), weight=np.arange(100, 100 + len(rows), dtype=np.int64))
    found = classify(tables, made, replies)
    n = len(tables.layout.side_verdicts)
    assert found.counts.egress.tolist() == np.bincount(found.egress, minlength=n).tolist()
    assert found.counts.ingress.tolist() == np.bincount(found.ingress, minlength=n).tolist()
    recount = np.zeros_like(found.counts.findings)
    np.add.at(recount, (made.observed, found.verdict, found.finding), 1)
    assert found.counts.findings.tolist() == recount.tolist()


@FEW
@given(worlds, recorded, st.sampled_from(REPLIES), st.randoms(use_true_random=False))
def test_classify__does_not_care_how_addresses_are_held(world, rows, replies, random):
    """One dictionary for both columns, one for each, or one with repeats and strangers: the verdicts are the same."""
    tables = build(*world)
    shared = batch(rows)
    separate = replace(
        shared,
        **dictionary("src_codes", "sources", [row[0].source for row in rows], random),
        **dictionary("dst_codes", "destinations", [row[0].destination for row in rows], random),
    )
    found, again = classify(tables, shared, replies), classify(tables, separate, replies)
    assert columns(found) == columns(again)
    for each, made in ((found, shared), (again, separate)):
        ends = each.src_slots[made.src_codes], each.dst_slots[made.dst_codes]
        assert [end.tolist() for end in ends] == [
            found.src_slots[shared.src_codes].tolist(),
            found.dst_slots[shared.dst_codes].tolist(),
        ]


def dictionary(codes_name, name, ends, random):
    """Return one column under a dictionary of its own, shuffled, with an address held twice and one never used."""
    distinct = [*ends, ends[0], Address(6, 1 << 100)]
    random.shuffle(distinct)
    pairs = [halves(end) for end in distinct]
    known = Addresses(
        np.array([high for high, _ in pairs], dtype=np.uint64),
        np.array([low for _, low in pairs], dtype=np.uint64),
        Strings.of(pa.array([as_text(end) for end in distinct], type=pa.string())),
    )
    return {name: known, codes_name: np.array([distinct.index(end) for end in ends], dtype=np.int32)}


@FEW
@given(worlds, recorded, st.integers(1, 5))
def test_classify__does_not_depend_on_where_batches_end(world, rows, size):
    """Nothing is carried over; the counts of parts add up to those of the whole."""
    tables = build(*world)
    whole = classify(tables, batch(rows))
    parts = [classify(tables, batch(rows[start : start + size])) for start in range(0, len(rows), size)]
    for name in COLUMNS:
        joined = np.concatenate([getattr(part, name) for part in parts])
        assert joined.tolist() == getattr(whole, name).tolist()
    for place, total in enumerate(whole.counts):
        assert sum(part.counts[place] for part in parts).tolist() == total.tolist()


@pytest.mark.parametrize("n", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1])
def test_classify__is_the_same_around_a_chunk(n):
    """A batch may be empty, or end anywhere beside the end of a chunk."""
    pods = tuple(Endpoint(Kind.POD, "a", f"pod-{end.value & 3}", {}, (end,)) for end in (ONE, OTHER))
    rule = Rule(Direction.INGRESS, 0, None, (PortRange(TCP, 80, 80),), ORIGIN)
    policy = Policy("NetworkPolicy", "a", "p", Selector(), frozenset({Direction.INGRESS}), (rule,), ORIGIN)
    tables = build(PolicySet((policy,)), Inventory({"a": {}}, pods))
    ports = [80 if place % 3 else 81 for place in range(n)]
    found = classify(tables, flow_batch([Connection(ONE, OTHER, TCP, port) for port in ports]))
    allowed, denied = codes.OUTCOME_ALLOWED_BY_RULE, codes.OUTCOME_NO_RULE_MATCHED
    assert found.ingress.tolist() == [allowed if port == 80 else denied for port in ports]
    assert found.counts.ingress[allowed] == ports.count(80)
    assert found.counts.findings.sum() == n


@FEW
@given(worlds, recorded, st.integers(1, codes.N_FINDINGS))
def test_classify__keeps_what_is_asked_for_and_counts_all(world, rows, least):
    """Flows of a finding too low have no columns, and count all the same."""
    tables = build(*world)
    whole, found = classify(tables, batch(rows)), classify(tables, batch(rows), least_finding=least)
    places = np.flatnonzero(whole.finding >= least)
    assert whole.places is None
    assert found.places.tolist() == places.tolist()
    assert columns(found) == columns(whole.at(places))
    assert [each.tolist() for each in found.counts] == [each.tolist() for each in whole.counts]


@pytest.mark.parametrize("n", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 1, 5 * CHUNK - 1])
@pytest.mark.parametrize("every", [1, 2, CHUNK])
def test_classify__keeps_more_than_there_is_room_for(n, every, monkeypatch):
    """What is kept is given room for piece by piece, wherever one ends."""
    monkeypatch.setattr(classifying, "_ROOM", CHUNK)
    pods = tuple(Endpoint(Kind.POD, "a", f"pod-{end.value & 3}", {}, (end,)) for end in (ONE, OTHER))
    policy = Policy("NetworkPolicy", "a", "p", Selector(), frozenset({Direction.INGRESS}), (), ORIGIN)
    tables = build(PolicySet((policy,)), Inventory({"a": {}}, pods))
    forwarded = [place % every == 0 for place in range(n)]
    observed = [codes.OBSERVED_FORWARDED if each else codes.OBSERVED_REFUSED for each in forwarded]
    flows = flow_batch([Connection(ONE, OTHER, TCP, 80)] * n, observed=observed)
    whole = classify(tables, flows)
    least = codes.FINDING_VIOLATION
    found = classify(tables, flows, least_finding=least)
    assert found.places.tolist() == [place for place in range(n) if forwarded[place]]
    assert columns(found) == columns(whole.at(found.places))
    assert found.counts.findings.tolist() == whole.counts.findings.tolist()


def test_classify__takes_columns_as_decoders_leave_them():
    """Columns may be read-only, strided, or lie in a foreign buffer."""
    tables = build(PolicySet(), Inventory())
    made = flow_batch([Connection(ONE, OTHER, TCP, port) for port in range(1, 9)])
    for each in (
        replace(made, protocol=np.frombuffer(bytes([TCP]) * 8, dtype=np.uint8)),
        replace(made, dst_port=np.arange(2, 18, dtype=np.uint16)[::2] // 2),
        replace(made, dst_port=np.repeat(made.dst_port, 2)[::2], src_codes=made.src_codes[::-1]),
    ):
        assert columns(classify(tables, each)) == columns(classify(tables, made))
