"""Where fuzzing begins: generated lines of every sort, the shared corpora if they are there, and earlier findings."""

from __future__ import annotations

import json
import random
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from auditor.synthetic.hubble import HubbleShares, hubble_lines
from auditor.synthetic.vpc_text import vpc_lines
from data.synthetic import connection_pool, synthetic_cluster
from tests.corpora.cases import CORPORA

if TYPE_CHECKING:
    from collections.abc import Iterator

CORPUS = Path(__file__).parent / "corpus"
OBJECTS = 200
"""Flows of generic JSON that are made up."""
SHARED = {"hubble": "flows/hubble/*.jsonl", "vpc": "flows/aws-vpc/*.txt"}
N_GENERATED = 400
LINES_A_SEED = 3
RARE = HubbleShares(audited=0.05, drops=0.05, agent=0.1, sockets=0.05, underlay=0.3, non_ascii=0.3)


def seeds_of(target: str) -> list[bytes]:
    """Return short logs to begin with, of a few lines each."""
    lines = list(islice(_lines(target), 5_000))
    logs = [b"\n".join(lines[first : first + LINES_A_SEED]) for first in range(0, len(lines), LINES_A_SEED)]
    return [*logs, *(path.read_bytes() for path in findings_of(target))]


def findings_of(target: str) -> list[Path]:
    """Return the inputs that once failed, and others worth replaying."""
    return sorted(path for path in (CORPUS / target).iterdir() if path.is_file())


@cache
def _generated(target: str) -> bytes:
    if target == "json":
        return b"".join(_objects(random.Random(1)))
    inventory, policies = synthetic_cluster(20, 200, seed=1)
    pool = connection_pool(inventory, policies, seed=1)
    if target == "hubble":
        return b"".join(hubble_lines(pool, N_GENERATED, 1, RARE))
    return b"".join(b"".join(vpc_lines(pool, N_GENERATED // 2, version, 1)) for version in (2, 5))


def _objects(rng: random.Random) -> Iterator[bytes]:
    """Yield flows of generic JSON, a line each, with some of their keys."""
    for number in range(OBJECTS):
        chosen = {
            "src_ip": rng.choice(("10.0.0.1", "fd00::1")),
            "dst_ip": f"10.0.0.{number}",
            "protocol": rng.choice(("tcp", "UDP", 6, "17", "ICMPv6")),
            "dst_port": rng.choice((443, "53", number)),
            "observed": rng.choice(("forwarded", "dropped", None)),
            "is_reply": rng.choice((True, False, 1)),
            "tcp_flags": rng.choice((2, 18, 24)),
            "time_start": rng.choice((1_700_000_000 + number, 1_700_000_000.25, "2026-01-05T08:00:00.5Z")),
            "bytes": number,
            "weight": 1 + number,
            "node": {"name": "n", "labels": ["a", "b"]},
        }
        names = rng.sample(sorted(chosen), rng.randint(6, len(chosen)))
        yield json.dumps({name: chosen[name] for name in names}).encode() + b"\n"


def _lines(target: str) -> list[bytes]:
    shared = [path.read_bytes() for path in sorted(CORPORA.glob(SHARED[target]))] if target in SHARED else []
    return [line for content in (_generated(target), *shared) for line in content.splitlines() if line]
