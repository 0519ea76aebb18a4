"""Synthetic clusters and their traffic as the files that an audit reads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import yaml

from auditor.synthetic.documents import inventory_document, policy_document
from auditor.synthetic.flows import TRAFFIC, write_vpc_parquet
from auditor.synthetic.hubble import HubbleShares, write_hubble
from auditor.synthetic.vpc_text import write_vpc_text

if TYPE_CHECKING:
    from pathlib import Path

    from auditor.ir.model import Inventory, PolicySet
    from auditor.synthetic.flows import Pool, Traffic

FORMATS = {"vpc-parquet": "parquet", "vpc-text": "log", "vpc-text-v2": "log", "hubble-json": "jsonl"}
"""The ending of each format's files."""
COMPRESSIONS = {"none": "", "gzip": ".gz", "zstd": ".zst"}
"""The ending of each; inside a Parquet file there is none."""


def write_cluster(folder: Path, inventory: Inventory, policies: PolicySet) -> None:
    """Write ``cluster.json``, and ``policies/`` with a file a namespace."""
    (folder / "policies").mkdir(parents=True, exist_ok=True)
    (folder / "cluster.json").write_text(json.dumps(inventory_document(inventory)), encoding="utf-8")
    documents: dict[str, list[dict[str, object]]] = {}
    for policy in policies.policies:
        documents.setdefault(policy.namespace, []).append(policy_document(policy))
    for namespace, made in documents.items():
        text = yaml.dump_all(made, Dumper=yaml.CSafeDumper, sort_keys=False)
        (folder / "policies" / f"{namespace}.yaml").write_text(text, encoding="utf-8")


def write_log(
    path: Path,
    pool: Pool,
    count: int,
    seed: int,
    log_format: str,
    compression: str | None,
    traffic: Traffic = TRAFFIC,
) -> Path:
    """Write one log to ``path`` with the ending of its format and compression; return where it is.

    Parameters
    ----------
    path : Path
        Without an ending.
    pool : Pool
        Connections.
    count : int
        Rows.
    seed : int
        The same seed gives the same bytes.
    log_format : str
        One of ``FORMATS``.
    compression : str or None
        One of ``COMPRESSIONS``; None is zstd for Parquet, nothing for text.
    traffic : Traffic
        How flows are drawn.
    """
    ending = FORMATS[log_format]
    if log_format == "vpc-parquet":
        path = path.with_name(f"{path.name}.{ending}")
        write_vpc_parquet(path, pool, count, seed, compression or "zstd", traffic)
        return path
    chosen = compression or "none"
    path = path.with_name(f"{path.name}.{ending}{COMPRESSIONS[chosen]}")
    if log_format == "hubble-json":
        shares = HubbleShares(violations=traffic.denied)
        write_hubble(path, pool, count, seed, shares, compression=chosen)
    else:
        write_vpc_text(path, pool, count, 2 if log_format == "vpc-text-v2" else 5, seed, chosen, traffic)
    return path
