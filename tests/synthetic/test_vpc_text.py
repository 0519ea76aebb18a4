"""Synthetic VPC text logs are what benchmarks take them for."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow.parquet as pq
import pytest

import auditor
from auditor.compiler.build import build
from auditor.flows.schema import Account
from auditor.flows.sniff import FlowOptions, open_flow_log
from auditor.sources.files import find_files
from auditor.synthetic.underlay import mixed_flows
from auditor.synthetic.vpc_text import UNDERLAY, V2, V5, vpc_lines, write_vpc_text
from data.synthetic import connection_pool, synthetic_cluster, write_vpc_parquet

N = 20_000


@pytest.fixture(scope="module")
def world():
    """Make a small cluster and a pool of its connections."""
    inventory, policies = synthetic_cluster(60, 400, seed=3)
    return inventory, policies, connection_pool(inventory, policies, seed=3)


def read(path):
    """Return the account of a log and how many flows it has."""
    (file,) = find_files([str(path)])
    log = open_flow_log(file, FlowOptions())
    account, n_flows = Account(), 0
    for part in log.parts():
        batch = part()
        account.add(batch.account)
        n_flows += batch.n_flows
    return log.format, account, n_flows


@pytest.mark.parametrize("version", [2, 5])
def test_vpc_lines__repeat_themselves(world, version):
    """The same seed gives the same bytes, another seed others."""
    texts = [b"".join(vpc_lines(world[2], 500, version, seed)) for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]


@pytest.mark.parametrize(("version", "names"), [(2, V2), (5, V5)])
def test_vpc_lines__have_the_columns_of_their_version(world, version, names):
    """A header, then as many single-spaced fields in every line: 14 or 29."""
    header, *lines = b"".join(vpc_lines(world[2], 500, version)).decode().splitlines()
    assert header.split(" ") == list(names)
    assert len(names) == {2: 14, 5: 29}[version]
    assert {len(line.split(" ")) for line in lines} == {len(names)}
    assert {line.split(" ")[0] for line in lines} == {str(version)}


@pytest.mark.parametrize("version", [2, 5])
@pytest.mark.parametrize("compression", ["none", "gzip", "zstd"])
def test_write_vpc_text__writes_what_is_read_without_a_rejected_line(world, tmp_path, version, compression):
    """Every line is a flow, a header, or a window without flows, in the shares promised."""
    path = tmp_path / "log"
    write_vpc_text(path, world[2], N, version, 1, compression)
    log_format, account, n_flows = read(path)
    assert (log_format, account.rejected, account.n_rows) == ("vpc-text", {}, N + 1)
    assert account.skipped.keys() == {"header", "NODATA", "SKIPDATA"}
    assert 0.01 < account.skipped["NODATA"] / N < 0.02
    assert n_flows == N - account.skipped["NODATA"] - account.skipped["SKIPDATA"]


def test_write_vpc_text__mixes_families_and_actions(world):
    """Mostly IPv4 and accepted, some of the others."""
    lines = [line.split(" ") for line in b"".join(vpc_lines(world[2], N)).decode().splitlines()[1:]]
    shares = {
        name: Counter(line[V5.index(name)] for line in lines)
        for name in ("type", "action", "traffic-path", "protocol")
    }
    assert 0.005 < shares["type"]["IPv6"] / N < 0.05
    assert 0.01 < shares["action"]["REJECT"] / N < 0.03
    assert 0.4 < shares["traffic-path"]["-"] / N < 0.6
    assert shares["protocol"].keys() >= {"6", "17", "1", "58", "132", "-"}


def test_write_vpc_text__agrees_with_the_oracle_of_the_pool(world, tmp_path):
    """An audit of version 5 finds the denied flows that were drawn, save those in windows without flows."""
    inventory, policies, pool = world
    write_vpc_text(tmp_path / "log", pool, N, 5, seed=7)
    drawn = mixed_flows(pool, N, 7, UNDERLAY)
    lines = b"".join(vpc_lines(pool, N, 5, seed=7)).splitlines()[1:]
    accepted = np.array([b" ACCEPT OK " in line for line in lines])
    run = auditor.audit(build(policies, inventory), str(tmp_path / "log"), own_node="judge")
    findings = Counter(run.to_arrow().select(["finding"]).to_pydict()["finding"])
    assert findings["VIOLATION"] == int((drawn.is_denied & accepted).sum())
    assert findings["UNDECIDED"] == 0


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_write_vpc_parquet__compresses_as_asked(world, tmp_path, compression):
    """The codec of every column is the one asked for, and no row is rejected."""
    path = tmp_path / "vpc.parquet"
    write_vpc_parquet(path, world[2], 2_000, 1, compression)
    group = pq.ParquetFile(path).metadata.row_group(0)
    assert {group.column(place).compression for place in range(group.num_columns)} == {compression.upper()}
    log_format, account, n_flows = read(path)
    assert (log_format, account.rejected, n_flows) == ("vpc-parquet", {}, 2_000)
