"""Synthetic clusters are what benchmarks take them for."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pyarrow.parquet as pq
import pytest
import yaml

from auditor.inventory.load import load_inventory
from auditor.ir.evaluate import evaluate
from auditor.ir.model import Address, Connection, Kind, Verdict
from auditor.policies.load import load_policies
from auditor.synthetic.columns import address_texts
from auditor.synthetic.documents import inventory_document, policy_document
from data.synthetic import connection_pool, draw_flows, synthetic_cluster, synthetic_flows, write_vpc_parquet

SIZES = [(1, 1), (7, 3), (40, 300), (500, 300)]


@pytest.fixture(scope="module")
def world():
    """Make a small cluster and a pool of its connections."""
    inventory, policies = synthetic_cluster(60, 400, seed=3)
    return inventory, policies, connection_pool(inventory, policies, seed=3)


@pytest.mark.parametrize(("n_policies", "n_pods"), SIZES)
def test_synthetic_cluster__has_the_size_asked_for(n_policies, n_pods):
    """As many policies and pods as asked, no name and no address twice."""
    inventory, policies = synthetic_cluster(n_policies, n_pods, seed=1)
    pods = [endpoint for endpoint in inventory.endpoints if endpoint.kind is Kind.POD]
    assert (len(policies.policies), len(pods)) == (n_policies, n_pods)
    held = Counter(address for endpoint in inventory.endpoints for address in endpoint.addresses)
    assert max(held.values()) == 1
    assert len({(policy.namespace, policy.name) for policy in policies.policies}) == n_policies


def test_synthetic_cluster__repeats_itself():
    """The same seed gives the same cluster, another seed another."""
    assert synthetic_cluster(40, 300, seed=1) == synthetic_cluster(40, 300, seed=1)
    assert synthetic_cluster(40, 300, seed=1) != synthetic_cluster(40, 300, seed=2)


def test_synthetic_cluster__means_what_its_documents_say(world):
    """Written as Kubernetes documents and read again, every endpoint and every verdict is the same."""
    inventory, policies, pool = world
    text = yaml.safe_dump_all(policy_document(policy) for policy in policies.policies)
    read = load_policies([("policies.yaml", text.encode())]).policies
    assert [policy.name for policy in read.policies] == [policy.name for policy in policies.policies]
    found = load_inventory([("cluster.json", json.dumps(inventory_document(inventory)).encode())]).inventory
    own = [endpoint for endpoint in found.endpoints if endpoint.addresses]
    assert own == list(inventory.endpoints)
    assert set(found.pod_networks) == set(inventory.pod_networks)
    assert found.node_ports == inventory.node_ports
    for connection in sample(pool, 60):
        assert evaluate(found, read, connection) == evaluate(inventory, policies, connection)


def test_connection_pool__agrees_with_the_oracle_over_the_whole_cluster(world):
    """The short way of the court to a verdict changes no verdict."""
    inventory, policies, pool = world
    for place, connection in enumerate(sample(pool, len(pool.port))):
        if place % 97 == 0:
            verdict = evaluate(inventory, policies, connection).verdict
            assert verdict is (Verdict.DENIED if pool.is_denied[place] else Verdict.ALLOWED)


def test_draw_flows__denies_the_share_asked_for(world):
    """Half are replies, and the share of denied connections is what was asked."""
    flows = draw_flows(world[2], 50_000, seed=1, denied=0.03)
    assert flows.is_denied.mean() == pytest.approx(0.03, rel=0.1)
    assert flows.is_reply.mean() == pytest.approx(0.5, rel=0.05)
    assert set(np.unique(flows.tcp_flags)) <= {0, 2, 3, 18, 19}


def test_synthetic_flows__repeat_themselves(world):
    """The same seed gives the same flows."""
    inventory, policies, _ = world
    first, second = (synthetic_flows(inventory, policies, 1_000, seed=4) for _ in range(2))
    assert all(np.array_equal(*columns) for columns in zip(first, second, strict=True))


def test_write_vpc_parquet__writes_text_addresses(world, tmp_path):
    """A log has the rows asked for, and plain strings for addresses."""
    path = tmp_path / "vpc.parquet"
    write_vpc_parquet(path, world[2], 1_234, seed=1)
    table = pq.read_table(path)
    assert table.num_rows == 1_234
    assert str(table.schema.field("pkt_srcaddr").type) == "string"


def test_address_texts__writes_mapped_addresses_as_ipv4():
    """Both families in their usual text."""
    high = np.array([0, 0x20010DB8 << 32], dtype=np.uint64)
    low = np.array([0xFFFF_0A80_0001, 1], dtype=np.uint64)
    assert address_texts(high, low) == ["10.128.0.1", "2001:db8::1"]


def test_connection_pool__holds_so_many_at_most(world):
    """Drawn from those that there are, denied ones among them, and the same ones for the same seed."""
    inventory, policies, pool = world
    found = connection_pool(inventory, policies, 3, 100)
    assert 80 < len(found.source) <= 100 < len(pool.source)
    assert 0 < found.is_denied.sum() < len(found.source)
    again = connection_pool(inventory, policies, 3, 100)
    assert all((one == other).all() for one, other in zip(found, again, strict=True))


def sample(pool, count):
    """Return about ``count`` connections of a pool, evenly chosen."""
    halves = list(zip(pool.high.tolist(), pool.low.tolist(), strict=True))
    return [
        Connection(
            address_of(*halves[pool.source[place]]),
            address_of(*halves[pool.destination[place]]),
            int(pool.protocol[place]),
            int(pool.port[place]),
        )
        for place in range(0, len(pool.port), len(pool.port) // count)
    ]


def address_of(high, low):
    """Return an address of the ir from its halves."""
    if high == 0 and low >> 32 == 0xFFFF:
        return Address(4, low & 0xFFFFFFFF)
    return Address(6, high << 64 | low)
