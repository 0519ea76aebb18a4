"""Flows of pods that were gone when the inventory was taken."""

from __future__ import annotations

import numpy as np
import pytest

from auditor.capacity.gate import Gate
from auditor.capacity.job_growth import batches_of
from auditor.compiler.build import build
from auditor.ir.model import Kind
from auditor.synthetic.flows import Traffic, connection_pool, draw_flows, write_vpc_parquet
from auditor.synthetic.reuse import LIVES, is_of_pod, with_former_owners
from auditor.synthetic.shapes import Shape, shaped_cluster
from auditor.synthetic.vpc_text import vpc_lines
from auditor.verdicts.classify import classify
from kernels import codes


@pytest.fixture(scope="module", params=[0.0, 0.5], ids=["IPv4", "half IPv6"])
def world(request):
    """Make a small cluster and its connections."""
    inventory, policies = shaped_cluster(Shape(30, 200, v6_share=request.param))
    return inventory, policies, connection_pool(inventory, policies, 1)


def held(inventory):
    """Return the addresses of pods as pools write them."""
    return {
        address.value if address.version == 6 else 0xFFFF << 32 | address.value
        for endpoint in inventory.endpoints
        if endpoint.kind is Kind.POD
        for address in endpoint.addresses
    }


def keys(flows, places):
    """Return addresses as numbers."""
    high, low = flows.high[places].tolist(), flows.low[places].tolist()
    return [upper << 64 | lower for upper, lower in zip(high, low, strict=True)]


def test_with_former_owners__changes_one_end_of_a_share(world):
    """Half of those flows have an address that no pod holds, inside the networks of pods; half one of another pod."""
    inventory, _, pool = world
    flows = draw_flows(pool, 4_000, 1, 0.01)
    found = with_former_owners(flows, 0.4, 1)
    other_source, other_destination = found.src != flows.src, found.dst != flows.dst
    assert not (other_source & other_destination).any()
    assert 0.3 < (other_source | other_destination).mean() < 0.45
    known = held(inventory)
    before = keys(flows, np.where(other_source, flows.src, flows.dst))
    after = keys(found, np.where(other_source, found.src, found.dst))
    changed = np.flatnonzero(other_source | other_destination).tolist()
    assert all(before[row] in known for row in changed)
    is_gone = [after[row] not in known for row in changed]
    assert 0.4 < np.mean(is_gone) < 0.6
    assert is_of_pod(found.high, found.low)[np.where(other_source, found.src, found.dst)[changed]].all()
    for name in ("src_port", "dst_port", "protocol", "tcp_flags", "is_denied"):
        assert (getattr(found, name) == getattr(flows, name)).all()


def test_with_former_owners__lets_pods_start_and_end(world):
    """An address that nobody holds occurs in one part of the log only."""
    _, _, pool = world
    flows = draw_flows(pool, 4_000, 1, 0.01)
    found = with_former_owners(flows, 0.4, 1)
    first_gone = len(flows.high)
    lives = {}
    for row, place in enumerate(np.maximum(found.src, found.dst).tolist()):
        if place >= first_gone:
            lives.setdefault(place, set()).add(row * LIVES // 4_000)
    assert len(lives) > 100
    assert all(len(each) == 1 for each in lives.values())


def test_with_former_owners__leaves_flows_alone_without_a_share(world):
    """And gives the same for the same seed."""
    flows = draw_flows(world[2], 100, 1, 0.01)
    assert with_former_owners(flows, 0.0, 1) is flows
    one, other = (with_former_owners(flows, 0.5, 3) for _ in range(2))
    assert all((a == b).all() for a, b in zip(one, other, strict=True))


@pytest.mark.jit_only
def test_reused_addresses__are_judged_as_the_oracle_says(world):
    """As whoever holds the address now, or as nobody's: unknown."""
    inventory, policies, pool = world
    tables = build(policies, inventory)
    gate = Gate(tables, 2, 30.0)
    n_unknown = 0
    for batch in batches_of(with_former_owners(draw_flows(pool, 400, 1, 0.1), 0.5, 1)):
        verdicts = classify(tables, batch)
        gate.see(batch, verdicts)
        n_unknown += int((verdicts.verdict == codes.VERDICT_UNKNOWN).sum())
    assert gate.n_compared > 50
    assert gate.differences == []
    assert n_unknown > 20


def test_logs__hold_reused_addresses(world, tmp_path):
    """Both forms of VPC logs; without a share, the same bytes as ever."""
    pool = world[2]
    texts = [
        b"".join(vpc_lines(pool, 300, 5, 1, traffic))
        for traffic in (Traffic(), Traffic(reused=0.0), Traffic(reused=0.3))
    ]
    assert texts[0] == texts[1] != texts[2]
    files = []
    for name, traffic in (("plain", Traffic()), ("reused", Traffic(reused=0.3))):
        write_vpc_parquet(tmp_path / name, pool, 300, 1, traffic=traffic)
        files.append((tmp_path / name).read_bytes())
    assert files[0] != files[1]
