"""Inputs of benchmarks, made once and kept in ``.benchdata`` under a name that says what they are."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
from measuring import ROOT

from auditor.capacity.peers.expanded import expand
from auditor.synthetic.files import COMPRESSIONS, FORMATS, write_cluster, write_log
from data.synthetic import Pool, connection_pool, synthetic_cluster

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = ROOT / ".benchdata"
VERSION = 1
"""To be raised when a generator writes something else for the same seed."""
SEED = 1
POLICIES, PODS = 1_000, 10_000
WARM_ROWS = 2_000


def cluster(n_policies: int = POLICIES, n_pods: int = PODS) -> Path:
    """Return a folder with ``policies/`` and ``cluster.json``."""
    folder = FOLDER / f"v{VERSION}-cluster-{n_policies}-{n_pods}-{SEED}"
    if not (folder / "pool.npz").exists():
        folder.mkdir(parents=True, exist_ok=True)
        inventory, policies = synthetic_cluster(n_policies, n_pods, SEED)
        write_cluster(folder, inventory, policies)
        pool = connection_pool(inventory, policies, SEED)
        np.savez(folder / "part.npz", **pool._asdict())
        (folder / "part.npz").replace(folder / "pool.npz")
    return folder


def pool() -> Pool:
    """Return the connections of the cluster of the size that is the default."""
    with np.load(cluster() / "pool.npz") as columns:
        return Pool(**{name: columns[name] for name in Pool._fields})


def expanded() -> Path:
    """Return the folder of that cluster, with its rules as tables too (see ``expanded``)."""
    folder = cluster()
    if not (folder / "ports.parquet").exists():
        expand(folder, *synthetic_cluster(POLICIES, PODS, SEED), pool())
    return folder


def log(log_format: str, rows: int, compression: str = "none") -> Path:
    """Return a log of the cluster's traffic."""
    name = f"v{VERSION}-{log_format}-{rows}-{SEED}"
    ending = COMPRESSIONS[compression]
    if log_format == "vpc-parquet":
        # It is compressed inside, page by page.
        name, ending = f"{name}-{compression}", ""
    path = FOLDER / f"{name}.{FORMATS[log_format]}{ending}"
    if not path.exists():
        made = write_log(FOLDER / f"part-{os.getpid()}-{name}", pool(), rows, SEED, log_format, compression)
        made.replace(path)
    return path


def warm(log_format: str, compression: str = "none") -> Path:
    """Return a small log of the same kind, for the first call that is not measured."""
    return log(log_format, WARM_ROWS, compression)
