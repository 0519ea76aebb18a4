"""Who holds an address, through the index, against looking at every holder."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.compiler import slots
from auditor.compiler.intervals import Intervals
from auditor.compiler.slots import DENSE_FROM, KINDS, MAX_DENSE, map_slots
from auditor.errors import TableLimitError
from auditor.ir.evaluate import contains, owner_of
from auditor.ir.model import Address, Endpoint, Inventory, Kind, Network
from kernels.addresses import slots_of
from tests.strategies import addresses, inventories, networks
from tests.worlds import halves

FEW = settings(max_examples=max(1, settings.default.max_examples // 2))
TEN = 10 << 24
NOWHERE = Endpoint(Kind.POD, "a", "none", {}, ())


def mapped(inventory, cuts=()):
    """Return slots with every interval a class of its own."""
    intervals = Intervals([*cuts, *inventory.pod_networks])
    return intervals, map_slots(inventory, intervals, np.arange(len(intervals), dtype=np.int32))


def kinds_of(found):
    """Return the kind of each slot."""
    return [KINDS[code] for code in found.kind.tolist()]


def looked_up(found, asked):
    """Return the slot of each address, through the kernel."""
    pairs = np.array([halves(address) for address in asked], dtype=np.uint64).reshape(-1, 2)
    high, low = np.ascontiguousarray(pairs[:, 0]), np.ascontiguousarray(pairs[:, 1])
    return slots_of(found.index, high, low).tolist()


def around(inventory, cuts):
    """Return all addresses beside which something changes."""
    ends = {
        (each.version, end) for each in (*cuts, *inventory.pod_networks) for end in (each.first, each.last)
    }
    ends |= {(held.version, held.value) for each in inventory.endpoints for held in each.addresses}
    near = {(version, value + step) for version, value in ends for step in (-1, 0, 1)}
    return [
        Address(version, value) for version, value in near if 0 <= value < 1 << (32 if version == 4 else 128)
    ]


@FEW
@given(inventories(), st.lists(networks, max_size=4), st.lists(addresses))
def test_map_slots__finds_the_holder_of_every_address(inventory, cuts, asked):
    """Kind, holder and interval are those of the specification, and one pod is one under all its addresses."""
    intervals, found = mapped(inventory, cuts)
    asked = [*asked, *around(inventory, cuts)]
    for address, place in zip(asked, looked_up(found, asked), strict=True):
        owner = owner_of(inventory, address)
        assert (KINDS[found.kind[place]], found.ambiguous[place]) == (owner.kind, owner.ambiguous)
        holder = inventory.endpoints[found.endpoint[place]] if found.endpoint[place] >= 0 else None
        assert holder is owner.endpoint
        assert found.interval[place] == intervals.interval_of(address)
        first = found.same[place]
        if owner.kind is Kind.POD:
            assert found.endpoint[first] == found.endpoint[place]
            assert found.same[first] == first <= place
        else:
            assert first == place


@FEW
@given(inventories())
def test_map_slots__orders_pods_nodes_and_the_rest(inventory):
    """Slots of pods come first, then those of nodes, so that a comparison tells them."""
    _, found = mapped(inventory)
    kinds = kinds_of(found)
    after = found.n_pods + found.n_nodes
    assert kinds[: found.n_pods] == [Kind.POD] * found.n_pods
    assert kinds[found.n_pods : after] == [Kind.NODE] * found.n_nodes
    assert not {Kind.POD, Kind.NODE} & set(kinds[after:])


def test_map_slots__share_a_slot_where_nothing_tells_intervals_apart():
    """Unheld intervals of one class are one slot, but for those inside the pod networks."""
    cuts = [Network(4, 16, 31), Network(4, 48, 63), Network(4, 80, 95)]
    inventory = Inventory(pod_networks=(Network(4, 80, 95),))
    intervals = Intervals(cuts)
    assert len(intervals) == 8
    found = map_slots(inventory, intervals, np.zeros(8, dtype=np.int32))
    asked = [Address(4, value) for value in (0, 20, 50, 70, 99)] + [Address(6, 1)]
    assert len(set(looked_up(found, asked))) == 1
    (inside,) = looked_up(found, [Address(4, 85)])
    assert KINDS[found.kind[inside]] is Kind.UNKNOWN
    assert len(found) == 2


def crowded(n_blocks, n_each, seed=0):
    """Return pods that crowd some /16s, and a cut in the midst of them."""
    order = random.Random(seed)
    held = [
        Address(4, TEN + (block << 16) + offset)
        for block in range(n_blocks)
        for offset in {0, 65535, *order.sample(range(65536), n_each)}
    ]
    pods = tuple(Endpoint(Kind.POD, "a", f"p{place}", {}, (one,)) for place, one in enumerate(held))
    return Inventory({"a": {}}, pods, (Network(4, TEN + 4096, TEN + (n_blocks << 16) - 4097),))


def test_map_slots__finds_the_same_in_dense_blocks_and_by_search(monkeypatch):
    """A crowded /16 is a dense block, at most a few are; what is found does not depend on it."""
    inventory = crowded(MAX_DENSE + 4, 3 * DENSE_FROM)
    _, found = mapped(inventory)
    is_dense = found.index.v4_block >= 0
    assert is_dense.sum() == MAX_DENSE
    assert set(np.flatnonzero(is_dense).tolist()) <= set(range(10 << 8, (10 << 8) + MAX_DENSE + 4))
    asked = around(inventory, ())
    order = random.Random(1)
    asked += [Address(4, TEN + order.randrange((MAX_DENSE + 6) << 16)) for _ in range(2000)]
    monkeypatch.setattr(slots, "MAX_DENSE", 0)
    _, searched = mapped(inventory)
    assert not (searched.index.v4_block >= 0).any()
    by_address = {pod.addresses[0]: place for place, pod in enumerate(inventory.endpoints)}
    (pod_network,) = inventory.pod_networks
    for place, again, address in zip(looked_up(found, asked), looked_up(searched, asked), asked, strict=True):
        assert place == again
        assert found.endpoint[place] == by_address.get(address, -1)
        if found.endpoint[place] < 0:
            expected = Kind.UNKNOWN if contains(pod_network, address) else Kind.EXTERNAL
            assert KINDS[found.kind[place]] is expected


@pytest.mark.parametrize("n", [DENSE_FROM // 2 - 4, DENSE_FROM])
def test_map_slots__makes_a_block_dense_only_where_it_is_crowded(n):
    """Few intervals are searched."""
    pods = tuple(Endpoint(Kind.POD, "a", f"p{one}", {}, (Address(4, TEN + 2 * one),)) for one in range(n))
    _, found = mapped(Inventory({"a": {}}, pods))
    assert (found.index.v4_block >= 0).any() == (n == DENSE_FROM)


def test_map_slots__finds_addresses_of_both_halves_of_ipv6():
    """Addresses that differ in the upper or the lower half only are told apart, the ends of the space among them."""
    values = [0, 1, (1 << 64) - 1, 1 << 64, (1 << 64) + 1, (1 << 127), (1 << 128) - 2, (1 << 128) - 1]
    pods = tuple(Endpoint(Kind.POD, "a", f"p{v:x}", {}, (Address(6, v),)) for v in values[::2])
    inventory = Inventory({"a": {}}, pods)
    _, found = mapped(inventory)
    for value, place in zip(values, looked_up(found, [Address(6, v) for v in values]), strict=True):
        holder = found.endpoint[place]
        assert (KINDS[found.kind[place]] is Kind.POD) is (value in values[::2])
        assert (inventory.endpoints[holder] if holder >= 0 else NOWHERE).name in (
            f"p{value:x}",
            "none",
        )


def test_map_slots__refuses_too_many_addresses(monkeypatch):
    """The message says how many there are, the limit, and what to do."""
    monkeypatch.setattr(slots, "MAX_SLOTS", 3)
    pods = tuple(Endpoint(Kind.POD, "a", f"p{one}", {}, (Address(4, one),)) for one in range(2))
    with pytest.raises(TableLimitError) as caught:
        mapped(Inventory({"a": {}}, pods), [Network(4, 8, 15)])
    assert str(caught.value) == (
        "the inventory holds `6` addresses, more than `3`; audit one cluster at a time"
    )
