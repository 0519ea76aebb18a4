"""Synthetic clusters and their traffic: the input of benchmarks and property tests.

>>> inventory, policies = synthetic_cluster(n_policies=1_000, n_pods=10_000, seed=7)
>>> flows = synthetic_flows(inventory, policies, n_flows=1_000_000, seed=7)
"""

from __future__ import annotations

from auditor.synthetic.cluster import synthetic_cluster
from auditor.synthetic.flows import (
    Flows,
    Pool,
    connection_pool,
    draw_flows,
    synthetic_flows,
    write_vpc_parquet,
)

__all__ = [
    "Flows",
    "Pool",
    "connection_pool",
    "draw_flows",
    "synthetic_cluster",
    "synthetic_flows",
    "write_vpc_parquet",
]
