"""Writes a synthetic cluster and its VPC flow log of any size.

Run from the top of the project: ``python -m data.generate_flows bench-input --policies 1000 --pods 10000``.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import yaml

from data.documents import inventory_document, policy_document
from data.synthetic import connection_pool, synthetic_cluster, write_vpc_parquet


def main() -> None:
    """Parse the arguments and write the three inputs of an audit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--policies", type=int, default=1_000)
    parser.add_argument("--pods", type=int, default=10_000)
    parser.add_argument("--flows", type=int, default=10_000_000)
    parser.add_argument("--files", type=int, default=1, help="into how many Parquet files the flows go")
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
        write_vpc_parquet(
            folder / "flows" / f"vpc-{place:03d}.parquet", pool, count, chosen.seed + 1_000 * place
        )
    print(
        f"{folder}: {len(policies.policies)} policies, {chosen.pods} pods, {len(pool.port)} connections, "
        f"{chosen.flows} flows in {time.perf_counter() - started:.1f} s"
    )


if __name__ == "__main__":
    main()
