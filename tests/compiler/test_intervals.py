"""The laws of the cut address spaces."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from auditor.compiler import bitsets
from auditor.compiler.intervals import V4_SPACE, V6_SPACE, Intervals
from auditor.ir.evaluate import Owner, contains, is_peer
from auditor.ir.model import Address, BlockPeer, Inventory, Kind
from tests.strategies import addresses, networks

drawn_networks = st.lists(networks, max_size=6)


def ranges(intervals):
    """Return each interval as version, first and last address."""
    for version, starts, space in ((4, intervals.v4_starts, V4_SPACE), (6, intervals.v6_starts, V6_SPACE)):
        for first, after in zip(starts, [*starts[1:], space], strict=True):
            yield version, first, after - 1


@given(drawn_networks)
def test_intervals__cover_both_spaces_without_overlap(cuts):
    """They begin at 0, ascend, and none is empty."""
    found = Intervals(cuts)
    assert found.v4_starts[0] == found.v6_starts[0] == 0
    assert all(first <= last for _, first, last in ranges(found))
    assert len(found) == len(list(ranges(found)))


@given(drawn_networks)
def test_intervals__are_canonical(cuts):
    """Order and repeats of networks do not count, and every cut is the end of some network."""
    found = Intervals(cuts)
    again = Intervals([*reversed(cuts), *cuts])
    assert (found.v4_starts, found.v6_starts) == (again.v4_starts, again.v6_starts)
    ends = {(each.version, end) for each in cuts for end in (each.first, each.last + 1)}
    assert {(version, first) for version, first, _ in ranges(found)} - {(4, 0), (6, 0)} <= ends


@given(drawn_networks, st.lists(addresses, min_size=1))
def test_interval_of__is_the_one_that_holds_the_address(cuts, asked):
    """Found by looking at all of them."""
    found = Intervals(cuts)
    for address in asked:
        version, first, last = list(ranges(found))[found.interval_of(address)]
        assert version == address.version
        assert first <= address.value <= last


@given(st.lists(networks, min_size=1, max_size=6))
def test_inside__is_the_network_again(cuts):
    """The intervals of a network are those that lie in it; no interval lies in one partly."""
    found = Intervals(cuts)
    for network in cuts:
        inside = bitsets.to_mask(found.inside(network), len(found)).tolist()
        for is_in, (version, first, last) in zip(inside, ranges(found), strict=True):
            ends = [contains(network, Address(version, value)) for value in (first, last)]
            assert ends == [is_in, is_in]


@given(st.lists(st.builds(BlockPeer, networks, st.lists(networks, max_size=2).map(tuple)), max_size=4))
def test_matched_by__is_any_network_without_its_own_exceptions(peers):
    """Each interval is matched as the specification matches its first and its last address."""
    found = Intervals([network for peer in peers for network in (peer.network, *peer.excepts)])
    matched = bitsets.to_mask(found.matched_by(peers), len(found)).tolist()
    outside = Owner(Kind.EXTERNAL)
    for is_matched, (version, first, last) in zip(matched, ranges(found), strict=True):
        for value in (first, last):
            address = Address(version, value)
            assert is_matched is any(is_peer(Inventory(), peer, address, outside) for peer in peers)


def test_intervals__of_nothing_are_the_two_spaces():
    """Without a network there is one interval a version."""
    found = Intervals([])
    assert list(ranges(found)) == [(4, 0, V4_SPACE - 1), (6, 0, V6_SPACE - 1)]
    assert found.matched_by([]) == 0


@given(drawn_networks, drawn_networks)
def test_cut__is_as_if_all_had_been_cut_at_once(cuts, more):
    """Nothing of what was cut before is lost, and what was there stays as it was."""
    found = Intervals(cuts)
    before = (list(found.v4_starts), list(found.v6_starts))
    finer, expected = found.cut(more), Intervals([*cuts, *more])
    assert (finer.v4_starts, finer.v6_starts) == (expected.v4_starts, expected.v6_starts)
    assert (found.v4_starts, found.v6_starts) == before


@given(drawn_networks, drawn_networks)
def test_holding__names_the_interval_around_each_finer_one(cuts, more):
    """It is the one that holds its first address and its last."""
    found = Intervals(cuts)
    finer = found.cut(more)
    for interval, (version, first, last) in zip(found.holding(finer).tolist(), ranges(finer), strict=True):
        assert found.interval_of(Address(version, first)) == interval
        assert found.interval_of(Address(version, last)) == interval
