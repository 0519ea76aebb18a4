"""Writes a synthetic cluster and its flow logs of any size and format.

Run from the top of the project: ``python -m data.generate_flows bench-input --policies 1000 --pods 10000``.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import yaml

from data.documents import inventory_document, policy_document
from data.hubble import write_hubble
from data.synthetic import Pool, connection_pool, synthetic_cluster, write_vpc_parquet
from data.vpc_text import write_vpc_text

FORMATS = {"vpc-parquet": "parquet", "vpc-text": "log", "vpc-text-v2": "log", "hubble-json": "jsonl"}
"""The ending of each format's files."""
COMPRESSIONS = {"none": "", "gzip": ".gz", "zstd": ".zst"}
"""The ending of each; inside a Parquet file there is none."""


def main() -> None:
    """Parse the arguments and write the three inputs of an audit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--policies", type=int, default=1_000)
    parser.add_argument("--pods", type=int, default=10_000)
    parser.add_argument("--flows", type=int, default=10_000_000)
    parser.add_argument("--files", type=int, default=1, help="into how many files the flows go")
    parser.add_argument("--format", choices=FORMATS, default="vpc-parquet")
    parser.add_argument(
        "--compression", choices=COMPRESSIONS, help="of Parquet zstd by default, of text none"
    )
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    started = time.perf_counter()
    folder: Path = chosen.folder
    (folder / "policies").mkdir(parents=True, exist_ok=True)
    (folder / "flows").mkdir(exist_ok=True)
    inventory, policies = synthetic_cluster(chosen.policies, chosen.pods, chosen.seed)
    documents: dict[str, list[dict[str, object]]] = {}
    for policy in policies.policies:
        documents.setdefault(policy.namespace, []).append(policy_document(policy))
    for namespace, made in documents.items():
        with (folder / "policies" / f"{namespace}.yaml").open("w", encoding="utf-8") as text:
            yaml.dump_all(made, text, Dumper=yaml.CSafeDumper, sort_keys=False)
    with (folder / "cluster.json").open("w", encoding="utf-8") as text:
        json.dump(inventory_document(inventory), text)
    pool = connection_pool(inventory, policies, chosen.seed)
    for place in range(chosen.files):
        count = chosen.flows // chosen.files + (place < chosen.flows % chosen.files)
        write_log(
            folder / "flows" / f"{chosen.format}-{place:03d}",
            pool,
            count,
            chosen.seed + 1_000_000 * place,
            chosen.format,
            chosen.compression,
        )
    print(
        f"{folder}: {len(policies.policies)} policies, {chosen.pods} pods, {len(pool.port)} connections, "
        f"{chosen.flows} flows in {time.perf_counter() - started:.1f} s"
    )


def write_log(
    path: Path, pool: Pool, count: int, seed: int, log_format: str, compression: str | None
) -> Path:
    """Write one log to ``path`` with the ending of its format and compression; return where it is."""
    ending = FORMATS[log_format]
    if log_format == "vpc-parquet":
        path = path.with_name(f"{path.name}.{ending}")
        write_vpc_parquet(path, pool, count, seed, compression or "zstd")
        return path
    chosen = compression or "none"
    path = path.with_name(f"{path.name}.{ending}{COMPRESSIONS[chosen]}")
    if log_format == "hubble-json":
        write_hubble(path, pool, count, seed, compression=chosen)
    else:
        write_vpc_text(path, pool, count, 2 if log_format == "vpc-text-v2" else 5, seed, chosen)
    return path


if __name__ == "__main__":
    main()
