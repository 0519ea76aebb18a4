"""Port classes, against asking every rule about every port."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.compiler import bitsets, ports
from auditor.compiler.ports import PortSets, resolve
from auditor.errors import TableLimitError
from auditor.ir.evaluate import Owner, is_port
from auditor.ir.model import (
    SCTP,
    TCP,
    UDP,
    Address,
    Connection,
    ContainerPort,
    Endpoint,
    Kind,
    NamedPort,
    PortRange,
)
from kernels import codes
from tests.strategies import PORTS, PROTOCOLS, container_ports, named_ports, port_ranges

ADDRESS = Address(4, 1)
ASKED = [
    (protocol, port)
    for protocol in PROTOCOLS
    for port in sorted({near for port in PORTS for near in (port - 1, port, port + 1) if 0 <= near <= 65535})
]
matches = st.lists(st.one_of(port_ranges, named_ports), min_size=1, max_size=4).map(tuple)
declared_ports = st.lists(container_ports, max_size=3, unique_by=lambda port: port[:2]).map(tuple)


def test_resolve__of_no_entries_is_everything():
    """None is every port of every protocol."""
    assert resolve(None, ()) is None
    assert resolve((PortRange(TCP, 1, 2),), ()) == {(TCP, 1, 2)}


def test_resolve__looks_names_up_by_protocol():
    """A name counts for the protocol it is declared for; without a declaration it is nothing."""
    declared = (
        ContainerPort("http", TCP, 80),
        ContainerPort("http", UDP, 81),
        ContainerPort("dns", UDP, 53),
    )
    assert resolve((NamedPort(TCP, "http"),), declared) == {(TCP, 80, 80)}
    assert resolve((NamedPort(UDP, "http"), NamedPort(UDP, "dns")), declared) == {
        (UDP, 81, 81),
        (UDP, 53, 53),
    }
    assert resolve((NamedPort(SCTP, "http"),), declared) == set()


@given(st.lists(st.tuples(st.none() | matches, declared_ports), max_size=5))
def test_port_sets__hold_the_ports_their_entries_match(drawn):
    """For every (protocol, port), the class lies in a set if and only if the specification matches an entry."""
    sets = PortSets()
    numbers = [sets.number(resolve(entries, declared)) for entries, declared in drawn]
    assert numbers == [sets.number(resolve(entries, declared)) for entries, declared in drawn]
    sets.cut()
    layout = sets.layout(())
    for protocol, port in ASKED:
        number = int(layout.classes[int(layout.protocol_row[protocol]) << 16 | port])
        for place, (entries, declared) in zip(numbers, drawn, strict=True):
            pod = Owner(Kind.POD, Endpoint(Kind.POD, "a", "b", {}, (ADDRESS,), ports=declared))
            flow = Connection(ADDRESS, ADDRESS, protocol, port)
            expected = entries is None or any(is_port(entry, flow, pod) for entry in entries)
            assert bool(sets.mask(place) >> number & 1) is expected


@given(st.lists(st.none() | st.lists(port_ranges, min_size=1, max_size=3).map(tuple), max_size=5))
def test_port_sets__have_no_class_too_many(drawn):
    """Two classes of ports are told apart by some set; class 0, what has no ports, stands apart by itself."""
    sets = PortSets()
    numbers = [sets.number(resolve(entries, ())) for entries in drawn]
    sets.cut()
    layout = sets.layout(())
    masks = [sets.mask(number) for number in numbers]
    seen = [tuple(mask >> number & 1 for mask in masks) for number in range(1, sets.n_classes)]
    assert len(set(seen)) == len(seen)
    assert set(layout.classes.tolist()) == set(range(sets.n_classes))
    assert sets.everything == bitsets.full(sets.n_classes)


def test_port_sets__put_other_protocols_into_class_0():
    """Only a rule without ports matches them."""
    sets = PortSets()
    everything, tcp = sets.number(None), sets.number(frozenset({(TCP, 0, 65535)}))
    sets.cut()
    layout = sets.layout(())
    assert sets.is_everything(everything)
    assert not sets.is_everything(tcp)
    others = [number for number in range(256) if number not in PROTOCOLS]
    assert {int(layout.classes[int(layout.protocol_row[number]) << 16 | 9]) for number in others} == {0}
    assert sets.other == 1
    assert sets.mask(everything) & sets.other
    assert not sets.mask(tcp) & sets.other


def test_port_sets__mark_ports():
    """Each port is marked with its range, and where something listens on it; other protocols have no listeners."""
    sets = PortSets()
    sets.cut()
    marks = sets.layout({(TCP, 80), (UDP, 40000), (1, 80)}).marks.reshape(4, 65536)
    bits = (marks & codes.MARK_LISTENING).astype(bool)
    assert np.argwhere(bits).tolist() == [[0, 80], [1, 40000]]
    ranges = marks & 3
    assert ranges[:, 0].tolist() == [codes.MARK_NO_PORT] * 4
    assert np.unique(ranges[:, 1:1024]).tolist() == [codes.MARK_SYSTEM_PORT]
    assert np.unique(ranges[:, 1024:32768]).tolist() == [codes.MARK_REGISTERED_PORT]
    assert np.unique(ranges[:, 32768:]).tolist() == [codes.MARK_CLIENT_PORT]


def test_port_sets__refuse_too_many_classes(monkeypatch):
    """The message says how many there are, the limit, and what to do."""
    monkeypatch.setattr(ports, "MAX_PORT_CLASSES", 3)
    sets = PortSets()
    for port in (1, 2, 3):
        sets.number(frozenset({(TCP, port, port)}))
    with pytest.raises(TableLimitError) as caught:
        sets.cut()
    assert str(caught.value) == (
        "the policies tell apart `5` classes of ports, more than `3`; audit with fewer policies at a time"
    )


def test_find__knows_what_was_numbered():
    """It numbers nothing itself."""
    port_sets = PortSets()
    number = port_sets.number(frozenset({(TCP, 1, 2)}))
    assert port_sets.find(frozenset({(TCP, 1, 2)})) == number
    assert port_sets.find(None) is None
    assert port_sets.number(None) == number + 1
