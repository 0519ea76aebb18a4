"""Writes a synthetic cluster and its flow logs of any size and format.

Run from the top of the project: ``python -m data.generate_flows bench-input --policies 1000 --pods 10000``.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from auditor.synthetic.files import COMPRESSIONS, FORMATS, write_cluster, write_log
from data.synthetic import connection_pool, synthetic_cluster


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
    (folder / "flows").mkdir(parents=True, exist_ok=True)
    inventory, policies = synthetic_cluster(chosen.policies, chosen.pods, chosen.seed)
    write_cluster(folder, inventory, policies)
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


if __name__ == "__main__":
    main()
